import CSeccomp
import CSandboxLauncher
import Glibc

/// The system calls that a sandboxed process may make, as a BPF program for the kernel (seccomp(2)).
///
/// Allow-lists, one for the engine and one for buyers' programs, made from what `ops/trace-system-calls` shows DuckDB 1.5.6 and
/// Python 3.11 to call on queries, joins, spills, imports, exports and files, reviewed, with the same calls under the names that
/// they have on 64-bit ARM. Everything else fails with EPERM: sockets, ptrace, mount, bpf, io_uring, keyctl, new namespaces,
/// signals to others, fork. A call by another calling convention (32-bit, x32) ends the process.
enum SystemCallFilter {
    /// What both need.
    private static let common = [
        // Files that are already visible inside.
        "read", "write", "pread64", "pwrite64", "open", "openat", "close", "stat", "lstat", "fstat", "newfstatat", "statx", "lseek",
        "access", "faccessat", "readlink", "readlinkat", "getcwd", "fcntl", "getdents64", "unlink", "unlinkat", "mkdir", "mkdirat",
        "rmdir", "rename", "renameat", "renameat2", "ftruncate", "fallocate", "fsync", "fdatasync", "fadvise64",
        // Memory; mmap and mprotect have conditions.
        "munmap", "mremap", "madvise", "brk",
        // Threads, waiting, time.
        "futex", "sched_yield", "sched_getaffinity", "getcpu", "set_tid_address", "set_robust_list", "rseq", "clock_gettime",
        "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "restart_syscall",
        // The process itself.
        "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getrandom", "sysinfo", "uname", "rt_sigaction",
        "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "arch_prctl", "exit", "exit_group",
        // bubblewrap installs the filter and executes the program that puts up Landlock's fence, which executes the program;
        // bubblewrap's first process waits for it. Landlock can only ever take rights away.
        "execve", "wait4", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "close_range",
    ]

    /// What language runtimes call besides: vectors of buffers, waiting for descriptors, pipes and copies of descriptors within
    /// the process, its own times.
    private static let programs = [
        "readv", "writev", "preadv", "pwritev", "poll", "ppoll", "select", "pselect6", "dup", "dup2", "dup3", "pipe", "pipe2", "time",
        "times", "getrusage", "getppid", "statfs", "fstatfs", "faccessat2", "membarrier",
    ]

    /// Deny with an error number (seccomp.h's SCMP_ACT_ERRNO, a macro that Swift does not import).
    private static func failure(_ number: Int32) -> UInt32 { 0x0005_0000 | UInt32(truncatingIfNeeded: number & 0xFFFF) }
    private static let allow: UInt32 = 0x7FFF_0000

    private static let cloneThread: UInt64 = 0x0001_0000
    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    private static let cloneNamespaces: UInt64 = 0x7E02_0000
    private static let protectionWrite: UInt64 = 2
    private static let protectionExecute: UInt64 = 4

    enum Kind: Sendable { case engine, program }

    /// The calls that may reach the kernel, some of them under conditions only.
    static func names(_ kind: Kind) -> [String] {
        common + (kind == .program ? programs : []) + ["mmap", "mprotect", "clone", "clone3", "ioctl", "prlimit64", "prctl"]
    }

    /// For the engine, which makes no code while it runs.
    ///
    /// - Throws: `isolationUnavailable` where libseccomp cannot build it for this machine.
    static func engine() throws(SandboxError) -> [UInt8] { try filter(common, mayMakeCode: false) }

    /// For a buyer's program.
    ///
    /// - Parameter mayMakeCode: for executables, which may be compilers themselves; not for Python.
    static func program(mayMakeCode: Bool) throws(SandboxError) -> [UInt8] {
        try filter(common + programs, mayMakeCode: mayMakeCode)
    }

    private static func filter(_ allowed: [String], mayMakeCode: Bool) throws(SandboxError) -> [UInt8] {
        guard let context = seccomp_init(failure(EPERM)) else { throw unavailable("seccomp_init failed") }
        defer { seccomp_release(context) }
        for name in allowed { try add(context, allow, name, []) }
        try addMemoryRules(context, mayMakeCode)
        let isThread = scmp_arg_cmp(
            arg: 0, op: SCMP_CMP_MASKED_EQ, datum_a: cloneThread | cloneNamespaces, datum_b: cloneThread)
        try add(context, allow, "clone", [isThread])
        // Its flags lie in memory, where a filter cannot look; the C library falls back to clone.
        try add(context, failure(ENOSYS), "clone3", [])
        // Runtimes ask whether a descriptor is a terminal; there is none, and this is the answer of everything else.
        try add(context, failure(ENOTTY), "ioctl", [])
        // Reading one's own limits, naming a thread, giving up the right to gain rights.
        try add(
            context, allow, "prlimit64",
            [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: 0, datum_b: 0), scmp_arg_cmp(arg: 2, op: SCMP_CMP_EQ, datum_a: 0, datum_b: 0)])
        for request in [hexi_request_set_name, hexi_request_no_new_privileges] {
            try add(context, allow, "prctl", [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: UInt64(request), datum_b: 0)])
        }
        return try export(context)
    }

    /// No memory is both writable and executable, and none becomes executable that was not mapped so from a file.
    private static func addMemoryRules(_ context: scmp_filter_ctx, _ mayMakeCode: Bool) throws(SandboxError) {
        guard !mayMakeCode else {
            for name in ["mmap", "mprotect"] { try add(context, allow, name, []) }
            return
        }
        let both = protectionWrite | protectionExecute
        let isNoCode = scmp_arg_cmp(arg: 2, op: SCMP_CMP_MASKED_EQ, datum_a: protectionExecute, datum_b: 0)
        let isCodeOnly = scmp_arg_cmp(arg: 2, op: SCMP_CMP_MASKED_EQ, datum_a: both, datum_b: protectionExecute)
        // MAP_ANONYMOUS: the flag of memory that comes from no file.
        let isFile = scmp_arg_cmp(arg: 3, op: SCMP_CMP_MASKED_EQ, datum_a: UInt64(MAP_ANONYMOUS), datum_b: 0)
        try add(context, allow, "mmap", [isNoCode])
        try add(context, allow, "mmap", [isCodeOnly, isFile])
        try add(context, allow, "mprotect", [isNoCode])
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
