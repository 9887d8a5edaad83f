import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// A small static C program, run under exactly the same bubblewrap, filter and limits as the engine.
enum Inside {
    static let program: String? = {
        let source = Bench.root + "/Tests/SandboxTests/probe.c.txt"
        let output = Bench.folder + "/probe"
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/cc")
        compiler.arguments = ["-x", "c", "-O1", "-static", "-pthread", "-o", output, source]
        guard (try? compiler.run()) != nil else { return nil }
        compiler.waitUntilExit()
        return compiler.terminationStatus == 0 ? output : nil
    }()

    static func run(
        _ words: [String], mounts: [Mount] = [], limits: RunLimits = RunLimits(wallClockSeconds: 20, cpuSeconds: 20),
        withLandlock: Bool = true
    ) async throws -> ChildOutcome {
        let program = try #require(program, "the probe needs a C compiler at /usr/bin/cc")
        var isolation = try await Bench.engine.isolatedProcess()
        isolation = IsolatedProcess(
            bubblewrapPath: isolation.bubblewrapPath, filter: isolation.filter, libraries: SharedLibraries(files: []),
            landlockVersion: withLandlock ? Landlock.kernelVersion : 0)
        return try await isolation.run(program: program, arguments: words, mounts: mounts, input: [], limits: limits)
    }

    static func says(
        _ words: String..., limits: RunLimits = RunLimits(wallClockSeconds: 20, cpuSeconds: 20), withLandlock: Bool = true
    ) async throws -> String {
        let outcome = try await run(words, limits: limits, withLandlock: withLandlock)
        return String(decoding: outcome.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

@Suite(.serialized) struct IsolationTests {
    @Test(arguments: ["socket", "unix", "netlink"])
    func noSocketOfAnyKindCanBeMade(kind: String) async throws {
        #expect(try await Inside.says(kind) == "EPERM")
    }

    @Test(arguments: ["/etc/passwd", "/etc/hostname", "/root/.bashrc", "/proc/self/status", "/proc/1/environ", "/sys/kernel", "/dev/sda", "/dev/mem", #filePath])
    func noFileOfTheHostIsThere(path: String) async throws {
        #expect(try await Inside.says("read", path) == "ENOENT")
    }

    @Test func theRootHoldsOnlyWhatWasGiven() async throws {
        // . .. bin scratch
        #expect(try await Inside.says("list", "/", withLandlock: false) == "4")
        // . .. confine program
        #expect(try await Inside.says("list", "/bin", withLandlock: false) == "4")
        #expect(try await Inside.says("list", "/proc", withLandlock: false) == "ENOENT")
    }

    @Test(arguments: ["/new", "/bin/new", "/bin/program", "/etc/new"])
    func nothingCanBeWrittenOutsideTheScratch(path: String) async throws {
        #expect(["EROFS", "ENOENT", "EACCES", "Text file busy"].contains(try await Inside.says("write", path)))
        #expect(try await Inside.says("write", "/scratch/new") == "done")
    }

    @Test func aMountedSnapshotCannotBeWritten() async throws {
        let file = Bench.folder + "/mounted"
        try "kept".write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try await Inside.run(["write", "/data/0.duckdb"], mounts: [Mount(source: file, target: "/data/0.duckdb")])
        #expect(String(decoding: outcome.output, as: UTF8.self) == "EROFS\n")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept")
    }

    @Test func theScratchIsBounded() async throws {
        let limits = RunLimits(wallClockSeconds: 20, cpuSeconds: 20, scratchBytes: 8 << 20)
        #expect(["ENOSPC", "EFBIG"].contains(try await Inside.says("fill", "/scratch/big", limits: limits)))
    }

    @Test(arguments: ["fork", "vfork", "namespace", "mount", "ptrace", "kill", "bpf", "io_uring", "keyctl", "memfd", "chroot", "setuid", "raise_limit"])
    func aForbiddenSystemCallIsDenied(call: String) async throws {
        #expect(try await Inside.says(call) == "EPERM")
    }

    @Test func clone3IsAbsentBecauseItsFlagsCannotBeSeen() async throws {
        #expect(try await Inside.says("clone3") == "ENOSYS")
    }

    @Test func otherProcessesCannotBeSeen() async throws {
        // bubblewrap's first process is 1; the program is the only other one.
        #expect(try await Inside.says("parent") == "2 2")
    }

    @Test func onlyTheThreeStandardDescriptorsAreOpen() async throws {
        let decoy = open("/etc/passwd", O_RDONLY)
        defer { close(decoy) }
        #expect(try await Inside.says("descriptors") == "3")
    }

    @Test func theEnvironmentIsCleared() async throws {
        setenv("HEXI_TEST_SECRET", "secret", 1)
        let text = try await Inside.says("environment")
        #expect(!text.contains("secret"))
        #expect(Set(text.split(separator: "\n").compactMap { $0.split(separator: "=").first }) == ["HOME", "LC_ALL", "PWD"])
    }

    @Test func memoryIsBounded() async throws {
        let limits = RunLimits(wallClockSeconds: 20, cpuSeconds: 20, memoryBytes: 64 << 20)
        let megabytes = Int(try await Inside.says("memory", limits: limits)) ?? Int.max
        // The engine's limit and one gigabyte of reserve.
        #expect(megabytes <= 64 + 1024)
    }

    @Test func aBombOfThreadsIsBounded() async throws {
        let limits = RunLimits(wallClockSeconds: 20, cpuSeconds: 20, memoryBytes: 64 << 20)
        let threads = Int(try await Inside.says("threads", limits: limits)) ?? Int.max
        #expect(threads <= 1200)
    }

    @Test func processorTimeIsBounded() async throws {
        let start = ContinuousClock.now
        let outcome = try await Inside.run(["spin"], limits: RunLimits(wallClockSeconds: 30, cpuSeconds: 1))
        #expect(outcome.ending == .exited(128 + 9) || outcome.ending == .exited(128 + 24))
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(arguments: ["sleep", "hide", "spin"])
    func wallClockTimeIsBounded(what: String) async throws {
        let start = ContinuousClock.now
        let outcome = try await Inside.run([what], limits: RunLimits(wallClockSeconds: 0.5, cpuSeconds: 20))
        #expect(outcome.ending == .deadline)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func outputIsBoundedWhileItIsRead() async throws {
        let outcome = try await Inside.run(["shout"], limits: RunLimits(wallClockSeconds: 20, cpuSeconds: 20, maximumOutputBytes: 1 << 20))
        #expect(outcome.ending == .outputLimit)
    }

    @Test func cancellingTheTaskKillsTheProcess() async throws {
        let running = Task { try await Inside.run(["sleep"]) }
        try await Task.sleep(for: .milliseconds(200))
        let start = ContinuousClock.now
        running.cancel()
        #expect(try await running.value.ending == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func nothingIsLeftRunningAfterAKill() async throws {
        let marker = "sleep-marker-\(ProcessInfo.processInfo.processIdentifier)"
        _ = try await Inside.run(["sleep", marker], limits: RunLimits(wallClockSeconds: 0.3, cpuSeconds: 20))
        try await Task.sleep(for: .milliseconds(300))
        let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            Int32(name) != nil && (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8))?.contains(marker) == true
        }
        #expect(left.isEmpty)
    }

    @Test func manyRunsAtOnceEachGetTheirOwnAnswer() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<24 {
                group.addTask {
                    let tree = try await Bench.engine.parse("SELECT \(index) FROM visits")
                    return tree.root.serializedString().contains("\"value\":\(index)")
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
