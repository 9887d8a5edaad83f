import Encoding
import Glibc

/// TPC-H's queries by the bare engine and through the sandbox, one after the other in turn.
public struct SandboxBenchmarkTPCH: Sendable {
    public struct QueryTime: Sendable, Hashable {
        public var number: Int
        /// Least seconds of the query as the specification has it, and of what the sandbox makes of it; process start included.
        public var bareSeconds: Double
        public var sandboxedSeconds: Double?
        /// Why it may not run; `nil` for an accepted one.
        public var refusal: String?
        /// Rows of DuckDB's own answer that are left out, because they rest on too few units.
        public var suppressedRows = 0
        /// Whether every row that is shown is one of DuckDB's own answer (decimal numbers exactly, floating point to 10⁻⁹).
        public var isEqual = false
        /// The most memory at any time, the program's pages included.
        public var residentBytes = 0
    }

    public var queries: [QueryTime]
    /// Rows of the lineitem table.
    public var rows: Int

    public var accepted: [QueryTime] { queries.filter { $0.sandboxedSeconds != nil } }
    public var isEveryResultEqual: Bool { accepted.allSatisfy(\.isEqual) }

    /// - Parameters:
    ///   - directory: a folder for the snapshots; at scale factor 1 they take 300 MB.
    ///   - runs: of each query, both ways; the least times are reported.
    ///   - progress: is told what is being done.
    public static func run(
        engine: SandboxEngine, tables: TPCHTables, directory: String, runs: Int = 5, progress: @Sendable (String) -> Void = { _ in }
    ) async throws -> SandboxBenchmarkTPCH {
        progress("importing TPC-H's tables")
        let snapshots = try await tables.snapshots(engine, in: directory)
        let policies = try TPCHTables.policies()
        let bare = BareRun(engine: engine, snapshots: snapshots)
        let rows = try await bare.run("SELECT count(*) FROM lineitem").rows.first?.first?.stringValue.flatMap { Int($0) } ?? 0
        var times: [QueryTime] = []
        for query in try tables.queries() {
            progress("TPC-H query \(query.number) of 22")
            let checked: CheckedQuery
            do throws(SandboxError) {
                checked = try await engine.check(sql: query.sql, mode: .aggregate, tables: policies)
            } catch {
                times.append(QueryTime(number: query.number, bareSeconds: try await bare.run(query.sql).seconds, refusal: "\(error)"))
                continue
            }
            times.append(try await time(query, checked, engine, snapshots, runs: max(runs, 1)))
        }
        return SandboxBenchmarkTPCH(queries: times, rows: rows)
    }

    private static func time(
        _ query: TPCHTables.Query, _ checked: CheckedQuery, _ engine: SandboxEngine, _ snapshots: [String: String], runs: Int
    ) async throws(SandboxError) -> QueryTime {
        // Both attach what the query reads and no more.
        let used = snapshots.filter { checked.tableNames.contains($0.key) }
        let bare = BareRun(engine: engine, snapshots: used)
        var time = QueryTime(number: query.number, bareSeconds: .infinity, sandboxedSeconds: .infinity)
        // Once beforehand, so that the files are in memory.
        let expected = try await bare.run(query.sql).rows
        for round in 0..<runs {
            time.bareSeconds = min(time.bareSeconds, try await bare.run(query.sql).seconds)
            let memory = SandboxBenchmarkMemory()
            // Looking costs a little, so it is done once, and that time counts only if there is no other.
            if round == runs - 1 { memory.start() }
            let start = ContinuousClock.now
            let answer = try await shown(checked, engine, used)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            if round == runs - 1 { time.residentBytes = memory.stop().residentBytes }
            if round < runs - 1 || runs == 1 { time.sandboxedSeconds = min(time.sandboxedSeconds ?? seconds, seconds) }
            time.suppressedRows = expected.count - answer.rows.count
            time.isEqual = isContained(answer, in: expected)
        }
        return time
    }

    /// The rows; none where all of them rest on too few units.
    private static func shown(
        _ query: CheckedQuery, _ engine: SandboxEngine, _ snapshots: [String: String]
    ) async throws(SandboxError) -> (rows: [[JSONValue]], types: [String]) {
        do throws(SandboxError) {
            let result = try await engine.run(query, snapshots: snapshots)
            return (result.rows, result.columns.map(\.type))
        } catch {
            guard case .refused(let refusal) = error, refusal.code == .groupBelowMinimum else { throw error }
            return ([], [])
        }
    }

    /// Whether the shown rows are among the expected ones. A blanked value equals anything; rows are ordered by it otherwise.
    private static func isContained(_ shown: (rows: [[JSONValue]], types: [String]), in expected: [[JSONValue]]) -> Bool {
        var rest = expected
        for row in shown.rows {
            guard let place = rest.firstIndex(where: { isSame(row, $0, shown.types) }) else { return false }
            rest.remove(at: place)
        }
        return true
    }

    private static func isSame(_ row: [JSONValue], _ expected: [JSONValue], _ types: [String]) -> Bool {
        guard row.count == expected.count else { return false }
        return row.indices.allSatisfy { index in
            let cell = row[index]
            guard !cell.isNull, let wanted = expected[index].stringValue else { return cell.isNull }
            let text = cell.stringValue ?? cell.integerValue.map { String($0) } ?? cell.boolValue.map { String($0) } ?? ""
            if text == wanted { return true }
            guard types[index] == "DOUBLE", let one = cell.doubleValue, let other = Double(wanted) else { return false }
            return abs(one - other) <= 1e-9 * max(1, abs(other))
        }
    }
}
