/* units: dnsd/sandbox.c dnsd/sandbox_calls.c dnsd/sandbox_files.c
   dnsd/privileges.c dnsd/log.c */

/*
 * In the sandbox, a process each: what is forbidden is tried, and what dnsd
 * needs is tried too.
 */

#include "dnsd_sandbox.h"
#include "privileges.h"
#include "sandbox.h"

#include <linux/capability.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>


#define ALLOWED   0
#define REFUSED   1      /* by an error */
#define ENDED     2      /* by the sandbox, with its line */
#define OTHERWISE 3

/* A build with the leak checker is allowed what the checker does. */
#if defined(__SANITIZE_ADDRESS__)
#define CHECKED  1
#else
#define CHECKED  0
#endif


static int   log_pipe[2];
static bool  landlock;


typedef struct {
    const char  *what;
    int        (*attempt)(void);     /* 0: it worked */
    int          outcome;
    bool         checked;            /* allowed in a build for tests */
    bool         landlock;           /* without it, allowed */
} try_t;


static const try_t  tries[] = {

    { "execve", try_execve, ENDED, true, false },
    { "execveat", try_execveat, ENDED, false, false },
    { "fork", try_fork, ENDED, true, false },
    { "socket of UDP", try_socket_udp, ENDED, false, false },
    { "socket of netlink", try_socket_raw, ENDED, false, false },
    { "socket of AF_UNIX", try_socket_unix, ENDED, false, false },
    { "connect", try_connect, ENDED, false, false },
    { "bind", try_bind, ENDED, false, false },
    { "unlink", try_unlink, ENDED, false, false },
    { "rename", try_rename, ENDED, false, false },
    { "chmod", try_chmod, ENDED, false, false },
    { "open to write", try_write, ENDED, true, false },
    { "open to truncate", try_truncate, ENDED, true, false },
    { "a file that is made", try_create, REFUSED, false, true },
    { "a file that is made elsewhere", try_create_elsewhere, REFUSED, false,
      true },
    { "open to write elsewhere", try_write_elsewhere, ENDED, true, false },
    { "a configuration that is written", try_write_config, REFUSED, false,
      true },
    { "a file elsewhere", try_read_elsewhere, REFUSED, true, true },
    { "/etc/passwd", try_read_passwd, REFUSED, true, true },
    { "our memory", try_read_memory, REFUSED, true, true },
    { "kill", try_kill, ENDED, true, false },
    { "tgkill of another", try_tgkill, ENDED, true, false },
    { "ptrace", try_ptrace, ENDED, true, false },
    { "memory to run", try_code, ENDED, true, false },
    { "memory to run, later", try_code_later, ENDED, true, false },
    { "setsockopt of IP", try_sysctl_tunnel, ENDED, false, false },
    { "unshare", try_unshare, ENDED, false, false },
    { "bpf", try_bpf, ENDED, false, false },
    { "setrlimit", try_limit, ENDED, true, false },
    { "the handler of SIGSYS", try_signal_handler, ENDED, true, false },

    { "the store", try_store, ALLOWED, false, false },
    { "the configuration", try_config, ALLOWED, false, false },
    { "the cookies' secrets", try_secrets, ALLOWED, false, false },
    { "a thread", try_thread, ALLOWED, false, false },
    { "an answer", try_answer, ALLOWED, false, false }
};


static log_t *
quiet_log(void)
{
    static log_t  log;

    log_init(&log);

    return &log;
}


static void
enter(bool connects)
{
    char               store[256], config[256], secrets[256];
    sandbox_options_t  options = { .store = store, .connects = connects };

    snprintf(store, sizeof(store), "%s", path("var/store"));
    snprintf(config, sizeof(config), "%s", path("etc/dnsd.conf"));
    snprintf(secrets, sizeof(secrets), "%s", path("etc/cookies"));
    options.reread[0] = config;
    options.reread[1] = secrets;

    if (!sandbox_enter(&options, quiet_log())) {
        _exit(OTHERWISE);
    }
}


/* A child in the sandbox; its log goes into the pipe. */
static pid_t
start(int (*attempt)(void), bool connects)
{
    pid_t  pid;

    fflush(NULL);
    pid = fork();

    if (pid == 0) {
        dup2(log_pipe[1], STDERR_FILENO);
        enter(connects);
        _exit(attempt() == 0 ? ALLOWED : REFUSED);
    }

    return pid;
}


/* The sandbox ends with 1, as a refusal does; but it says so. */
static int
finish(pid_t pid, char *text, size_t size)
{
    int      status;
    ssize_t  len;

    waitpid(pid, &status, 0);
    len = read(log_pipe[0], text, size - 1);
    text[len > 0 ? len : 0] = '\0';

    if (!WIFEXITED(status)) {
        return OTHERWISE;
    }

    return strstr(text, "is not allowed: ending") != NULL
           ? ENDED : WEXITSTATUS(status);
}


static int
expected(const try_t *try)
{
    if ((try->checked && CHECKED) || (try->landlock && !landlock)) {
        return -1;                      /* whatever the build makes of it */
    }

    return try->outcome;
}


static void
test_tries(void **state)
{
    int           outcome;
    char          text[1024];
    size_t        i;
    unsigned      wrong = 0;
    const try_t  *try;

    (void) state;

    for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        try = &tries[i];
        outcome = finish(start(try->attempt, false), text, sizeof(text));

        if (expected(try) != -1 && outcome != expected(try)) {
            print_error("%s: outcome %d, not %d: %s\n", try->what, outcome,
                        try->outcome, text);
            wrong++;
        }
    }

    assert_int_equal(wrong, 0);
}


static void
test_message(void **state)
{
    char  text[1024], wanted[128];

    (void) state;

    snprintf(wanted, sizeof(wanted), "dnsd: sandbox: system call %d (bind) is "
             "not allowed: ending\n", SYS_bind);

    assert_int_equal(finish(start(try_bind, false), text, sizeof(text)),
                     ENDED);
    assert_non_null(strstr(text, wanted));
}


#if defined(__x86_64__)
/* Not told in words: its numbers are not ours.  A kernel without such calls
 * sends SIGSEGV. */
static void
test_other_machine(void **state)
{
    int    status;
    pid_t  pid = start(try_other_machine, false);

    (void) state;

    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV);
}
#endif


/* Where dnstap is set: unix sockets, and no others. */
static void
test_connects(void **state)
{
    int                 fd;
    char                text[1024];
    struct sockaddr_un  at = { .sun_family = AF_UNIX };

    (void) state;

    snprintf(at.sun_path, sizeof(at.sun_path), "%.100s", path("out/socket"));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *) &at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 4), 0);

    assert_int_equal(finish(start(try_connect_unix, true), text,
                            sizeof(text)), ALLOWED);
    assert_int_equal(finish(start(try_socket_udp, true), text, sizeof(text)),
                     ENDED);
    close(fd);
}


/* Where an address names its interface, SIGHUP has that looked up again. */
static void
test_links(void **state)
{
    char               text[1024];
    pid_t              pid;
    sandbox_options_t  options = { .store = path("var/store"), .links = true };

    (void) state;

    pid = fork();

    if (pid == 0) {
        dup2(log_pipe[1], STDERR_FILENO);

        if (!sandbox_enter(&options, quiet_log())) {
            _exit(OTHERWISE);
        }

        _exit(if_nametoindex("lo") != 0 ? ALLOWED : REFUSED);
    }

    assert_int_equal(finish(pid, text, sizeof(text)), ALLOWED);
}


/* The directory is renamed and another one takes its name, as a restore
 * does. */
static void
test_replaced(void **state)
{
    int    in[2], out[2], fd;
    char   text[1024], old[256], byte;
    pid_t  pid;

    (void) state;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid = fork();

    if (pid == 0) {
        dup2(log_pipe[1], STDERR_FILENO);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        enter(false);
        _exit(try_store_replaced());
    }

    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1);
    snprintf(old, sizeof(old), "%s", path("var/old"));
    assert_int_equal(rename(path("var/store"), old), 0);
    assert_int_equal(mkdir(path("var/store"), 0755), 0);
    fd = open(path("var/store/data.mdb"), O_RDWR | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, 4096), 0);
    close(fd);
    close(open(path("var/store/lock.mdb"), O_RDWR | O_CREAT, 0600));
    assert_int_equal(write(in[1], "g", 1), 1);

    assert_int_equal(finish(pid, text, sizeof(text)), ALLOWED);
    close(in[0]);
    close(in[1]);
    close(out[0]);
}


/* A store whose directory is not there: said, and no reason not to start. */
static void
test_absent(void **state)
{
    int                status;
    char               text[1024];
    ssize_t            len;
    pid_t              pid;
    sandbox_options_t  options = { .store = "/nonexistent/place/store" };

    (void) state;

    fflush(NULL);
    pid = fork();

    if (pid == 0) {
        dup2(log_pipe[1], STDERR_FILENO);
        _exit(sandbox_enter(&options, quiet_log()) ? 0 : 1);
    }

    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);

    if (landlock) {
        len = read(log_pipe[0], text, sizeof(text) - 1);
        text[len > 0 ? len : 0] = '\0';
        assert_non_null(strstr(text, "/nonexistent/place/: No such file"));
    }
}


/* As root that stays root: all capabilities go but one, also those that a
 * program could be given. */
static void
test_capabilities(void **state)
{
    int            i, status;
    bool           bound = false;
    pid_t          pid;
    privileges_t   privileges = { 0 };

    struct __user_cap_data_struct    sets[2];
    struct __user_cap_header_struct  head = { _LINUX_CAPABILITY_VERSION_3, 0 };

    (void) state;

    fflush(NULL);
    pid = fork();

    if (pid == 0) {
        dup2(log_pipe[1], STDERR_FILENO);

        if (!privileges_drop(&privileges, quiet_log())
            || syscall(SYS_capget, &head, sets) == -1)
        {
            _exit(1);
        }

        for (i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
            bound = bound || prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1;
        }

        _exit((sets[0].effective & ~(1U << CAP_DAC_OVERRIDE)) != 0
              || sets[0].permitted != sets[0].effective
              || sets[1].permitted != 0 || sets[0].inheritable != 0
              || (geteuid() == 0 && bound)
              || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1
              || (!CHECKED && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0));
    }

    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);

    while (read(log_pipe[0], &status, sizeof(status)) > 0) {
        continue;                       /* the warning about root */
    }
}


static void
make_file(const char *name)
{
    int  fd = open(path(name), O_RDWR | O_CREAT, 0600);

    if (fd == -1 || ftruncate(fd, 4096) == -1) {
        abort();
    }

    close(fd);
}


static int
setup(void **state)
{
    struct sockaddr_in  at = { .sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    (void) state;

    if (mkdtemp(root) == NULL || mkdir(path("var"), 0755) == -1
        || mkdir(path("var/store"), 0755) == -1
        || mkdir(path("etc"), 0755) == -1 || mkdir(path("out"), 0755) == -1
        || pipe2(log_pipe, O_NONBLOCK) == -1)
    {
        return -1;
    }

    make_file("var/store/data.mdb");
    make_file("var/store/lock.mdb");
    make_file("etc/dnsd.conf");
    make_file("etc/cookies");
    make_file("out/file");

    udp = socket(AF_INET, SOCK_DGRAM, 0);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    landlock = syscall(444, NULL, 0, 1) > 0;

    return bind(listener, (struct sockaddr *) &at, sizeof(at))
           || listen(listener, 4);
}


static int
teardown(void **state)
{
    char  command[300];

    (void) state;

    snprintf(command, sizeof(command), "rm -rf %s", root);

    return system(command);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_message),
#if defined(__x86_64__)
        cmocka_unit_test(test_other_machine),
#endif
        cmocka_unit_test(test_connects),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_replaced),
    };

    /* a child that waits for ever would hold everything up */

    (void) alarm(60);

    return cmocka_run_group_tests(tests, setup, teardown);
}
