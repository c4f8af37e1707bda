
/*
 * System calls: a list of what dnsd calls once it is in its sandbox, and with
 * what; all else ends the process.
 *
 * The program is written by hand.  A call is allowed as it is, or where some
 * bits of one argument have a value: two cases, for which a library would be
 * a dependency of the build, and its absence a build that runs without.  A
 * kernel since 5.11 looks at the program once for each number that is allowed
 * whatever its arguments are, and then keeps the verdict in a bitmap: the
 * calls of a query cost nothing by it.
 *
 * Numbers that a machine does not have are left out.  glibc makes a call in
 * several ways, by its version and by the machine, so all of them are here.
 */

#include "sandbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


/* The machine's own calls: by another kind (32 bits on 64) a number would mean
 * another call. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define SANDBOX_MACHINE  AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && !defined(__ILP32__) && !defined(__AARCH64EB__)
#define SANDBOX_MACHINE  AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define SANDBOX_MACHINE  AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define SANDBOX_MACHINE  AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define SANDBOX_MACHINE  AUDIT_ARCH_S390X
#endif

/* Room for all rows; an instruction too many is a mistake of ours. */
#define SANDBOX_PROGRAM  512

/* How a file is opened to be read, and how LMDB opens its lock file: the bits
 * that tell one from the other, and from all other ways. */
#define SANDBOX_OPEN        (O_ACCMODE|O_CREAT|O_EXCL|O_TRUNC|O_APPEND       \
                             |(O_TMPFILE & ~O_DIRECTORY))
#define SANDBOX_OPEN_LOCKS  (O_RDWR|O_CREAT)

/* Of an argument, which comes as 64 bits, the half that the kernel itself
 * looks at: all those of the rows are int, or flags in 32 bits. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SANDBOX_ARGUMENT(i)  (offsetof(struct seccomp_data, args)            \
                              + (i) * 8 + 4)
#else
#define SANDBOX_ARGUMENT(i)  (offsetof(struct seccomp_data, args) + (i) * 8)
#endif

#define SANDBOX_COUNT(array)  (sizeof(array) / sizeof((array)[0]))


/* Allowed where (argument & mask) == value. */
typedef struct {
    int       call;
    unsigned  argument;
    uint32_t  mask;
    uint32_t  value;
} sandbox_row_t;


typedef struct {
    unsigned            n;
    struct sock_filter  code[SANDBOX_PROGRAM];
} sandbox_program_t;


/* Whatever the arguments are.  Those of a query come first. */
static const int  sandbox_always[] = {
    SYS_recvmmsg, SYS_sendmmsg,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    SYS_epoll_pwait, SYS_futex, SYS_read, SYS_write, SYS_readv, SYS_writev,
    SYS_recvfrom, SYS_sendto, SYS_recvmsg, SYS_sendmsg, SYS_accept4,
    SYS_close, SYS_shutdown, SYS_getsockname, SYS_getpeername,
    SYS_getsockopt, SYS_epoll_ctl, SYS_epoll_create1, SYS_eventfd2,
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_ppoll,

    /* the store, and files that are read again */

#ifdef SYS_stat
    SYS_stat, SYS_lstat,
#endif
    SYS_fstat, SYS_newfstatat, SYS_statx, SYS_lseek, SYS_pread64,
    SYS_ftruncate, SYS_fstatfs, SYS_getdents64, SYS_uname,
#ifdef SYS_access
    SYS_access,
#endif
    SYS_faccessat,
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif

    /* memory; never code: see sandbox_rows */

    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,

    /* time and chance */

    SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_getrandom,
    SYS_gettimeofday, SYS_getrusage,
#ifdef SYS_time
    SYS_time,
#endif

    /* signals, threads, and the end */

    SYS_rt_sigtimedwait, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_sigaltstack, SYS_restart_syscall, SYS_set_robust_list,
#ifdef SYS_rseq
    SYS_rseq,
#endif
    SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_exit, SYS_exit_group
};


static const sandbox_row_t  sandbox_rows[] = {

    { SYS_openat, 2, SANDBOX_OPEN, O_RDONLY },
    { SYS_openat, 2, SANDBOX_OPEN, SANDBOX_OPEN_LOCKS },

    { SYS_fcntl, 1, UINT32_MAX, F_GETLK },
    { SYS_fcntl, 1, UINT32_MAX, F_SETLK },
    { SYS_fcntl, 1, UINT32_MAX, F_SETLKW },
    { SYS_fcntl, 1, UINT32_MAX, F_GETFD },
    { SYS_fcntl, 1, UINT32_MAX, F_SETFD },
    { SYS_fcntl, 1, UINT32_MAX, F_GETFL },
    { SYS_fcntl, 1, UINT32_MAX, F_SETFL },

    /* nothing that was written can be run */

    { SYS_mmap, 2, PROT_EXEC, 0 },
    { SYS_mprotect, 2, PROT_EXEC, 0 },

    { SYS_setsockopt, 1, UINT32_MAX, SOL_SOCKET },
    { SYS_setsockopt, 1, UINT32_MAX, IPPROTO_TCP },

    /* a thread, but no process; clone3 is below.  With the first one glibc
     * sets up the two signals that it keeps for itself. */

    { SYS_clone, 0, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD },
    { SYS_rt_sigaction, 0, UINT32_MAX, __SIGRTMIN },
    { SYS_rt_sigaction, 0, UINT32_MAX, __SIGRTMIN + 1 },
    { SYS_prctl, 0, UINT32_MAX, PR_SET_NAME }
};


/* What is tried most likely, for the line that says it. */
static const struct {
    int          call;
    const char  *name;
}  sandbox_names[] = {
    { SYS_execve, "execve" }, { SYS_execveat, "execveat" },
    { SYS_clone, "clone" },
#ifdef SYS_fork
    { SYS_fork, "fork" }, { SYS_vfork, "vfork" }, { SYS_open, "open" },
#endif
    { SYS_openat, "openat" }, { SYS_socket, "socket" }, { SYS_bind, "bind" },
    { SYS_connect, "connect" }, { SYS_listen, "listen" },
    { SYS_kill, "kill" }, { SYS_tgkill, "tgkill" }, { SYS_ptrace, "ptrace" },
    { SYS_mmap, "mmap" }, { SYS_mprotect, "mprotect" }, { SYS_bpf, "bpf" },
    { SYS_prctl, "prctl" }, { SYS_fcntl, "fcntl" }, { SYS_ioctl, "ioctl" },
    { SYS_setsockopt, "setsockopt" }, { SYS_unlinkat, "unlinkat" },
    { SYS_prlimit64, "prlimit64" }, { SYS_rt_sigaction, "rt_sigaction" }
};


/* What a build for tests does besides: see sandbox_internal.h. */
#ifdef SANDBOX_CHECKED
static const int  sandbox_checked[] = {
    SYS_clone, SYS_wait4, SYS_ptrace, SYS_prctl, SYS_rt_sigaction, SYS_kill,
    SYS_tgkill, SYS_openat, SYS_readlinkat, SYS_fcntl, SYS_getppid,
    SYS_process_vm_readv, SYS_prlimit64, SYS_pipe2, SYS_execve, SYS_dup3,
    SYS_ioctl, SYS_sysinfo,
#ifdef SYS_open
    SYS_open, SYS_readlink, SYS_fork, SYS_pipe, SYS_dup2, SYS_getdents,
    SYS_arch_prctl,
#endif
    SYS_getcwd, SYS_set_tid_address, SYS_mmap, SYS_mprotect
};
#endif


static void sandbox_write(sandbox_program_t *program,
    const sandbox_options_t *options);
static void sandbox_row(sandbox_program_t *program, const sandbox_row_t *row);
static void sandbox_call(sandbox_program_t *program, int call,
    uint32_t verdict);
static void sandbox_put(sandbox_program_t *program, uint16_t code, uint8_t yes,
    uint8_t no, uint32_t k);
static bool sandbox_trap(log_t *log);
static void sandbox_sigsys(int signo, siginfo_t *info, void *context);


#ifdef SANDBOX_MACHINE

bool
sandbox_calls(const sandbox_options_t *options, log_t *log)
{
    sandbox_program_t   program = { .n = 0 };
    struct sock_fprog   prog = { .filter = program.code };

    if (!sandbox_trap(log)) {
        return false;
    }

    sandbox_write(&program, options);

    if (program.n == SANDBOX_PROGRAM) {
        log_line(log, "sandbox: more system calls than there is room for");
        return false;
    }

    prog.len = (unsigned short) program.n;

    /* no code of anybody else's runs in this process, so the slow guard
     * against speculation that older kernels give with it is not wanted */

    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                &prog)
        == 0)
    {
        return true;
    }

    if (errno == ENOSYS || errno == EINVAL) {
        log_line(log, "sandbox: this kernel has no filter of system calls");
        return true;
    }

    log_line(log, "sandbox: seccomp(): %s", strerror(errno));

    return false;
}

#else

bool
sandbox_calls(const sandbox_options_t *options, log_t *log)
{
    (void) options;

    log_line(log, "sandbox: no filter of system calls for this machine");

    return true;
}

#endif


static void
sandbox_write(sandbox_program_t *program, const sandbox_options_t *options)
{
    size_t  i;

    const sandbox_row_t  unix_socket = { SYS_socket, 0, UINT32_MAX, AF_UNIX };
    const sandbox_row_t  link_index = { SYS_ioctl, 1, UINT32_MAX,
                                        SIOCGIFINDEX };
    const sandbox_row_t  ourselves = { SYS_tgkill, 0, UINT32_MAX,
                                       (uint32_t) getpid() };

#ifdef SANDBOX_MACHINE
    sandbox_put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
                offsetof(struct seccomp_data, arch));
    sandbox_put(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SANDBOX_MACHINE);
    sandbox_put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
#endif

    sandbox_put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
                offsetof(struct seccomp_data, nr));

    for (i = 0; i < SANDBOX_COUNT(sandbox_always); i++) {
        sandbox_call(program, sandbox_always[i], SECCOMP_RET_ALLOW);
    }

#ifdef SANDBOX_CHECKED
    for (i = 0; i < SANDBOX_COUNT(sandbox_checked); i++) {
        sandbox_call(program, sandbox_checked[i], SECCOMP_RET_ALLOW);
    }
#endif

    for (i = 0; i < SANDBOX_COUNT(sandbox_rows); i++) {
        sandbox_row(program, &sandbox_rows[i]);
    }

    sandbox_row(program, &ourselves);            /* abort() */

    if (options->connects || options->links) {
        sandbox_row(program, &unix_socket);
    }

    if (options->connects) {
        sandbox_call(program, SYS_connect, SECCOMP_RET_ALLOW);
    }

    /* if_nametoindex(), of a socket that is good for nothing else */

    if (options->links) {
        sandbox_row(program, &link_index);
    }

    /* its flags lie in memory, where no filter can look; glibc then takes
     * clone */

#ifdef SYS_clone3
    sandbox_call(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif

    sandbox_put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP);
}


/* The number is in the accumulator before and after. */
static void
sandbox_row(sandbox_program_t *program, const sandbox_row_t *row)
{
    sandbox_put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 5,
                (uint32_t) row->call);
    sandbox_put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
                (uint32_t) SANDBOX_ARGUMENT(row->argument));
    sandbox_put(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, row->mask);
    sandbox_put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, row->value);
    sandbox_put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
    sandbox_put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0,
                offsetof(struct seccomp_data, nr));
}


static void
sandbox_call(sandbox_program_t *program, int call, uint32_t verdict)
{
    sandbox_put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t) call);
    sandbox_put(program, BPF_RET | BPF_K, 0, 0, verdict);
}


static void
sandbox_put(sandbox_program_t *program, uint16_t code, uint8_t yes, uint8_t no,
    uint32_t k)
{
    if (program->n < SANDBOX_PROGRAM) {
        program->code[program->n++] = (struct sock_filter) { code, yes, no,
                                                             k };
    }
}


/* What is not allowed is not done either way; the signal is for the line that
 * says what it was.  Who blocks or takes over the signal is killed by it. */
static bool
sandbox_trap(log_t *log)
{
    struct sigaction  action = {
        .sa_sigaction = sandbox_sigsys,
        .sa_flags = SA_SIGINFO
    };

    if (sigaction(SIGSYS, &action, NULL) == -1) {
        log_line(log, "cannot set up SIGSYS: %s", strerror(errno));
        return false;
    }

    return true;
}


/* No exit handlers: the thread may hold any lock, or be somebody else's. */
static void
sandbox_sigsys(int signo, siginfo_t *info, void *context)
{
    int          n;
    char         text[128];
    size_t       i;
    ssize_t      ignored;
    const char  *name = "?";

    (void) signo;
    (void) context;

    for (i = 0; i < SANDBOX_COUNT(sandbox_names); i++) {
        if (sandbox_names[i].call == info->si_syscall) {
            name = sandbox_names[i].name;
        }
    }

    n = snprintf(text, sizeof(text), "dnsd: sandbox: system call %d (%s) is "
                 "not allowed: ending\n", info->si_syscall, name);

    ignored = write(STDERR_FILENO, text, (size_t) n);
    (void) ignored;

    _exit(EXIT_FAILURE);
}
