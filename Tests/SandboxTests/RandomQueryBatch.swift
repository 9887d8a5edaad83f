import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// Many queries in few processes of the bare engine.
enum RandomQueryBatch {
    /// What the engine prints on a script, line by line, and what it complains of. Statements behind a failed one still run.
    static func lines(_ statements: [String]) throws -> (output: [Substring], errors: String) {
        let base = Bench.folder + "/\(UUID().uuidString)"
        for ending in ["in", "out", "err"] { _ = FileManager.default.createFile(atPath: "\(base).\(ending)", contents: nil) }
        defer { for ending in ["in", "out", "err"] { try? FileManager.default.removeItem(atPath: "\(base).\(ending)") } }
        try (statements.joined(separator: ";\n") + ";\n").write(toFile: "\(base).in", atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: Bench.duckdb)
        process.arguments = ["-no-init", "-batch", "-list", "-noheader", ":memory:"]
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: "\(base).in"))
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "\(base).out"))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(base).err"))
        try process.run()
        process.waitUntilExit()
        let output = try String(contentsOfFile: "\(base).out", encoding: .utf8)
        let errors = try String(contentsOfFile: "\(base).err", encoding: .utf8)
        return (output.split(separator: "\n"), errors)
    }

    /// What the checker says of each text, in the same order.
    static func checked(_ texts: [String]) throws -> [Result<CheckedQuery, QueryRefusal>] {
        let parsed = try lines(texts.map { "SELECT json_serialize_sql(\(EngineScript.literal(Array($0.utf8))))" })
        #expect(parsed.output.count == texts.count)
        let policies = SmallSpace.tables.map(\.policy)
        return zip(texts, parsed.output).map { sql, line in
            do throws(QueryRefusal) {
                let tree = try SyntaxTree(sql: sql, serialized: Array(line.utf8))
                let checker = QueryChecker(mode: .aggregate, policies: policies, parameters: [], functions: .standard)
                return .success(try checker.check(tree))
            } catch {
                return .failure(error)
            }
        }
    }
}

/// What came out of many random queries.
struct RandomQueryTally: Sendable {
    var written = 0
    var accepted = 0
    /// Accepted, but the engine would not take what was written: refused when it is tried on empty tables.
    var unbound: [String] = []
    var leaks: [String] = []
    /// Which queries of a batch the first look objects to.
    private var suspects: Set<Int> = []
    /// By feature: written, accepted.
    var features: [String: (written: Int, accepted: Int)] = [:]
    /// By rule and message, for those who extend the checker.
    var refusals: [String: (count: Int, example: String)] = [:]

    mutating func add(_ other: RandomQueryTally) {
        written += other.written
        accepted += other.accepted
        unbound += other.unbound
        leaks += other.leaks
        for (name, counts) in other.features {
            let known = features[name] ?? (0, 0)
            features[name] = (known.written + counts.written, known.accepted + counts.accepted)
        }
        for (name, entry) in other.refusals { refusals[name] = ((refusals[name]?.count ?? 0) + entry.count, entry.example) }
    }

    /// Writes, checks, runs and judges the queries of these seeds.
    static func judge(_ seeds: Range<Int>, weakened: Bool = false) throws -> RandomQueryTally {
        var tally = RandomQueryTally()
        var texts: [String] = []
        var used: [Set<String>] = []
        for seed in seeds {
            var writer = RandomQueryWriter(seed: UInt64(seed) &* 0x9E37_79B9)
            texts.append(writer.query())
            used.append(writer.features.isEmpty ? ["plain"] : writer.features)
        }
        var oracles: [RandomQueryOracle] = []
        for (index, verdict) in try RandomQueryBatch.checked(texts).enumerated() {
            tally.written += 1
            var isAccepted = false
            switch verdict {
            case .success(let query):
                isAccepted = true
                oracles.append(RandomQueryOracle(number: index, query: query, weakened: weakened))
            case .failure(let refusal):
                let name = "\(refusal.code.rawValue): \(refusal.message)"
                tally.refusals[name] = ((tally.refusals[name]?.count ?? 0) + 1, texts[index])
            }
            for feature in used[index] {
                let known = tally.features[feature] ?? (0, 0)
                tally.features[feature] = (known.written + 1, known.accepted + (isAccepted ? 1 : 0))
            }
        }
        tally.accepted = oracles.count
        try tally.run(oracles, texts)
        if !weakened, !tally.suspects.isEmpty {
            // Values that stay the same by chance are told apart by what happens without a second unit.
            let suspected = oracles.filter { tally.suspects.contains($0.number) }
            tally.leaks = []
            try tally.run(suspected, texts, withPairs: true)
        }
        return tally
    }

    private mutating func run(_ oracles: [RandomQueryOracle], _ texts: [String], withPairs: Bool = false) throws {
        let preparation = RandomQueryOracle.preparation(withPairs: withPairs)
        let judged = try RandomQueryBatch.lines(preparation + oracles.flatMap(\.statements))
        var ended: Set<Int> = []
        for line in judged.output {
            let cells = (try? JSONValue.parse(Array(line.utf8)))?.arrayValue ?? []
            guard cells.count > 2, let number = cells[1].integerValue.map({ Int($0) }), texts.indices.contains(number) else { continue }
            if cells[0] == "end" { ended.insert(number) } else if cells[0] == "leak" {
                suspects.insert(number)
                leaks.append("\(line)\n    \(texts[number])")
            }
        }
        for oracle in oracles where !ended.contains(oracle.number) {
            // Once more alone, for the engine's words.
            let again = try RandomQueryBatch.lines(preparation + oracle.statements)
            unbound.append("\(again.errors.prefix(400))\n    \(texts[oracle.number])")
        }
        if !judged.errors.isEmpty, ended.count == oracles.count { unbound.append(String(judged.errors.prefix(2000))) }
    }
}
