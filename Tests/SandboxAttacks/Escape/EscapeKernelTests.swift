// Family: the kernel's other doors. Source: syscalls(2); the lists that Docker and Chromium deny and why (io_uring: Google kCTF 2023;
// bpf: CVE-2021-31440; keyctl: CVE-2016-0728; userfaultfd and perf_event_open as helpers of races; TIOCSTI: CVE-2017-5226 of
// bubblewrap; 32-bit and x32 calls past a filter: the way round described in seccomp(2)).
import CSeccomp
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct EscapeKernelTests {
    static let names = [
        "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "keyctl", "add_key", "request_key", "userfaultfd", "perf_event_open",
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "pidfd_open", "pidfd_getfd",
        "pidfd_send_signal", "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "move_mount",
        "mount_setattr", "setns", "unshare", "open_by_handle_at", "name_to_handle_at", "init_module", "finit_module", "delete_module",
        "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "syslog", "acct", "quotactl", "settimeofday", "clock_settime",
        "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "fanotify_init", "fanotify_mark",
        "inotify_init1", "inotify_add_watch", "memfd_create", "memfd_secret", "execveat", "seccomp", "sched_setscheduler", "sched_setattr",
        "setpriority", "ioprio_set", "mlock", "mlock2", "mlockall", "mincore", "migrate_pages", "move_pages", "mbind", "set_mempolicy",
        "get_mempolicy", "vmsplice", "splice", "tee", "sendfile", "copy_file_range", "signalfd4", "eventfd2", "timerfd_create", "timer_create",
        "epoll_create1", "mq_open", "msgget", "msgsnd", "semget", "semop", "shmget", "shmat", "shmctl", "setuid", "setgid", "setresuid", "setgroups",
        "setfsuid", "capset", "capget", "setsid", "setpgid", "prctl", "personality", "vhangup", "lookup_dcookie", "nfsservctl",
        "chmod", "fchmod", "chown", "fchown", "lchown", "setxattr", "getxattr", "removexattr", "utimensat", "mknod", "mknodat", "symlink",
        "symlinkat", "link", "linkat", "chdir", "fchdir", "umask", "kill", "tgkill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "socket",
        "socketpair", "connect", "bind", "listen", "accept4", "sendto", "recvfrom", "sendmsg", "recvmsg", "fork", "vfork", "setrlimit", "getitimer",
        "setitimer", "alarm", "pause", "remap_file_pages", "pkey_mprotect", "pkey_alloc", "cachestat", "statmount", "listmount",
        "lsm_set_self_attr", "map_shadow_stack", "quotactl_fd", "set_mempolicy_home_node", "uselib", "ustat", "sysfs", "_sysctl", "bdflush",
    ]

    /// Those of this processor that the library knows by name.
    static let calls = names.compactMap { name -> Escape? in
        let number = seccomp_syscall_resolve_name(name)
        return number < 0 ? nil : Escape(name, "call", String(number))
    }

    static let tricks = ["terminal", "personality", "writable-code", "dumpable", "tracer", "filter", "limits", "shared-memory"]
        .map { Escape($0, $0) }

    static let batch = EscapeBatch(calls + tricks)

    @Test(arguments: calls, EscapeSandbox.allCases)
    func theCallDoesNotReachTheKernel(escape: Escape, sandbox: EscapeSandbox) async throws {
        #expect(try await Self.batch.answer(escape, in: sandbox) == "held EPERM")
    }

    @Test(arguments: tricks, EscapeSandbox.allCases)
    func theTrickIsHeld(escape: Escape, sandbox: EscapeSandbox) async throws {
        // Executables may make code: they may be compilers. They are a buyer's own code anyway.
        if escape.name == "writable-code", sandbox == .program { return }
        let answer = try await Self.batch.answer(escape, in: sandbox)
        #expect(answer == (escape.name == "terminal" ? "held ENOTTY" : "held EPERM"))
    }

    @Test func theEngineAndPythonCannotMakeCode() async throws {
        #expect(try await EscapeSandbox.engine.answer(["code"]) == "held EPERM")
        var python = try await EscapeSandbox.program.isolation()
        python = IsolatedProcess(
            bubblewrapPath: python.bubblewrapPath, filter: try SystemCallFilter.program(mayMakeCode: false), libraries: SharedLibraries(files: []))
        for words in [["code"], ["writable-code"]] {
            let outcome = try await python.run(
                program: try EscapeSandbox.probePath(), arguments: words, mounts: [], input: [], limits: EscapeSandbox.limits)
            #expect(EscapeSandbox.answer(outcome) == "held EPERM")
        }
    }

    static let conventions = ["32bit", "x32"]

    @Test(arguments: conventions, EscapeSandbox.allCases)
    func anotherCallingConventionEndsTheProcess(convention: String, sandbox: EscapeSandbox) async throws {
        let outcome = try await sandbox.run([convention])
        #expect(!String(decoding: outcome.output, as: UTF8.self).contains("ESCAPED"))
        // SIGSYS, as bubblewrap reports it; ARM has no such conventions.
        #if arch(x86_64)
            #expect(outcome.ending == .exited(128 + 31))
        #endif
    }

    /// Not a list of what is known to be bad, but all numbers there are.
    @Test(arguments: EscapeSandbox.allCases)
    func everyCallThatIsNotOnTheListIsDenied(sandbox: EscapeSandbox) async throws {
        let allowed = SystemCallFilter.names(sandbox == .engine ? .engine : .program).compactMap { name -> String? in
            let number = seccomp_syscall_resolve_name(name)
            return number < 0 ? nil : String(number)
        }
        #expect(allowed.count < 130)
        let answer = try await sandbox.answer(["sweep"] + allowed)
        let tried = Int(answer.split(separator: " ").last ?? "") ?? 0
        #expect(answer.hasPrefix("held "), "\(answer)")
        #expect(tried == 478 - Set(allowed.filter { (Int($0) ?? 0) < 480 }).count)
    }

    @Test(arguments: ["memfd_create", "socket", "eventfd2", "inotify_init1", "epoll_create1", "timerfd_create"])
    func outsideTheSandboxTheCallReachesTheKernel(name: String) async throws {
        let answer = try await EscapeSandbox.outside(["call", String(seccomp_syscall_resolve_name(name))])
        #expect(answer != "held EPERM")
    }
}
