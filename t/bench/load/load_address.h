
/*
 * ADDR@PORT, as dnsd writes it.
 */

#ifndef LOAD_ADDRESS_H
#define LOAD_ADDRESS_H


#include <netinet/in.h>
#include <sys/socket.h>


/* The length of the address; exits where the text is none. */
socklen_t load_address(struct sockaddr_storage *address, const char *text);


#endif /* LOAD_ADDRESS_H */
