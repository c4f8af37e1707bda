
/*
 * backup and restore: whole files.
 *
 * A restore never leaves the directory without a store: the copy is checked
 * beside it, forgets nothing that was signed (spend.c), and takes its name in
 * one step.  The lock file goes, because it belongs to the file that goes:
 * processes that have the old one open keep both, and find out that they were
 * replaced.
 */

#include "srvctl.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>


#define COPY_PATH  4096
#define COPY_MODE  0640             /* data.mdb, as the registrar makes it */

/* What spend.c may write until pages that it has replaced are free again:
 * three commits of the largest values there are.  A copy of a store that was
 * full would else not come back. */
#define COPY_ROOM  (256 << 20)


/* Of a restore: the directories, and the files in them. */
typedef struct {
    char  from[COPY_PATH];
    char  data[COPY_PATH];
    char  lock[COPY_PATH];
    char  kept[COPY_PATH];
    char  beside[COPY_PATH];
    char  beside_data[COPY_PATH];
    char  beside_lock[COPY_PATH];
} copy_paths_t;

/* Who has the writer's lock of the store that goes. */
typedef struct {
    pid_t  pid;                      /* 0: nobody */
    int    fd;                       /* it lets go when this is closed */
} copy_holder_t;


static bool copy_out(srvctl_t *ctl, int fd);
static void copy_path(char path[COPY_PATH], const char *directory,
    const char *file);
static void copy_sync(const char *directory);
static void copy_paths(copy_paths_t *paths, const char *store,
    const char *backup);
static void copy_unused(const copy_paths_t *paths, bool force);
static bool copy_file(const copy_paths_t *paths, int in);
static bool copy_apart(const srvctl_t *ctl, const copy_paths_t *paths);
static bool copy_wait(pid_t pid, const char *what);
static bool copy_take(const srvctl_t *ctl, const copy_paths_t *paths);
static bool copy_sound(srvctl_t *copy, const copy_paths_t *paths);
static bool copy_value(void *data, store_span_t key, store_span_t bytes);
static bool copy_hold(copy_holder_t *holder, const srvctl_t *ctl,
    const copy_paths_t *paths);
static void copy_holder(const srvctl_t *ctl, int fd);
static void copy_release(const copy_holder_t *holder);
static bool copy_replace(const srvctl_t *ctl, const copy_paths_t *paths);
static void copy_clean(const copy_paths_t *paths);


int
srvctl_backup(srvctl_t *ctl, int argc, char **argv)
{
    int    fd;
    char   part[COPY_PATH], data[COPY_PATH];
    pid_t  pid;

    if (argc != 2) {
        return SRVCTL_USAGE;
    }

    if (mkdir(argv[1], 0700) == -1 && errno != EEXIST) {
        err(EXIT_FAILURE, "%s", argv[1]);
    }

    copy_path(part, argv[1], "data.mdb.part");
    copy_path(data, argv[1], "data.mdb");

    if (access(data, F_OK) == 0) {
        errx(EXIT_FAILURE, "%s: there is a copy already", data);
    }

    /* of a try that was cut short; or a link, where others may write */

    (void) unlink(part);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1) {
        err(EXIT_FAILURE, "%s", part);
    }

    /* the store is read with its owner's rights, who need have none here */

    pid = fork();

    if (pid == 0) {
        (void) signal(SIGBUS, SIG_DFL);
        _exit(copy_out(ctl, fd) ? EXIT_SUCCESS : EXIT_FAILURE);
    }

    close(fd);

    if (!copy_wait(pid, ctl->path)) {
        unlink(part);
        return EXIT_FAILURE;
    }

    if (rename(part, data) == -1) {
        warn("%s", part);
        unlink(part);
        return EXIT_FAILURE;
    }

    copy_sync(argv[1]);

    return EXIT_SUCCESS;
}


static bool
copy_out(srvctl_t *ctl, int fd)
{
    bool            good;
    store_status_t  status;

    if (!srvctl_try(ctl, false)) {
        return false;
    }

    /* LMDB takes a snapshot of its own for the copy */

    store_read_reset(ctl->txn);

    status = store_copy(ctl->store, fd);
    good = status == STORE_OK && fsync(fd) == 0;

    if (!good) {
        warnx("the copy: %s", status != STORE_OK ? store_status_text(status)
                                                 : strerror(errno));
    }

    srvctl_close(ctl);

    return good;
}


int
srvctl_restore(srvctl_t *ctl, int argc, char **argv)
{
    int           option, in;
    bool          force = false, good;
    copy_paths_t  paths;

    static const struct option  options[] = {
        { "force", no_argument, NULL, 'f' },
        { NULL,    0,           NULL, 0 }
    };

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {

        if (option != 'f') {
            return SRVCTL_USAGE;
        }

        force = true;
    }

    if (optind + 1 != argc) {
        return SRVCTL_USAGE;
    }

    if (access(ctl->path, F_OK) == -1) {
        err(EXIT_FAILURE, "%s", ctl->path);
    }

    copy_paths(&paths, ctl->path, argv[optind]);

    /* a backup may be root's alone; all that follows is in the directory, and
     * its owner may read it: what a link leads to may be no backup */

    in = open(paths.from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (in == -1) {
        err(EXIT_FAILURE, "%s", paths.from);
    }

    srvctl_yield(ctl->path);
    copy_unused(&paths, force);

    if (mkdtemp(paths.beside) == NULL) {
        err(EXIT_FAILURE, "%s", paths.beside);
    }

    copy_path(paths.beside_data, paths.beside, "data.mdb");
    copy_path(paths.beside_lock, paths.beside, "lock.mdb");

    good = copy_file(&paths, in) && copy_apart(ctl, &paths);

    copy_clean(&paths);

    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}


static void
copy_path(char path[COPY_PATH], const char *directory, const char *file)
{
    int  n;

    n = snprintf(path, COPY_PATH, "%s/%s", directory, file);

    if (n < 0 || n >= COPY_PATH) {
        errx(EXIT_FAILURE, "%s: too long", directory);
    }
}


/* A name is durable only with its directory. */
static void
copy_sync(const char *directory)
{
    int  fd;

    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1 || fsync(fd) == -1) {
        err(EXIT_FAILURE, "%s", directory);
    }

    close(fd);
}


static void
copy_paths(copy_paths_t *paths, const char *store, const char *backup)
{
    copy_path(paths->from, backup, "data.mdb");
    copy_path(paths->data, store, "data.mdb");
    copy_path(paths->lock, store, "lock.mdb");
    copy_path(paths->kept, store, "data.mdb.replaced");
    copy_path(paths->beside, store, "restore.XXXXXX");
}


/* Whoever has the store open holds a lock on the first byte of the lock file:
 * LMDB's way to tell who came first. */
static void
copy_unused(const copy_paths_t *paths, bool force)
{
    int           fd;
    struct flock  lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
                           .l_start = 0, .l_len = 1 };

    fd = open(paths->lock, O_RDWR | O_CLOEXEC);

    if (fd == -1) {

        if (errno == ENOENT) {
            return;
        }

        err(EXIT_FAILURE, "%s", paths->lock);
    }

    if (fcntl(fd, F_GETLK, &lock) == -1) {
        err(EXIT_FAILURE, "%s", paths->lock);
    }

    close(fd);

    if (lock.l_type != F_UNLCK && !force) {
        errx(EXIT_FAILURE, "%s: process %ld has the store open; stop nginx "
             "and dnsd, or use --force: they follow within seconds, and what "
             "nginx acknowledges until then is lost", paths->data,
             (long) lock.l_pid);
    }
}


static bool
copy_file(const copy_paths_t *paths, int in)
{
    int            out;
    bool           good = false;
    char           buffer[65536];
    ssize_t        n = -1;

    out = open(paths->beside_data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
               COPY_MODE);

    while (out != -1 && (n = read(in, buffer, sizeof(buffer))) > 0
           && write(out, buffer, (size_t) n) == n)
    {
        /* until the end, or until one of them fails */
    }

    if (out != -1) {
        good = n == 0 && fchmod(out, COPY_MODE) == 0 && fsync(out) == 0;
    }

    if (!good) {
        warn("%s", paths->beside_data);
    }

    close(in);
    close(out);

    return good;
}


/* By a child: a copy that was cut short ends who looks at it (SIGBUS), and so
 * may the operator.  Somebody has to be left who cleans up. */
static bool
copy_apart(const srvctl_t *ctl, const copy_paths_t *paths)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        (void) signal(SIGBUS, SIG_DFL);
        _exit(copy_take(ctl, paths) ? EXIT_SUCCESS : EXIT_FAILURE);
    }

    return copy_wait(pid, paths->from);
}


/* For a child that looks at what it names; the result of fork(). */
static bool
copy_wait(pid_t pid, const char *what)
{
    int  status;

    (void) signal(SIGHUP, SIG_IGN);
    (void) signal(SIGINT, SIG_IGN);
    (void) signal(SIGTERM, SIG_IGN);

    if (pid == -1 || waitpid(pid, &status, 0) == -1) {
        warn("%s", what);
        return false;
    }

    if (WIFSIGNALED(status)) {
        warnx("%s: %s", what, WTERMSIG(status) == SIGBUS
              ? "damaged; it was not taken" : strsignal(WTERMSIG(status)));
        return false;
    }

    return WEXITSTATUS(status) == EXIT_SUCCESS;
}


/* What the old store accepted after the copy was told the time would pass once
 * more in the copy.  So it accepts nothing from before that until the copy has
 * its name, by which those who wait see that it was replaced. */
static bool
copy_take(const srvctl_t *ctl, const copy_paths_t *paths)
{
    bool           good;
    srvctl_t       restored = { .path = ctl->path };
    srvctl_t       copy = { .path = paths->beside, .room = COPY_ROOM };
    copy_holder_t  holder = { .pid = 0 };

    /* as a writer, which makes the lock file that a reader would miss */

    if (!srvctl_try(&copy, true)) {
        return false;
    }

    good = copy_sound(&copy, paths) && copy_hold(&holder, ctl, paths)
           && srvctl_spend(&copy);

    srvctl_close(&copy);

    good = good && copy_replace(ctl, paths);
    copy_release(&holder);

    /* the lock file, which dnsd waits for: nginx may be down for long */

    if (good && srvctl_try(&restored, true)) {
        srvctl_close(&restored);
    }

    return good;
}


/* A copy whose values do not open is no copy. */
static bool
copy_sound(srvctl_t *copy, const copy_paths_t *paths)
{
    bool  sound = true;

    if (srvctl_walk(copy, copy_value, &sound) != EXIT_SUCCESS || !sound) {
        warnx("%s: damaged; it was not taken", paths->from);
        return false;
    }

    return true;
}


static bool
copy_value(void *data, store_span_t key, store_span_t bytes)
{
    char           text[SRVCTL_NAME_MAX];
    bool          *sound = data;
    store_value_t  value;

    if (!store_value_open(&value, key, bytes)) {
        srvctl_name(text, key);
        warnx("damaged: %s", text);
        *sound = false;
    }

    return true;
}


/* By a child: what a restore is for may be a file that was cut short or worse,
 * and ends who looks at it (SIGBUS).  There is nothing to hold then, nor where
 * nobody has ever opened it. */
static bool
copy_hold(copy_holder_t *holder, const srvctl_t *ctl,
    const copy_paths_t *paths)
{
    int    ends[2];
    char   byte;
    pid_t  pid;

    /* a writer would make what is not there */

    if (access(paths->data, F_OK) == -1 || access(paths->lock, F_OK) == -1) {
        return true;
    }

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1
        || (pid = fork()) == -1)
    {
        warn("%s", paths->data);
        return false;
    }

    if (pid == 0) {
        close(ends[0]);
        copy_holder(ctl, ends[1]);
        _exit(EXIT_SUCCESS);
    }

    close(ends[1]);

    holder->pid = pid;
    holder->fd = ends[0];

    /* a byte, or the end of one that could not get it */

    return read(holder->fd, &byte, 1) >= 0;
}


/* The copy is the parent's: this process uses its own store alone. */
static void
copy_holder(const srvctl_t *ctl, int fd)
{
    char              byte = 0;
    store_t          *store;
    store_txn_t      *txn;
    store_error_t     error;
    store_options_t   options = { .path = ctl->path, .writer = true,
                                  .map_size = 1 };

    (void) signal(SIGBUS, SIG_DFL);

    if (store_open(&store, &options, &error) != STORE_OK) {
        return;
    }

    if (store_write_begin(store, &txn) == STORE_OK) {

        /* until the parent closes its end, or dies */

        if (write(fd, &byte, 1) == 1) {
            (void) !read(fd, &byte, 1);
        }

        store_abort(txn);
    }

    store_close(store);
}


static void
copy_release(const copy_holder_t *holder)
{
    if (holder->pid != 0) {
        close(holder->fd);
        (void) waitpid(holder->pid, NULL, 0);
    }
}


static bool
copy_replace(const srvctl_t *ctl, const copy_paths_t *paths)
{
    if (unlink(paths->kept) == -1 && errno != ENOENT) {
        warn("%s", paths->kept);
        return false;
    }

    if (link(paths->data, paths->kept) == -1 && errno != ENOENT) {
        warn("%s", paths->kept);
        return false;
    }

    if ((unlink(paths->lock) == -1 && errno != ENOENT)
        || rename(paths->beside_data, paths->data) == -1)
    {
        warn("%s", paths->data);
        return false;
    }

    copy_sync(ctl->path);

    return true;
}


static void
copy_clean(const copy_paths_t *paths)
{
    unlink(paths->beside_data);
    unlink(paths->beside_lock);

    if (rmdir(paths->beside) == -1) {
        warn("%s", paths->beside);
    }
}
