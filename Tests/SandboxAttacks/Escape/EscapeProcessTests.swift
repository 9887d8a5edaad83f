// Family: other processes. Source: ptrace(2), process_vm_readv(2), kill(2), pidfd_open(2), clone(2), execve(2), credentials(7);
// executing what was written, as in "Write xor execute"; setuid programs and no_new_privs, prctl(2).
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct EscapeProcessTests {
    static let node = String(getpid())

    static let others = ["-1", "0", "1", node].flatMap { target in
        [Escape("signal \(target == node ? "the node" : target)", "signal", target)]
    } + ["1", node].flatMap { target -> [Escape] in
        let name = target == node ? "the node" : "process 1"
        return [
            Escape("trace \(name)", "trace", target), Escape("read the memory of \(name)", "peek", target),
            Escape("write the memory of \(name)", "poke", target), Escape("hold \(name)", "pidfd", target),
            Escape("queue a signal to \(name)", "queue", target),
        ]
    } + [Escape("be traced", "traceme"), Escape("read the limits of process 1", "limits-of-others")]

    /// CLONE_NEWUSER, NEWNS, NEWNET, NEWPID, NEWIPC, NEWUTS, NEWCGROUP, NEWTIME.
    static let namespaces = [0x1000_0000, 0x0002_0000, 0x4000_0000, 0x2000_0000, 0x0800_0000, 0x0400_0000, 0x0200_0000, 0x80]

    static let births = [Escape("fork", "fork"), Escape("vfork", "vfork"), Escape("clone with another's memory", "clone", "256")]
        + namespaces.flatMap { flag in
            [Escape("clone into a namespace \(flag)", "clone", String(flag)), Escape("unshare \(flag)", "unshare", String(flag))]
        }

    static let programs = [
        Escape("execute a shell", "execute", "/bin/sh"), Escape("execute su", "execute", "/usr/bin/su"), Escape("execute sudo", "execute", "/usr/bin/sudo"),
        Escape("execute ping", "execute", "/usr/bin/ping"), Escape("execute bubblewrap", "execute", "/usr/bin/bwrap"),
        Escape("execute the table", "execute", "/data/table"), Escape("execute the output", "execute", "/output/metrics.json"),
        Escape("execute a copy of itself", "copy", "/scratch/copy"), Escape("execute a descriptor", "execute", "/proc/self/fd/0"),
    ]

    static let batch = EscapeBatch(others + births + programs)

    @Test(arguments: others, EscapeSandbox.allCases)
    func noOtherProcessCanBeTouched(escape: Escape, sandbox: EscapeSandbox) async throws {
        #expect(try await Self.batch.answer(escape, in: sandbox) == "held EPERM")
    }

    @Test(arguments: births, EscapeSandbox.allCases)
    func noProcessAndNoNamespaceCanBeMade(escape: Escape, sandbox: EscapeSandbox) async throws {
        #expect(try await Self.batch.answer(escape, in: sandbox) == "held EPERM")
    }

    @Test(arguments: programs, EscapeSandbox.allCases)
    func noOtherProgramCanBeExecuted(escape: Escape, sandbox: EscapeSandbox) async throws {
        let answer = try await Self.batch.answer(escape, in: sandbox)
        #expect(["held EACCES", "held ENOENT"].contains(answer), "\(answer)")
    }

    @Test(arguments: EscapeSandbox.allCases)
    func theUserInsideIsNobody(sandbox: EscapeSandbox) async throws {
        #expect(try await sandbox.answer(["user"]) == "65534")
    }

    @Test(arguments: [["fork"], ["vfork"], ["traceme"], ["signal", node]])
    func outsideTheSandboxTheAttemptSucceeds(words: [String]) async throws {
        #expect(try await EscapeSandbox.outside(words) == "ESCAPED")
    }
}
