
/*
 * The form of a configuration file: lines `name value`, comments behind `#`.
 * Knows no setting; settings.c gives the names their meaning.
 */

#ifndef CONFIG_H
#define CONFIG_H


#include <stdbool.h>
#include <stddef.h>


/* A hundred times what a full file of comments needs; bounds what somebody's
 * wrong path costs. */
#define CONFIG_FILE_MAX   65536

#define CONFIG_NAME_MAX   64       /* with the byte that ends it */
#define CONFIG_VALUE_MAX  4097     /* the same; a path of PATH_MAX fits */


typedef enum {
    CONFIG_SETTING = 0,          /* name and value are set */
    CONFIG_END,
    CONFIG_WRONG                 /* `wrong` says why; the next call goes on
                                    with the next line */
} config_result_t;


typedef struct {
    const char  *at;             /* what is not read yet */
    const char  *end;
    unsigned     line;           /* of what was returned last; the first is 1 */
    const char  *wrong;          /* "... a quote without its end"; a constant */
    char         name[CONFIG_NAME_MAX];
    char         value[CONFIG_VALUE_MAX];
} config_t;


/* The text is the caller's and stays; any bytes, no NUL at its end needed. */
void config_init(config_t *config, const char *text, size_t len);

/*
 * The next setting.  A value is one word, or text between double quotes, in
 * which \" and \\ stand for themselves.  It has no control characters, so that
 * it can be logged as it is.
 */
config_result_t config_next(config_t *config);

/*
 * Reads a whole file into text, CONFIG_FILE_MAX bytes.  False where that fails;
 * *wrong is then a constant, or errno's text.  Never waits: what is no regular
 * file is refused.
 */
bool config_read(const char *path, char *text, size_t *len,
    const char **wrong);


#endif /* CONFIG_H */
