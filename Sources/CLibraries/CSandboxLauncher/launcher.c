#define _GNU_SOURCE
#include "hexi_launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MAXIMUM_DESCRIPTORS = 16 };

const int hexi_resource_address_space = RLIMIT_AS, hexi_resource_cpu = RLIMIT_CPU, hexi_resource_file_size = RLIMIT_FSIZE,
          hexi_resource_open_files = RLIMIT_NOFILE, hexi_resource_core = RLIMIT_CORE, hexi_resource_processes = RLIMIT_NPROC,
          hexi_resource_locked_memory = RLIMIT_MEMLOCK, hexi_resource_message_queue = RLIMIT_MSGQUEUE;

int hexi_exit_code(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSIGNALED(status)) return -WTERMSIG(status);
    return -1;
}

int hexi_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

const int hexi_request_set_name = PR_SET_NAME, hexi_request_no_new_privileges = PR_SET_NO_NEW_PRIVS;

int hexi_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

/// Tells the parent through the close-on-exec pipe what failed; a successful execve closes it without a word.
static _Noreturn void give_up(int report) {
    int reason = errno;
    ssize_t ignored = write(report, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

/// Moves the wanted descriptors to 0, 1, 2, ... In two steps, because a source may lie among the targets.
static int place_descriptors(const int *descriptors, size_t count, int *report) {
    int moved[MAXIMUM_DESCRIPTORS];
    *report = fcntl(*report, F_DUPFD_CLOEXEC, 64);
    if (*report < 0) return -1;
    for (size_t i = 0; i < count; i++) {
        moved[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 64);
        if (moved[i] < 0) return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (dup2(moved[i], (int)i) < 0) return -1;
    // The report pipe and the moved descriptors are close-on-exec; everything else from `count` on is closed now.
    if (*report > (int)count && syscall(SYS_close_range, (unsigned)count, (unsigned)*report - 1, 0) != 0) return -1;
    return syscall(SYS_close_range, (unsigned)*report + 1, ~0U, 0) != 0 ? -1 : 0;
}

static _Noreturn void become(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                             size_t descriptor_count, const struct hexi_limit *limits, size_t limit_count, int group,
                             int report, pid_t parent) {
    sigset_t none;
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < 32; number++) sigaction(number, &standard, NULL);
    sigemptyset(&none);
    // "0" is the process that writes it (cgroups(7)).
    if (group >= 0 && write(group, "0", 1) != 1) give_up(report);
    if (place_descriptors(descriptors, descriptor_count, &report) != 0) give_up(report);
    if (setpgid(0, 0) != 0) give_up(report);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(report);
    // The parent may have died before the request above took effect.
    if (getppid() != parent) _exit(127);
    for (size_t i = 0; i < limit_count; i++) {
        struct rlimit limit = {limits[i].value, limits[i].value};
        if (setrlimit(limits[i].resource, &limit) != 0) give_up(report);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(path, arguments, environment);
    give_up(report);
}

pid_t hexi_launch(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                  size_t descriptor_count, const struct hexi_limit *limits, size_t limit_count, int group) {
    int report[2];
    int failure = 0;
    if (descriptor_count < 3 || descriptor_count > MAXIMUM_DESCRIPTORS) return -EINVAL;
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    // All signals are blocked across the fork, so that no handler of this program runs in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become(path, arguments, environment, descriptors, descriptor_count, limits, limit_count, group, report[1],
               parent);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return -fork_error;
    }
    ssize_t count;
    do count = read(report[0], &failure, sizeof failure);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == (ssize_t)sizeof failure) {
        waitpid(child, NULL, 0);
        return failure > 0 ? -failure : -EIO;
    }
    return child;
}

int hexi_forbid_core_dumps(void) {
    struct rlimit limit = {1, 1};
    if (setrlimit(RLIMIT_CORE, &limit) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int hexi_is_delegated(const char *group) {
    char mark = 0;
    return getxattr(group, "user.delegate", &mark, 1) == 1 && mark == '1';
}
