
/*
 * dnsd --check: what can be known without starting.
 */

#ifndef CHECK_H
#define CHECK_H


#include "settings.h"


/*
 * Looks at what the settings name, also where they were not good: what was said
 * wrongly is not set, and is left out.  False where dnsd would not work with
 * them; all that is found is logged, with its line of `file` (NULL: none).
 */
bool check_settings(const settings_t *settings, const char *file, bool good,
    log_t *log);


#endif /* CHECK_H */
