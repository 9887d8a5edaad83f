import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// One attempt to get out of the sandbox: the words that the probe is started with.
struct Escape: Sendable, CustomTestStringConvertible {
    var name: String
    var words: [String]

    init(_ name: String, _ words: String...) {
        self.name = name
        self.words = words
    }

    init(_ name: String, words: [String]) {
        self.name = name
        self.words = words
    }

    var testDescription: String { name }
}

/// The very sandboxes of runs, with a small C program in the engine's and the buyer's place.
enum EscapeSandbox: String, CaseIterable, Sendable {
    case engine, program

    static let probe: String? = {
        let output = Bench.folder + "/escape"
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/cc")
        compiler.arguments = ["-x", "c", "-O1", "-static", "-pthread", "-o", output, Bench.root + "/Tests/SandboxAttacks/Escape/escape.c.txt"]
        guard (try? compiler.run()) != nil else { return nil }
        compiler.waitUntilExit()
        return compiler.terminationStatus == 0 ? output : nil
    }()

    static func probePath() throws -> String { try #require(probe, "the attacks need a C compiler at /usr/bin/cc") }

    static let limits = RunLimits(wallClockSeconds: 60, cpuSeconds: 60, memoryBytes: 64 << 20, scratchBytes: 8 << 20)

    /// As runs have it, but for the libraries, which the probe does not need.
    func isolation() async throws -> IsolatedProcess {
        let engine = try await Bench.engine.isolatedProcess()
        switch self {
        case .engine:
            return IsolatedProcess(bubblewrapPath: engine.bubblewrapPath, filter: engine.filter, libraries: SharedLibraries(files: []))
        case .program:
            // The wider of the two filters for programs.
            return try await ProgramRuntime.find(.executable, RuntimeConfiguration(), beside: engine).isolation
        }
    }

    /// A table and a place for metrics, as runs have them.
    static func mounts() throws -> [Mount] {
        let table = Bench.folder + "/escape-table"
        let output = Bench.folder + "/escape-output"
        for path in [table, output] where !FileManager.default.fileExists(atPath: path) {
            try "kept".write(toFile: path, atomically: false, encoding: .utf8)
        }
        return [Mount(source: table, target: "/data/table"), Mount(source: output, target: "/output/metrics.json", isWritable: true)]
    }

    func run(_ words: [String], input: String = "", limits: RunLimits = limits) async throws -> ChildOutcome {
        try await isolation().run(
            program: try Self.probePath(), arguments: words, mounts: try Self.mounts(), input: Array(input.utf8), limits: limits)
    }

    /// What the probe says first, or how it was ended.
    func answer(_ words: [String], limits: RunLimits = limits) async throws -> String {
        Self.answer(try await run(words, limits: limits))
    }

    static func answer(_ outcome: ChildOutcome) -> String {
        let line = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").first.map(String.init)
        return line ?? "\(outcome.ending)"
    }

    /// The probe on this machine with no sandbox around it, to show that an attempt is one.
    static func outside(_ words: [String], limits: [(resource: Int32, value: UInt64)] = []) async throws -> String {
        answer(await ChildProcess.run(
            ChildCommand(path: try probePath(), arguments: words, limits: limits, deadlineSeconds: 60, maximumOutputBytes: 1 << 20)))
    }
}

/// Many attempts by one process in each kind of sandbox; each then has its own test case.
final class EscapeBatch: Sendable {
    private let tasks: [EscapeSandbox: Task<[String], any Error>]
    private let escapes: [Escape]

    init(_ escapes: [Escape]) {
        self.escapes = escapes
        let input = escapes.map { $0.words.joined(separator: " ") + "\n" }.joined()
        var tasks: [EscapeSandbox: Task<[String], any Error>] = [:]
        for sandbox in EscapeSandbox.allCases {
            tasks[sandbox] = Task {
                let outcome = try await sandbox.run(["batch"], input: input)
                return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
        self.tasks = tasks
    }

    /// What came of one attempt.
    func answer(_ escape: Escape, in sandbox: EscapeSandbox) async throws -> String {
        let index = try #require(escapes.firstIndex { $0.words == escape.words })
        let answers = try #require(try await tasks[sandbox]?.value)
        // One line for each attempt; fewer would mean that the process died on the way, and later ones prove nothing.
        #expect(answers.count == escapes.count)
        return try #require(answers.count > index ? answers[index] : nil)
    }
}
