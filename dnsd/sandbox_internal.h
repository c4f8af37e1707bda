
/*
 * Shared by the sandbox*.c files: the two halves, and a build for tests.
 */

#ifndef SANDBOX_INTERNAL_H
#define SANDBOX_INTERNAL_H


#include "sandbox.h"


/* At the end the leak checker of such a build stops the process from outside
 * and looks into it, and a report is read by a program of its own.  gcc and
 * clang say in two ways that it is linked in. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_CHECKED  1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_CHECKED  1
#endif


/* Files, TCP ports, and processes outside (landlock(7)). */
bool sandbox_files(const sandbox_options_t *options, log_t *log);

/* System calls (seccomp(2)); of all threads. */
bool sandbox_calls(const sandbox_options_t *options, log_t *log);


#endif /* SANDBOX_INTERNAL_H */
