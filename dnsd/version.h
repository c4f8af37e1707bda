
/*
 * dnsd's version, as --version, metrics and dnstap tell it.
 */

#ifndef VERSION_H
#define VERSION_H


#define DNSD_VERSION  "0.1.0"


#endif /* VERSION_H */
