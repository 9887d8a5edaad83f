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
/// empty signal mask; the limits, set before `execve`. It is killed when the *thread* that called this function ends
/// (Linux PR_SET_PDEATHSIG), so the caller must keep that thread until it has waited for the child.
/// Between fork and execve the child calls only async-signal-safe functions.
pid_t hexi_launch(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                  size_t descriptor_count, const struct hexi_limit *limits, size_t limit_count);

/// An anonymous, close-on-exec file in memory; -1 with errno on failure.
int hexi_memory_file(const char *name);

/// A pipe whose ends are close-on-exec; -1 with errno on failure.
int hexi_pipe(int ends[2]);

/// prctl's request to name a thread.
extern const int hexi_request_set_name;

/// Numbers of the resources, which Swift imports as differing types on differing platforms.
extern const int hexi_resource_address_space, hexi_resource_cpu, hexi_resource_file_size, hexi_resource_open_files,
    hexi_resource_core, hexi_resource_processes, hexi_resource_locked_memory, hexi_resource_message_queue;

/// What `waitpid` reported: the exit code (0 to 255), or minus the signal that ended the process.
int hexi_exit_code(int status);

#endif
