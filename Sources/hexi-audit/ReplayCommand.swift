import Audit
import CommandLineInterface
import Encoding
import Glibc
import Replay
import Sandbox
import struct Exchange.Identifier

/// `hexi-audit replay`.
enum ReplayCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "replay", about: "run a recorded run again, and compare its result with the ledger's",
            discussion: """
                Verifies the whole ledger; takes the run's query, parameters, policies and snapshots' digests from it; checks that \
                the files given are those snapshots, and that the query still becomes what was approved; then runs it in the \
                same sandbox as a node would, and compares the result's SHA-256 with the one on record.

                The snapshots are the providers' to give: "hexi node snapshot" writes one out. A query that adds \
                floating-point numbers may give other last digits; with the buyer's result (--result) it is compared cell by \
                cell, within one part in a thousand million. A differentially private run cannot be repeated: its noise is kept nowhere.

                Exit code 0 means that the ledger's word is borne out, 1 that it is not, 2 that it could not be tried.
                """,
            options: LedgerAudit.options + [
                .value(
                    "snapshot", "TABLE=FILE", about: "the snapshot of one of the query's tables", isRepeated: true, completion: .file),
                .value("result", "FILE", about: "the result as the buyer got it, as JSON", completion: .file),
                .value("duckdb", "FILE", about: "the engine's program; else the one of this installation", completion: .file),
                .value("seconds", "N", about: "how long the run may take", default: "300"),
                .flag("json", about: "print JSON"),
            ],
            arguments: [CommandArgument("run", about: "its identifier, …/X…"), LedgerAudit.argument],
            examples: ["hexi-audit replay 86.gs.qingyang/X… copy --snapshot flights=flights.duckdb --result result.json"],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let text = try arguments.requiredArgument("run")
        let finder: RunFinder
        do { finder = RunFinder(of: try Identifier(text, kind: .run)) } catch {
            throw UsageError.badValue(
                of: "<run>", value: TextWidth.printable(text), reason: TextWidth.printable("\(error)") + IdentifierHint.question(about: text))
        }
        let snapshots = try snapshots(arguments)
        let report = try await LedgerAudit.run(finder, arguments, console, wantsJSON: arguments.flag("json"))
        let verdict = report.isSound
            ? try await replay(finder, snapshots, arguments, console)
            : ReplayVerdict.impossible(reason: "the ledger is not sound, so its word on the run is worth nothing: see hexi-audit verify")
        show(verdict, finder, arguments, console)
        switch verdict {
        case .same, .nearlySame: return .success
        case .different, .notRepeated: return .negative
        case .resultNeeded, .impossible: return .failure
        }
    }

    private static func snapshots(_ arguments: ParsedArguments) throws -> [String: String] {
        var paths: [String: String] = [:]
        for text in arguments.values("snapshot") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, paths[parts[0]] == nil else {
                throw UsageError.badValue(of: "--snapshot", value: TextWidth.printable(text), reason: "write it as TABLE=FILE, once for each table")
            }
            paths[parts[0]] = parts[1]
        }
        return paths
    }

    private static func replay(
        _ finder: RunFinder, _ snapshots: [String: String], _ arguments: ParsedArguments, _ console: Console
    ) async throws -> ReplayVerdict {
        switch finder.finding {
        case .missing: throw CommandFailure("the ledger has no run \(finder.identifier)", exitCode: .negative)
        case .refused(let seq, let reason):
            return .impossible(reason: "the run was refused (entry \(seq): \(TextWidth.printable(reason))), so there is no result")
        case .unreadable(let seq, let reason): return .impossible(reason: "entry \(seq) \(TextWidth.printable(reason))")
        case .completed(let run):
            let result = try arguments.value("result").map { try read($0) }
            let folder = try temporaryFolder()
            defer { rmdir(folder) }
            console.note("Running \(run.query) again.")
            return await RunReplayer(engine: try engine(arguments, folder)).replay(run, snapshots: snapshots, result: result)
        }
    }

    private static func engine(_ arguments: ParsedArguments, _ folder: String) throws -> SandboxEngine {
        var limits = RunLimits()
        limits.wallClockSeconds = Double(try arguments.integer("seconds", in: 1...86_400) ?? 300)
        return SandboxEngine(
            configuration: EngineConfiguration(
                duckdbPath: ProgramFinder.duckdb(named: arguments.value("duckdb")), bubblewrapPath: ProgramFinder.bubblewrap(),
                scratchDirectory: folder, limits: limits))
    }

    private static func temporaryFolder() throws -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/hexi-audit-replay-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure("no folder can be made in \(base): \(String(cString: strerror(errno)))", exitCode: .failure)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let largestResult = 256 << 20

    private static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))", exitCode: .failure) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 && errno == EINTR { continue }
            guard count > 0, bytes.count + count <= largestResult else {
                throw CommandFailure("\(path) cannot be read, or has more than \(largestResult) bytes", exitCode: .failure)
            }
            bytes += buffer[..<count]
        }
    }

    // MARK: Output

    private static func show(_ verdict: ReplayVerdict, _ finder: RunFinder, _ arguments: ParsedArguments, _ console: Console) {
        var document: JSONValue = [
            "run": .string(finder.identifier.text), "verdict": .string(verdict.name), "confirmed": .bool(verdict.isConfirmed),
            "detail": .string(verdict.detail),
        ]
        guard case .completed(let run) = finder.finding else { return print(document, verdict, [], arguments, console) }
        let tables = run.tables.map { ($0.name, "\($0.product), version \($0.version), snapshot \($0.snapshot)") }
        document = [
            "run": .string(finder.identifier.text), "entry": .integer(Int64(clamping: run.seq)), "query": .string(run.query.text),
            "mode": .string(run.submission.mode.rawValue), "policy": .string(run.policy), "engine": .string(run.engine),
            "result": .string(run.result), "rows": .integer(run.rowCount), "exact": .bool(run.isExact), "privacy": run.privacy ?? .null,
            "verdict": .string(verdict.name), "confirmed": .bool(verdict.isConfirmed), "detail": .string(verdict.detail),
        ]
        let lines = [
            ("entry", "\(run.seq)"), ("query", run.query.text), ("mode", run.submission.mode.rawValue), ("policy", run.policy),
            ("engine", run.engine), ("result", run.result),
        ] + (run.privacy.map { [("spent", $0.serializedString())] } ?? []) + tables
        print(document, verdict, lines, arguments, console)
    }

    private static func print(
        _ document: JSONValue, _ verdict: ReplayVerdict, _ lines: [(String, String)], _ arguments: ParsedArguments, _ console: Console
    ) {
        guard !arguments.flag("json") else { return console.print(json: document) }
        let width = lines.map(\.0.count).max() ?? 0
        for (name, value) in lines {
            console.print("\(name)\(String(repeating: " ", count: width - name.count))  \(TextWidth.printable(value))")
        }
        console.print("\(verdict.isConfirmed ? "CONFIRMED" : verdict.name.uppercased()): \(TextWidth.printable(verdict.detail))")
    }
}
