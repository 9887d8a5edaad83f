// Family: using up the machine. Source: fork and thread bombs, memory bombs and disk filling as in getrlimit(2), tmpfs(5),
// cgroups(7); core dumps, core(5); descriptors left open, as in CVE-2024-21626 (runc) and CVE-2016-9962.
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

    /// In a process of its own, made from the launcher's source, because it cannot be taken back.
    @Test func aNodeThatServesCanBeNeitherDumpedNorLookedInto() async throws {
        let source = Bench.folder + "/protected.c"
        try """
            #include "hexi_launcher.h"
            #include <stdio.h>
            #include <sys/prctl.h>
            #include <sys/resource.h>
            int main(void) {
                struct rlimit limit;
                if (hexi_forbid_core_dumps() != 0 || getrlimit(RLIMIT_CORE, &limit) != 0) return 2;
                printf("%d %ld\\n", prctl(PR_GET_DUMPABLE), (long)limit.rlim_max);
            }
            """.write(toFile: source, atomically: true, encoding: .utf8)
        let launcher = Bench.root + "/Sources/CLibraries/CSandboxLauncher"
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/cc")
        compiler.arguments = ["-I", launcher + "/include", "-o", Bench.folder + "/protected", source, launcher + "/launcher.c"]
        try compiler.run()
        compiler.waitUntilExit()
        let outcome = await ChildProcess.run(
            ChildCommand(path: Bench.folder + "/protected", arguments: [], deadlineSeconds: 30, maximumOutputBytes: 1024))
        #expect(EscapeSandbox.answer(outcome) == "0 1")
    }

    /// The fence and the filter must leave the engine what it needs, or long queries would fail where short ones do not.
    @Test func aQueryLargerThanItsMemoryGoesOnInTheScratchSpace() async throws {
        let limits = RunLimits(wallClockSeconds: 120, cpuSeconds: 120, memoryBytes: 96 << 20, scratchBytes: 1 << 30)
        let text = "SELECT count(*) FROM (SELECT DISTINCT hash(range), hash(range + 1) FROM range(4000000))"
        #expect(try await Bench.engine.answer(text, limits: limits) == "4000000")
    }
}
