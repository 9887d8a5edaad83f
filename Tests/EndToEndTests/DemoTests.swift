import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// `hexi demo`, as `ops/quickstart` calls it.
    @Suite struct DemoTests {
        @Test("The demonstration tells all eight parts, twice in a row, and leaves no process and no folder behind")
        func twice() async throws {
            try await Workspace.with { workspace in
                let stage = try Stage(workspace)
                for _ in 1...2 {
                    let child = try stage.start()
                    let status = try await child.wait(seconds: 300)
                    let story = try workspace.read("demo.out")
                    let errors = try workspace.read("demo.err")
                    #expect(status == 0, "\(story.suffix(3000))\(errors)")
                    for number in 1...8 { #expect(story.contains("\n\(number). "), "there is no part \(number)") }
                    for phrase in [
                        "not-aggregated", "group-below-minimum", "function-not-allowed", "contract-not-in-force", "SOUND:",
                        "TAMPERED OR INCONSISTENT", "45.00 CNY",
                    ] { #expect(story.contains(phrase), "the story lacks \(phrase)") }
                    try await stage.expectNothingLeft()
                }
            }
        }

        @Test("Ctrl-C at a terminal ends it in the middle, and nothing is left", arguments: [1, 3, 5])
        func interrupted(part: Int) async throws {
            try await Workspace.with { workspace in
                let stage = try Stage(workspace)
                let child = try stage.start()
                try await stage.wait(forPart: part, of: child)
                child.signalGroup(SIGINT)
                #expect(try await child.wait(seconds: 30) == 130)
                try await stage.expectNothingLeft()
            }
        }

        @Test("SIGTERM to the demonstration alone ends it and its node")
        func terminated() async throws {
            try await Workspace.with { workspace in
                let stage = try Stage(workspace)
                let child = try stage.start()
                try await stage.wait(forPart: 2, of: child)
                child.signal(SIGTERM)
                #expect(try await child.wait(seconds: 30) == 143)
                try await stage.expectNothingLeft()
            }
        }
    }
}

/// Where a demonstration is played, so that what it leaves behind can be seen.
private struct Stage {
    let workspace: Workspace
    /// In the environment of the demonstration, and so of every process that comes from it.
    let mark = "HEXI_TEST_MARK=\(UUID().uuidString)"

    init(_ workspace: Workspace) throws {
        self.workspace = workspace
        try FileManager.default.createDirectory(atPath: workspace.path("tmp"), withIntermediateDirectories: true)
    }

    func start() throws -> ChildProcess {
        let parts = mark.split(separator: "=")
        return try workspace.start(
            BuiltPrograms.hexi, ["demo", "--data", BuiltPrograms.data],
            environment: ["TMPDIR": workspace.path("tmp"), String(parts[0]): String(parts[1])], streams: "demo")
    }

    func wait(forPart part: Int, of child: ChildProcess) async throws {
        for _ in 0..<3000 where child.poll() == nil {
            if try workspace.read("demo.out").contains("\n\(part). ") { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ChildProcess.Failure(description: "the story did not come to part \(part):\n\(try workspace.read("demo.out"))")
    }

    func expectNothingLeft() async throws {
        // A process that has just been ended may take a moment to be gone.
        for _ in 0..<200 where !markedProcesses().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(markedProcesses().isEmpty)
        let files = try FileManager.default.contentsOfDirectory(atPath: workspace.path("tmp"))
        #expect(files.isEmpty, "\(files)")
    }

    /// The command lines of running processes that carry the mark (proc(5)).
    private func markedProcesses() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.compactMap { name in
            guard let variables = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
                variables.range(of: Data(mark.utf8)) != nil
            else { return nil }
            return String(decoding: FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data(), as: UTF8.self)
                .replacingOccurrences(of: "\0", with: " ")
        }
    }
}
