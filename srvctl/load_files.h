
/*
 * The files of the store that srvctl's `load` makes.
 */

#ifndef SRVCTL_LOAD_FILES_H
#define SRVCTL_LOAD_FILES_H


#include "srvctl.h"


/* Ends the process with a complaint where there is a store already. */
void load_unused(const srvctl_t *ctl);

/* Once they are made: gives them to the directory's owner.  Ends the process
 * where that cannot be done. */
void load_owners(const srvctl_t *ctl);

/* Once the store is closed again: removes them. */
void load_undo(const srvctl_t *ctl);


#endif /* SRVCTL_LOAD_FILES_H */
