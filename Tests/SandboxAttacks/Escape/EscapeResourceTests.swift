// Family: using up the machine. Source: fork and thread bombs, memory bombs and disk filling as in getrlimit(2), tmpfs(5),
// cgroups(7); core dumps, core(5); descriptors left open, as in CVE-2024-21626 (runc) and CVE-2016-9962.
import CSandboxLauncher
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite(.serialized) struct EscapeResourceTests {
    @Test(arguments: EscapeSandbox.allCases)
    func aBombOfThreadsIsHeld(sandbox: EscapeSandbox) async throws {
        let answer = try await sandbox.answer(["threads", "4000"])
        #expect(answer.hasPrefix("held "), "\(answer)")
    }

    @Test(arguments: EscapeSandbox.allCases)
    func aBombOfMemoryIsHeldWhileOthersGoOn(sandbox: EscapeSandbox) async throws {
        async let bomb = sandbox.answer(["memory", "2048"])
        let tree = try await Bench.engine.parse("SELECT 42 FROM visits")
        let answer = try await bomb
        #expect(answer.hasPrefix("held "), "\(answer)")
        #expect(tree.root.serializedString().contains("42"))
    }

    @Test(arguments: [1, 50], EscapeSandbox.allCases)
    func theScratchSpaceIsHeldToItsSize(files: Int, sandbox: EscapeSandbox) async throws {
        // Twice what there is.
        let answer = try await sandbox.answer(["fill", "16", String(files)])
        #expect(Int(answer.dropFirst(5)).map { $0 <= 8 } == true, "\(answer)")
    }

    @Test(arguments: EscapeSandbox.allCases)
    func processorTimeIsHeld(sandbox: EscapeSandbox) async throws {
        var limits = EscapeSandbox.limits
        limits.cpuSeconds = 1
        let outcome = try await sandbox.run(["spin"], limits: limits)
        #expect(outcome.ending == .exited(128 + 9) || outcome.ending == .exited(128 + 24))
    }

    @Test(arguments: ["spin", "sleep"], EscapeSandbox.allCases)
    func timeIsHeld(what: String, sandbox: EscapeSandbox) async throws {
        var limits = EscapeSandbox.limits
        limits.wallClockSeconds = 0.5
        #expect(try await sandbox.run([what], limits: limits).ending == .deadline)
    }

    @Test(arguments: EscapeSandbox.allCases)
    func noCoreIsDumped(sandbox: EscapeSandbox) async throws {
        let answer = try await sandbox.answer(["core"])
        #expect(answer == "held 1")
    }

    @Test(arguments: EscapeSandbox.allCases)
    func noDescriptorIsLeftOpen(sandbox: EscapeSandbox) async throws {
        let decoys = (0..<8).map { _ in open("/etc/passwd", O_RDONLY) }
        defer { for decoy in decoys { close(decoy) } }
        #expect(try await sandbox.answer(["inherited"]) == "held")
    }

    @Test func theNodeItselfCanForbidItsCoreDumps() async throws {
        // In a process of its own: the switch cannot be turned back.
        let size = Int(RLIMIT_CORE.rawValue)
        #expect(Int32(size) == hexi_resource_core)
    }
}
