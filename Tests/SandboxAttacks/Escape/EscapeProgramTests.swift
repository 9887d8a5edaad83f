// Family: buyers' programs in Python. Source: the ways out of Python sandboxes that are told since PEP 578 and "HackTricks, Bypass
// Python sandboxes" (ctypes, os, subprocess, import of anything): here Python is not the sandbox, and may do what it likes.
import Encoding
import Foundation
import SandboxTestKit
import Signing
import Testing

@testable import Sandbox

/// Runs Python as a buyer's program.
enum ProgramAttack {
    static let runner = ProgramRunner(engine: Bench.engine, configuration: RuntimeConfiguration(maximumPrograms: 2))
    static let limits = RunLimits(wallClockSeconds: 60, cpuSeconds: 30, memoryBytes: 192 << 20, scratchBytes: 16 << 20)

    static let snapshot = Task { () async throws -> String in
        let csv = Bench.folder + "/attacked.csv"
        try ("person,town,secret\n" + (0..<50).map { "P\($0),T\($0 % 4),hidden-\($0)\n" }.joined()).write(toFile: csv, atomically: true, encoding: .utf8)
        let path = Bench.folder + "/attacked.duckdb"
        _ = try await Bench.engine.importTable(from: csv, format: .csv, to: path)
        return path
    }

    static let table = TablePolicy(
        name: "people",
        columns: [
            ColumnDefinition(name: "person", type: "VARCHAR", role: .privacyUnit), ColumnDefinition(name: "town", type: "VARCHAR", role: .dimension),
            ColumnDefinition(name: "secret", type: "VARCHAR", role: .hidden),
        ])

    static let held = MetricDeclaration(name: "held", type: .integer, bounds: 0...1)

    static func run(
        _ text: String, metrics: [MetricDeclaration] = [held], artefacts: [ArtefactDeclaration] = [], limits: RunLimits = limits
    ) async throws -> ProgramOutcome {
        let folder = Bench.folder + "/attack-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: folder + "/bundle"))
        let program = ApprovedProgram(
            bundleHash: SHA256.hash(Array(text.utf8)), runtime: .python3, entry: "main.py", metrics: metrics, artefacts: artefacts,
            significantDigits: 4)
        return try await runner.run(
            program, bundle: folder + "/bundle", tables: [table], snapshots: ["people": try await snapshot.value], limits: limits,
            artefactFolder: folder)
    }

    /// Whether the attempts (Python expressions that must raise) all raise.
    static func attempts(_ expressions: [String]) -> String {
        let list = expressions.map { "lambda: \($0)" }.joined(separator: ",\n    ")
        return """
            import json, os, sys, socket, subprocess, ctypes, threading, mmap, signal
            attempts = [
                \(list)
            ]
            held = 1
            for attempt in attempts:
                try:
                    attempt()
                    held = 0
                except BaseException:
                    pass
            json.dump({'held': held}, open('/output/metrics.json', 'w'))
            """
    }
}

@Suite(.serialized) struct EscapeProgramTests {
    /// Expressions that must raise.
    static let attempts = [
        ["socket.socket()", "socket.create_connection(('127.0.0.1', 80))", "socket.getaddrinfo('example.org', 80)", "__import__('urllib.request').request.urlopen('http://127.0.0.1/')"],
        ["os.fork()", "os.posix_spawn('/bin/program', ['python3'], {})", "subprocess.run(['/bin/sh', '-c', 'id'])", "subprocess.run(['/bin/program', '-V'])",
         "__import__('multiprocessing').Pool(2)", "os.system('id') == 0 or 1 / 0"],
        ["open('/etc/passwd')", "open('/proc/self/maps')", "open('/proc/1/root/etc/passwd')", "os.listdir('/')", "os.listdir('/data')", "os.listdir('/usr')"],
        ["open('/data/people.csv', 'w')", "open('/program/main.py', 'a')", "open('/output/more', 'w')", "os.remove('/output/metrics.json')",
         "os.symlink('/etc/passwd', '/scratch/link')", "os.link('/data/people.csv', '/scratch/link')", "os.mkfifo('/scratch/pipe')", "open('/usr/lib/python3.11/os.py', 'a')"],
        ["os.kill(1, 9)", "os.kill(-1, 9)", "os.kill(os.getppid(), 15)", "os.pidfd_open(1)", "os.setuid(0)", "os.unshare(0x10000000) if hasattr(os, 'unshare') else 1 / 0", "os.chroot('/scratch')"],
        ["mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)", "os.memfd_create('x')", "os.execv('/usr/bin/env', ['env'])", "os.nice(-5)", "os.setpriority(0, 0, -5)",
         "__import__('resource').setrlimit(__import__('resource').RLIMIT_AS, (-1, -1))"],
        ["bytearray(1 << 30)", "[threading.Thread(target=lambda: __import__('time').sleep(100), daemon=True).start() for _ in range(5000)]"],
    ]

    @Test(arguments: attempts)
    func nothingThatPythonCanDoGetsOut(expressions: [String]) async throws {
        let outcome = try await ProgramAttack.run(ProgramAttack.attempts(expressions))
        #expect(String(decoding: outcome.metrics, as: UTF8.self) == #"{"metrics":{"held":1}}"#)
    }

    /// Each is what a program writes into metrics.json, with one declared integer, one decimal and one list of three.
    static let documents = [
        "", "{", "null", "[1,2]", "{}", #"{"count":1,"share":0.5}"#, #"{"count":1,"share":0.5,"list":[1,2,3],"more":1}"#, #"{"count":1,"count":2,"share":0.5,"list":[1,2,3]}"#,
        #"{"count":"1","share":0.5,"list":[1,2,3]}"#, #"{"count":1.5,"share":0.5,"list":[1,2,3]}"#, #"{"count":-1,"share":0.5,"list":[1,2,3]}"#,
        #"{"count":1000001,"share":0.5,"list":[1,2,3]}"#, #"{"count":1,"share":NaN,"list":[1,2,3]}"#, #"{"count":1,"share":1e999,"list":[1,2,3]}"#,
        #"{"count":1,"share":1.0000001,"list":[1,2,3]}"#, #"{"count":1,"share":null,"list":[1,2,3]}"#, #"{"count":1,"share":[0.5],"list":[1,2,3]}"#,
        #"{"count":1,"share":{"a":1},"list":[1,2,3]}"#, #"{"count":1,"share":0.5,"list":[1,2]}"#, #"{"count":1,"share":0.5,"list":[1,2,3,4]}"#,
        #"{"count":1,"share":0.5,"list":[1,2,[3]]}"#, #"{"count":1,"share":0.5,"list":[1,2,true]}"#, #"{"count":1,"share":0.5,"list":[1,2,101]}"#,
        #"{"count":1,"share":0.5,"list":"123"}"#, #"{"count":1,"share":0.5,"list":[1,2,3]} trailing"#, #"{"count":99999999999999999999999,"share":0.5,"list":[1,2,3]}"#,
        "\u{FEFF}{}", String(repeating: "[", count: 100_000),
    ]

    @Test(arguments: documents)
    func metricsThatAreNotAsDeclaredDoNotLeave(document: String) async throws {
        let reader = MetricsReader(
            declarations: [
                MetricDeclaration(name: "count", type: .integer, bounds: 0...1_000_000), MetricDeclaration(name: "share", type: .decimal, bounds: 0...1),
                MetricDeclaration(name: "list", type: .integer, bounds: 0...100, size: 3),
            ], significantDigits: 4)
        #expect(throws: ProgramFailure.self) { try reader.read(Array(document.utf8)) }
        #expect(throws: Never.self) { try reader.read(Array(#"{"list":[1,2,3],"count":1,"share":0.5}"#.utf8)) }
    }

    @Test func digitsBeyondTheDeclaredOnesCarryNothing() async throws {
        let reader = MetricsReader(
            declarations: [
                MetricDeclaration(name: "a", type: .decimal, bounds: -10...10), MetricDeclaration(name: "b", type: .integer, bounds: 0...1_000_000),
                MetricDeclaration(name: "c", type: .decimal, bounds: -1...1),
            ], significantDigits: 3)
        let one = try reader.read(Array(#"{"a":3.14159265358979,"b":123456,"c":-0.0}"#.utf8))
        let two = try reader.read(Array(#" { "c": 0, "b": 123499, "a": 3.1449e0 } "#.utf8))
        #expect(String(decoding: one, as: UTF8.self) == #"{"metrics":{"a":3.14,"b":123000,"c":0}}"# || one == two)
        #expect(one == two)
    }

    @Test func whyAProgramFailedIsNotForTheBuyer() async throws {
        var descriptions: Set<String> = []
        var details: Set<String> = []
        for text in ["raise SystemExit(3)", "import os; os.abort()", "pass", "print('x' * (80 << 20))", "import sys; sys.stderr.write('bwrap: no'); sys.exit(1)",
                     "import sys; sys.stderr.write('hexi-confine: 444'); sys.exit(125)", "open('/output/metrics.json','w').write('{}')"] {
            do {
                _ = try await ProgramAttack.run(text)
                Issue.record("expected no metrics")
            } catch let failure as ProgramFailure {
                descriptions.insert(failure.description)
                guard case .notDelivered(let detail) = failure else {
                    Issue.record("\(failure)")
                    continue
                }
                details.insert(detail)
            }
        }
        #expect(descriptions.count == 1)
        #expect(details.count >= 5)
        #expect(!descriptions.contains { $0.contains("code") || $0.contains("3") })
    }

    @Test func aProgramThatTakesTooLongOrTooMuchIsEnded() async throws {
        var short = ProgramAttack.limits
        short.wallClockSeconds = 1
        await #expect(throws: ProgramFailure.self) { try await ProgramAttack.run("while True: pass", limits: short) }
        await #expect(throws: ProgramFailure.self) { try await ProgramAttack.run("x = [b'x' * 1000000 for _ in range(10000)]") }
        await #expect(throws: ProgramFailure.self) {
            try await ProgramAttack.run(
                "open('/output/weights','wb').write(b'x' * 2000)\nopen('/output/metrics.json','w').write('{\"held\":1}')",
                artefacts: [ArtefactDeclaration(name: "weights", maximumBytes: 1000)])
        }
    }

    @Test func nothingIsLeftOfARunThatFailed() async throws {
        let before = try Set(FileManager.default.contentsOfDirectory(atPath: Bench.folder)).filter { $0.hasPrefix("import-") }
        _ = try? await ProgramAttack.run("raise SystemExit(1)")
        let after = try Set(FileManager.default.contentsOfDirectory(atPath: Bench.folder)).filter { $0.hasPrefix("import-") }
        #expect(after.subtracting(before).isEmpty)
    }
}
