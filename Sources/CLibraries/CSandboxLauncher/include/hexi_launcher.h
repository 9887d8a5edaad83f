#ifndef HEXI_LAUNCHER_H
#define HEXI_LAUNCHER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// One resource limit for the child: `setrlimit(resource, {value, value})`.
struct hexi_limit {
    int resource;
    uint64_t value;
};

/// Starts a program in a new process group and returns its process identifier, or -errno.
///
/// The child gets `descriptors[i]` as descriptor i, and no other open descriptor; default signal dispositions and an
/// empty signal mask; the limits, set before `execve`. If `group` is not -1 it is an open "cgroup.procs", and the child moves
/// into that control group first. It is killed when the *thread* that called this function ends
/// (Linux PR_SET_PDEATHSIG), so the caller must keep that thread until it has waited for the child.
/// Between fork and execve the child calls only async-signal-safe functions.
pid_t hexi_launch(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                  size_t descriptor_count, const struct hexi_limit *limits, size_t limit_count, int group);

/// An anonymous, close-on-exec file in memory; -1 with errno on failure.
int hexi_memory_file(const char *name);

/// A pipe whose ends are close-on-exec; -1 with errno on failure.
int hexi_pipe(int ends[2]);

/// prctl's requests to name a thread, and never to gain rights by executing.
extern const int hexi_request_set_name, hexi_request_no_new_privileges;

/// Keeps this process's memory, with the keys in it, out of core dumps and away from other processes of the same user
/// (PR_SET_DUMPABLE; ptrace(2), /proc/PID/mem); -1 with errno on failure. What it starts later is not concerned.
int hexi_forbid_core_dumps(void);

/// Numbers of the resources, which Swift imports as differing types on differing platforms.
extern const int hexi_resource_address_space, hexi_resource_cpu, hexi_resource_file_size, hexi_resource_open_files,
    hexi_resource_core, hexi_resource_processes, hexi_resource_locked_memory, hexi_resource_message_queue;

/// Whether systemd has marked a control group's folder as given to its processes (systemd.resource-control(5), Delegate=).
int hexi_is_delegated(const char *group);

/// What `waitpid` reported: the exit code (0 to 255), or minus the signal that ended the process.
int hexi_exit_code(int status);

#endif
