// Family: one layer at a time. Source: defence in depth means that each layer holds its attack when all the others have failed;
// here every other layer is really off, and the same attempt succeeds as soon as this one is off too.
import CSandboxLauncher
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// Starts the probe behind one layer only.
enum Alone {
    private static let bubblewrap = "/usr/bin/bwrap"

    private static func run(
        _ path: String, _ arguments: [String], extra: [[UInt8]] = [], limits: [(resource: Int32, value: UInt64)] = [],
        environment: [String] = [], group: Int32? = nil
    ) async -> String {
        EscapeSandbox.answer(await ChildProcess.run(
            ChildCommand(
                path: path, arguments: arguments, environment: environment, extraInputs: extra, limits: limits, controlGroup: group,
                deadlineSeconds: 30, maximumOutputBytes: 1 << 20)))
    }

    /// Namespaces and an empty root, without filter, fence or limits.
    static func namespaces(_ words: [String], forbidNested: Bool = false) async throws -> String {
        await run(
            bubblewrap,
            ["--unshare-user", "--unshare-all", "--die-with-parent", "--ro-bind", try EscapeSandbox.probePath(), "/bin/program", "--size", "8388608", "--tmpfs", "/scratch"]
                + (forbidNested ? ["--disable-userns"] : []) + ["--remount-ro", "/", "--", "/bin/program"] + words)
    }

    /// The filter, with the whole machine visible.
    static func filter(_ words: [String]) async throws -> String {
        await run(
            bubblewrap, ["--dev-bind", "/", "/", "--seccomp", "3", "--", try EscapeSandbox.probePath()] + words,
            extra: [try SystemCallFilter.engine()])
    }

    /// Landlock's fence, on this machine as it is.
    static func landlock(_ words: [String], version: Int = Landlock.kernelVersion) async throws -> String {
        let scratch = Bench.folder + "/alone"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let rules = [
            Landlock.Rule(path: try EscapeSandbox.probePath(), rights: [.read, .execute]),
            Landlock.Rule(path: scratch, rights: [.read, .list, .write, .make]),
        ]
        let fence = Bench.folder + "/fence-\(version)"
        if !FileManager.default.fileExists(atPath: fence) {
            try Data(try Landlock(rules: rules, version: version).executable()).write(to: URL(filePath: fence))
            chmod(fence, 0o500)
        }
        return await run(fence, [try EscapeSandbox.probePath()] + words)
    }

    /// Limits of the process, nothing else.
    static func limits(_ words: [String], _ limits: [(resource: Int32, value: UInt64)]) async throws -> String {
        await run(try EscapeSandbox.probePath(), words, limits: limits)
    }

    static func group(_ words: [String], _ group: ControlGroup) async throws -> String {
        await run(try EscapeSandbox.probePath(), words, group: group.processes)
    }
}

/// A group that this user can make, if there is one; root can, where version 2 is mounted.
enum ControlGroupKit {
    static let folder: String? = {
        guard let own = ControlGroups.ownFolder() else { return nil }
        let path = own + "/hexi-test-\(getpid())"
        guard mkdir(path, 0o755) == 0 else { return nil }
        atexit { if let folder = ControlGroupKit.folder { rmdir(folder) } }
        return path
    }()
}

@Suite(.serialized) struct EscapeLayerTests {
    static let node = String(getpid())

    @Test(arguments: [["read", "/etc/passwd"], ["list", "/proc"], ["list", "/sys"], ["signal", node], ["create", "/new"], ["connect", "1"], ["fill", "16", "2"]])
    func namespacesAloneHoldFilesProcessesAndNetwork(words: [String]) async throws {
        let answer = try await Alone.namespaces(words)
        #expect(answer.hasPrefix("held "), "\(answer)")
    }

    @Test func withoutTheFilterNestedNamespacesAreHeldByTheirNumber() async throws {
        let newUser = ["unshare", String(0x1000_0000)]
        #expect(try await Alone.namespaces(newUser, forbidNested: true) == "held ENOSPC")
        #expect(try await Alone.namespaces(newUser) == "ESCAPED")
    }

    @Test(arguments: [["socket", "2", "1"], ["fork"], ["traceme"], ["unshare", String(0x0002_0000)], ["signal", node], ["code"], ["shared-memory"], ["limits"]])
    func theFilterAloneHoldsCalls(words: [String]) async throws {
        #expect(try await Alone.filter(words) == "held EPERM")
        // It is no fence around files.
        #expect(try await Alone.filter(["read", "/etc/passwd"]) == "ESCAPED")
    }

    @Test(.enabled(if: Landlock.kernelVersion >= 1), arguments: [
        ["read", "/etc/passwd"], ["list", "/"], ["create", "/tmp/hexi-new"], ["execute", "/bin/true"], ["remount"],
        ["link", "/etc/passwd", Bench.folder + "/alone/link"], ["pipe-file", Bench.folder + "/alone/pipe"],
    ])
    func landlockAloneHoldsFiles(words: [String]) async throws {
        let answer = try await Alone.landlock(words)
        #expect(["held EACCES", "held EPERM"].contains(answer), "\(answer)")
        #expect(try await Alone.landlock(["create", Bench.folder + "/alone/new"]) == "ESCAPED")
        #expect(try await Alone.landlock(["read", "/etc/passwd"], version: 0) == "ESCAPED")
    }

    @Test(.enabled(if: Landlock.kernelVersion >= 3)) func landlockAloneHoldsTheCuttingOfFiles() async throws {
        let file = try EscapeSandbox.mounts()[0].source
        #expect(try await Alone.landlock(["cut", file]) == "held EACCES")
        #expect(try await Alone.landlock(["cut", file], version: 2) == "ESCAPED")
    }

    @Test(.enabled(if: Landlock.kernelVersion >= 4)) func landlockAloneHoldsConnections() async throws {
        #expect(try await Alone.landlock(["connect", "9"]) == "held EACCES")
        #expect(try await Alone.landlock(["connect", "9"], version: 3) != "held EACCES")
    }

    @Test(.enabled(if: Landlock.kernelVersion >= 6)) func landlockAloneHoldsSignals() async throws {
        #expect(try await Alone.landlock(["signal", Self.node]) == "held EPERM")
        #expect(try await Alone.landlock(["signal", Self.node], version: 5) == "ESCAPED")
    }

    @Test func limitsAloneHoldMemoryFilesAndThreads() async throws {
        #expect(try await Alone.limits(["memory", "512"], [(hexi_resource_address_space, 128 << 20)]).hasPrefix("held "))
        #expect(try await Alone.limits(["threads", "500"], [(hexi_resource_address_space, 128 << 20)]).hasPrefix("held "))
        #expect(try await Alone.limits(["socket", "2", "1"], [(hexi_resource_open_files, 3)]) == "held EMFILE")
        #expect(try await Alone.limits(["core"], [(hexi_resource_core, 1)]) == "held 1")
        #expect(try await Alone.limits(["spin"], [(hexi_resource_cpu, 1)]).contains("-9"))
    }

    @Test(.enabled(if: ControlGroupKit.folder != nil, "no control group of version 2 can be made by this user"))
    func aControlGroupAloneEndsWhateverIsInIt() async throws {
        let folder = try #require(ControlGroupKit.folder)
        let groups = try #require(ControlGroups(folder: folder))
        let group = try groups.make(for: EscapeSandbox.limits)
        async let answer = Alone.group(["sleep"], group)
        var members = ""
        for _ in 0..<2000 where members.isEmpty {
            try await Task.sleep(for: .milliseconds(5))
            members = try String(contentsOfFile: group.path + "/cgroup.procs", encoding: .utf8)
        }
        #expect(!members.isEmpty)
        group.remove()
        #expect(try await answer == "exited(-9)")
        #expect(!FileManager.default.fileExists(atPath: group.path))
    }

    @Test(.enabled(if: ControlGroupKit.folder.flatMap { ControlGroups(folder: $0) }?.controllers.contains("memory") == true, "no memory controller is delegated"))
    func aControlGroupAloneHoldsMemory() async throws {
        let folder = try #require(ControlGroupKit.folder)
        let groups = try #require(ControlGroups(folder: folder))
        let group = try groups.make(for: EscapeSandbox.limits)
        defer { group.remove() }
        #expect(try await Alone.group(["memory", "2048"], group) == "exited(-9)")
    }

    @Test func aRunsControlGroupLimitsMemoryProcessesAndTime() {
        let groups = ControlGroups(folder: "/nowhere", controllers: ["memory", "pids", "cpu"])
        let settings = groups.settings(RunLimits(memoryBytes: 1 << 30, scratchBytes: 256 << 20, threads: 2))
        #expect(settings.map(\.file) == ["memory.max", "memory.oom.group", "pids.max", "cpu.max"])
        #expect(settings.map(\.value) == [String(3 << 29), "1", "512", "200000 100000"])
        #expect(throws: SandboxError.self) { try groups.make(for: RunLimits()) }
    }

    @Test func aControlGroupThatCannotBeUsedMeansThatNothingRuns() async {
        var configuration = Bench.engine.configuration
        configuration.controlGroup = "/nowhere/group"
        let engine = SandboxEngine(configuration: configuration)
        await #expect(throws: SandboxError.self) { try await engine.parse("SELECT 1") }
    }

    @Test func descriptorsAloneAreClosedByTheLauncher() async throws {
        let decoy = open("/etc/passwd", O_RDONLY)
        defer { close(decoy) }
        #expect(try await EscapeSandbox.outside(["inherited"]) == "held")
    }

    @Test(.enabled(if: getuid() == 0, "only root can make another's setuid program"))
    func noNewPrivilegesAloneHoldsSetuidPrograms() async throws {
        // A setuid program of "nobody": starting it would change the user.
        let program = Bench.folder + "/setuid"
        try? FileManager.default.removeItem(atPath: program)
        try FileManager.default.copyItem(atPath: try EscapeSandbox.probePath(), toPath: program)
        #expect(chown(program, 65534, 65534) == 0 && chmod(program, 0o4755) == 0)
        let open = await ChildProcess.run(ChildCommand(path: program, arguments: ["user"], deadlineSeconds: 30, maximumOutputBytes: 1024))
        let fence = Bench.folder + "/fence-setuid"
        try Data(try Landlock(rules: [], version: 0).executable()).write(to: URL(filePath: fence))
        chmod(fence, 0o500)
        let held = await ChildProcess.run(ChildCommand(path: fence, arguments: [program, "user"], deadlineSeconds: 30, maximumOutputBytes: 1024))
        #expect(EscapeSandbox.answer(held) == "0")
        // Where the file system allows setuid at all.
        if EscapeSandbox.answer(open) != "0" { #expect(EscapeSandbox.answer(open) == "65534") }
    }
}
