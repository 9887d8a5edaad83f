import CSeccomp
import CSandboxLauncher
import Glibc

/// The system calls that a sandboxed process may make, as a BPF program for the kernel (seccomp).
///
/// An allow-list, made from what `strace -f` shows DuckDB 1.5.6 and the C library to use on queries, spills and imports.
/// Everything else fails with EPERM: sockets, ptrace, mount, bpf, io_uring, keyctl, new namespaces, signals to others, fork.
enum SystemCallFilter {
    private static let allowed = [
        // Files that are already visible inside.
        "read", "write", "readv", "writev", "pread64", "pwrite64", "open", "openat", "close", "stat", "lstat", "fstat",
        "newfstatat", "statx", "statfs", "fstatfs", "lseek", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
        "getcwd", "fcntl", "getdents64", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "rename", "renameat", "renameat2",
        "ftruncate", "fallocate", "fsync", "fdatasync", "fadvise64", "poll", "ppoll",
        // Memory.
        "mmap", "munmap", "mprotect", "mremap", "madvise", "brk",
        // Threads, waiting, time.
        "futex", "sched_yield", "sched_getaffinity", "getcpu", "set_tid_address", "set_robust_list", "rseq", "clock_gettime",
        "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "restart_syscall", "membarrier",
        // The process itself.
        "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getrandom", "getrusage", "sysinfo", "uname", "rt_sigaction",
        "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "arch_prctl", "exit", "exit_group",
        // bubblewrap installs the filter and then executes the program, and its first process waits for it. Inside there is
        // nothing to execute but the engine itself.
        "execve", "wait4",
    ]

    /// Deny with an error number (seccomp.h's SCMP_ACT_ERRNO, a macro that Swift does not import).
    private static func failure(_ number: Int32) -> UInt32 { 0x0005_0000 | UInt32(truncatingIfNeeded: number & 0xFFFF) }
    private static let allow: UInt32 = 0x7FFF_0000

    private static let cloneThread: UInt64 = 0x0001_0000
    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    private static let cloneNamespaces: UInt64 = 0x7E02_0000

    /// The filter's bytes, as `bwrap --seccomp` reads them.
    ///
    /// - Throws: `isolationUnavailable` where libseccomp cannot build it for this machine.
    static func program() throws(SandboxError) -> [UInt8] {
        guard let context = seccomp_init(failure(EPERM)) else { throw unavailable("seccomp_init failed") }
        defer { seccomp_release(context) }
        for name in allowed { try add(context, allow, name, []) }
        let isThread = scmp_arg_cmp(
            arg: 0, op: SCMP_CMP_MASKED_EQ, datum_a: cloneThread | cloneNamespaces, datum_b: cloneThread)
        try add(context, allow, "clone", [isThread])
        // Its flags lie in memory, where a filter cannot look; the C library falls back to clone.
        try add(context, failure(ENOSYS), "clone3", [])
        // Reading one's own limits, naming a thread.
        try add(
            context, allow, "prlimit64",
            [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: 0, datum_b: 0), scmp_arg_cmp(arg: 2, op: SCMP_CMP_EQ, datum_a: 0, datum_b: 0)])
        try add(context, allow, "prctl", [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: UInt64(hexi_request_set_name), datum_b: 0)])
        return try export(context)
    }

    private static func unavailable(_ reason: String) -> SandboxError {
        .isolationUnavailable(reason: reason, remedy: "install libseccomp 2.5 and run a kernel with CONFIG_SECCOMP_FILTER")
    }

    private static func add(
        _ context: scmp_filter_ctx, _ action: UInt32, _ name: String, _ conditions: [scmp_arg_cmp]
    ) throws(SandboxError) {
        let number = seccomp_syscall_resolve_name(name)
        // Not every processor's kernel has every call (there is no `open` on ARM); libseccomp numbers the missing ones below 0.
        guard number >= 0 else { return }
        let result = seccomp_rule_add_array(context, action, number, UInt32(conditions.count), conditions)
        guard result == 0 else { throw unavailable("libseccomp refuses a rule for \(name) (error \(-result))") }
    }

    private static func export(_ context: scmp_filter_ctx) throws(SandboxError) -> [UInt8] {
        let file = hexi_memory_file("seccomp")
        guard file >= 0 else { throw unavailable("memfd_create failed") }
        defer { close(file) }
        guard seccomp_export_bpf(context, file) == 0, lseek(file, 0, SEEK_SET) == 0 else {
            throw unavailable("the filter could not be exported")
        }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        guard count > 0, count < bytes.count else { throw unavailable("the filter could not be read") }
        return Array(bytes.prefix(count))
    }
}
