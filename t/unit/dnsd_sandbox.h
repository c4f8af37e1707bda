
/*
 * What is tried in the sandbox, one call each: 0 where it worked.  The
 * directory of all, `root`, has var/store/, etc/ and out/ in it.
 */

#ifndef DNSD_SANDBOX_H
#define DNSD_SANDBOX_H


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>


static char  root[] = "/tmp/dnsd-sandbox-XXXXXX";
static int   udp, listener;


static const char *
path(const char *name)
{
    static char  text[256];

    snprintf(text, sizeof(text), "%s/%s", root, name);

    return text;
}


static int
open_as(const char *name, int flags)
{
    return open(path(name), flags, 0600) == -1;
}


static void *
thread_run(void *data)
{
    return data;
}


/* What must not be. */

static int
try_execve(void)
{
    char  *argv[] = { (char *) "/bin/true", NULL };

    return execve(argv[0], argv, argv + 1);
}


static int
try_execveat(void)
{
    return (int) syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0);
}


static int
try_fork(void)
{
    pid_t  pid = fork();

    if (pid == 0) {
        _exit(0);
    }

    return pid == -1;
}


static int
try_socket_udp(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0) == -1;
}


static int
try_socket_raw(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0) == -1;
}


static int
try_socket_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) == -1;
}


static int
try_connect(void)
{
    struct sockaddr_in  to = { .sin_family = AF_INET, .sin_port = 1 };

    return connect(udp, (struct sockaddr *) &to, sizeof(to));
}


static int
try_bind(void)
{
    struct sockaddr_in  to = { .sin_family = AF_INET };

    return bind(udp, (struct sockaddr *) &to, sizeof(to));
}


static int
try_create(void)
{
    return open_as("var/store/new", O_RDWR | O_CREAT);
}


static int
try_create_elsewhere(void)
{
    return open_as("etc/new", O_RDWR | O_CREAT);
}


static int
try_write(void)
{
    return open_as("var/store/data.mdb", O_WRONLY);
}


static int
try_truncate(void)
{
    return open_as("var/store/data.mdb", O_RDWR | O_TRUNC);
}


static int
try_write_elsewhere(void)
{
    return open_as("out/file", O_RDWR);
}


static int
try_write_config(void)
{
    return open_as("etc/dnsd.conf", O_RDWR | O_CREAT);
}


static int
try_read_elsewhere(void)
{
    return open_as("out/file", O_RDONLY);
}


static int
try_read_passwd(void)
{
    return open("/etc/passwd", O_RDONLY) == -1;
}


static int
try_read_memory(void)
{
    return open("/proc/self/mem", O_RDONLY) == -1;
}


static int
try_unlink(void)
{
    return unlink(path("var/store/data.mdb"));
}


static int
try_rename(void)
{
    char  to[256];

    snprintf(to, sizeof(to), "%s", path("out/data.mdb"));

    return rename(path("var/store/data.mdb"), to);
}


static int
try_chmod(void)
{
    return chmod(path("var/store/data.mdb"), 0666);
}


static int
try_kill(void)
{
    return kill(getppid(), 0);
}


static int
try_tgkill(void)
{
    return (int) syscall(SYS_tgkill, getppid(), getppid(), 0);
}


static int
try_ptrace(void)
{
    return (int) ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}


static int
try_code(void)
{
    return mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS,
                -1, 0)
           == MAP_FAILED;
}


static int
try_code_later(void)
{
    void  *at = mmap(NULL, 4096, PROT_READ|PROT_WRITE,
                     MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    return mprotect(at, 4096, PROT_READ|PROT_EXEC);
}


static int
try_sysctl_tunnel(void)
{
    int  on = 1;

    return setsockopt(udp, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on));
}


static int
try_unshare(void)
{
    return unshare(CLONE_NEWUSER);
}


static int
try_bpf(void)
{
    return (int) syscall(SYS_bpf, 0, NULL, 0);
}


static int
try_limit(void)
{
    struct rlimit  limit = { 8, 8 };

    return setrlimit(RLIMIT_NOFILE, &limit);
}


static int
try_signal_handler(void)
{
    return signal(SIGSYS, SIG_IGN) == SIG_ERR;
}


#if defined(__x86_64__)
/* 32-bit calls on a 64-bit machine: getpid, by its number there. */
static int
try_other_machine(void)
{
    long  result;

    __asm__ volatile ("int $0x80" : "=a" (result) : "a" (20L) : "memory");

    return result < 0;
}
#endif


/* What must be. */

static int
try_store(void)
{
    struct flock  lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
                           .l_start = 1, .l_len = 1 };
    int           data, locks;

    data = open(path("var/store/data.mdb"), O_RDONLY | O_CLOEXEC);
    locks = open(path("var/store/lock.mdb"), O_RDWR | O_CREAT | O_CLOEXEC,
                 0660);

    return data == -1 || locks == -1 || fcntl(locks, F_SETLK, &lock) == -1
           || ftruncate(locks, 8192) == -1
           || mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, locks, 0)
              == MAP_FAILED
           || mmap(NULL, 4096, PROT_READ, MAP_SHARED, data, 0) == MAP_FAILED;
}


/* Another directory in the place of the one that was there at first. */
static int
try_store_replaced(void)
{
    char  answer;

    return write(STDOUT_FILENO, "r", 1) != 1
           || read(STDIN_FILENO, &answer, 1) != 1 || try_store();
}


static int
try_config(void)
{
    return open_as("etc/dnsd.conf", O_RDONLY);
}


static int
try_secrets(void)
{
    return open_as("etc/cookies", O_RDONLY);
}


static int
try_thread(void)
{
    pthread_t  thread;

    return pthread_create(&thread, NULL, thread_run, NULL) != 0
           || pthread_join(thread, NULL) != 0;
}


static int
try_answer(void)
{
    int                 on = 1;
    struct sockaddr_in  to = { .sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons(9) };

    return sendto(udp, "x", 1, 0, (struct sockaddr *) &to, sizeof(to)) != 1
           || (accept4(listener, NULL, NULL, SOCK_CLOEXEC) == -1
               && errno != EAGAIN)
           || setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}


static int
try_connect_unix(void)
{
    struct sockaddr_un  to = { .sun_family = AF_UNIX };
    int                 fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "%.100s", path("out/socket"));

    return fd == -1 || connect(fd, (struct sockaddr *) &to, sizeof(to));
}


#endif /* DNSD_SANDBOX_H */
