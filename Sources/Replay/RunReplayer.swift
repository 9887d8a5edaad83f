import Encoding
import Glibc
import Sandbox
import Signing

/// Runs a recorded run again, in the sandbox, on the snapshots that its providers hand over.
public struct RunReplayer: Sendable {
    public let engine: SandboxEngine

    public init(engine: SandboxEngine) { self.engine = engine }

    /// - Parameters:
    ///   - snapshots: for each table of the query, the path of its snapshot file.
    ///   - result: the result document that the buyer was given; needed only where a run is not exact.
    public func replay(_ run: RecordedRun, snapshots: [String: String], result: [UInt8]? = nil) async -> ReplayVerdict {
        if let obstacle = Self.obstacle(run) { return .impossible(reason: obstacle) }
        if let missing = missing(run, snapshots) { return .impossible(reason: missing) }
        guard run.engine == engine.engineName else {
            return .impossible(reason: "the run was made with \(run.engine), and this program has \(engine.engineName)")
        }
        // A file that a command printed ends in a line break, which is none of the document's bytes.
        let result = result.map { $0.last == 0x0A ? Array($0.dropLast()) : $0 }
        if let result, SHA256.hash(result).description != run.result {
            return .impossible(reason: "the result given is not the one on the ledger: its SHA-256 is \(SHA256.hash(result))")
        }
        let query: CheckedQuery
        do throws(SandboxError) {
            guard let mode = Sandbox.QueryMode(rawValue: run.submission.mode.rawValue) else {
                return .impossible(reason: "runs of the mode \(run.submission.mode.rawValue) cannot be run again")
            }
            query = try await engine.check(
                sql: run.submission.sql, mode: mode, tables: ReplayPolicies.policies(run), parameters: ReplayPolicies.parameters(run))
        } catch { return .notRepeated(reason: "the query is not accepted: \(error)") }
        guard query.policyHash.description == run.policy else {
            return .notRepeated(
                reason: "the query becomes \(query.policyHash) under the listed policies, and \(run.policy) was approved and run")
        }
        return await compare(run, query, snapshots, result)
    }

    /// Why runs of a mode cannot be repeated at all; `nil` where they can.
    public static func obstacle(_ run: RecordedRun) -> String? {
        switch run.submission.mode {
        case .private:
            return "a differentially private answer holds fresh noise, which nobody keeps, so it cannot be run again; what it spent is on the ledger"
        case .match: return "the subject of a match is known inside the node only, so the run cannot be made again from outside"
        case .metrics:
            return "a program's run depends on the program's bundle and on the machine; its bundle and its metrics are on the ledger by their hashes"
        case .aggregate, .rows: break
        }
        guard run.tables.allSatisfy({ $0.data.aggregate?.perturbation == nil }) else {
            return "the counts were changed by cell keys that only the node knows, so the run cannot be made again from outside"
        }
        return nil
    }

    private func missing(_ run: RecordedRun, _ snapshots: [String: String]) -> String? {
        for name in snapshots.keys.sorted() where !run.tables.contains(where: { $0.name == name }) {
            return "the query has no table \"\(name)\"; its tables are \(run.tables.map(\.name).joined(separator: ", "))"
        }
        for table in run.tables {
            guard let path = snapshots[table.name] else {
                return "no snapshot was given for the table \(table.name): ask \(table.provider) for the file with the SHA-256 \(table.snapshot)"
            }
            guard table.data.snapshot == table.snapshot else {
                return "the run used the snapshot \(table.snapshot) of \(table.name), and the product's version lists \(table.data.snapshot)"
            }
            guard let digest = Self.hash(path) else { return "\(path) cannot be read" }
            guard digest.description == table.snapshot else {
                return "\(path) is not the snapshot of \(table.name): its SHA-256 is \(digest), and \(table.snapshot) is on the ledger"
            }
        }
        return nil
    }

    private func compare(
        _ run: RecordedRun, _ query: CheckedQuery, _ snapshots: [String: String], _ result: [UInt8]?
    ) async -> ReplayVerdict {
        var values: [String: JSONValue] = [:]
        for member in run.parameters.members { values[member.name] = member.value }
        let restrictions = Dictionary(run.tables.map { ($0.name, $0.restrictions) }, uniquingKeysWith: { first, _ in first })
        let repeated: RunResult
        do throws(SandboxError) {
            repeated = try await engine.run(query, values: values, snapshots: snapshots, restrictions: restrictions)
        } catch .refused(let refusal) {
            return .different(reason: "the run is refused now: \(refusal)")
        } catch { return .impossible(reason: "the run could not be made: \(error)") }
        if repeated.resultHash.description == run.result { return .same }
        guard let result else {
            return run.isExact
                ? .different(reason: "the result has the SHA-256 \(repeated.resultHash), and \(run.result) is on the ledger") : .resultNeeded
        }
        guard let recorded = try? JSONValue.parse(result), let fresh = try? JSONValue.parse(repeated.resultBytes) else {
            return .impossible(reason: "the result given is no JSON document")
        }
        let verdict = ResultComparison.verdict(recorded, fresh)
        if run.isExact, verdict.isConfirmed {
            return .different(reason: "the cells are nearly the same, but the ledger calls this run exact, and the bytes differ")
        }
        return verdict
    }

    /// SHA-256 of a file's bytes; `nil` where it cannot be read.
    static func hash(_ path: String) -> SHA256Digest? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var hasher = SHA256.Incremental()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count == 0 { return hasher.finish() }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            hasher.update(Array(buffer[..<count]))
        }
    }
}
