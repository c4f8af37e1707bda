
/*
 * dnsd --check: what can be known without starting.
 */

#ifndef CHECK_H
#define CHECK_H


#include "settings.h"


/* Settings that were read without a mistake: looks at what they name.  False
 * where dnsd would not work with them; all that is found is logged. */
bool check_settings(const settings_t *settings, log_t *log);


#endif /* CHECK_H */
