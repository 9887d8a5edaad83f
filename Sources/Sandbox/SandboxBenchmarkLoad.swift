import Encoding
import Glibc

/// What small runs cost: one at a time, and as many as there are cores at once.
public struct SandboxBenchmarkLoad: Sendable, Hashable {
    /// Least milliseconds of a small query on one table of 5,000 rows, in a process of its own.
    public var bareMilliseconds: Double
    public var sandboxedMilliseconds: Double
    /// Least milliseconds of checking its text: parsing, the rules, and trying it on empty tables.
    public var checkMilliseconds: Double
    /// Whole runs per second, `inFlight` at a time.
    public var bareRunsPerSecond: Double
    public var sandboxedRunsPerSecond: Double
    public var inFlight: Int
    /// Of one run with all its processes, at its peak; the program's own pages, which runs share, are counted.
    public var residentBytes: Int
    /// The same without the pages of files.
    public var privateBytes: Int

    public var addedMilliseconds: Double { sandboxedMilliseconds - bareMilliseconds }

    private static let sql = "SELECT ward, count(*), avg(cost), count(DISTINCT patient) FROM visits GROUP BY ward ORDER BY ward"

    /// - Parameters:
    ///   - directory: a folder for the small table.
    ///   - seconds: how long the load lasts, each with and without the sandbox.
    public static func run(
        engine: SandboxEngine, directory: String, runs: Int = 15, seconds: Double = 5, inFlight: Int
    ) async throws(SandboxError) -> SandboxBenchmarkLoad {
        let snapshot = try await table(engine, directory)
        let tables = [policy]
        var checks: [Double] = []
        var query = try await engine.check(sql: sql, mode: .aggregate, tables: tables)
        for _ in 0..<max(runs / 3, 1) {
            let start = ContinuousClock.now
            query = try await engine.check(sql: sql, mode: .aggregate, tables: tables)
            checks.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        let checked = query
        let bare = BareRun(engine: engine, snapshots: ["visits": snapshot])
        let run = { @Sendable () async throws(SandboxError) in _ = try await engine.run(checked, snapshots: ["visits": snapshot]) }
        let runBare = { @Sendable () async throws(SandboxError) in _ = try await bare.run(sql) }
        let memory = SandboxBenchmarkMemory()
        memory.start()
        let first = await outcome(of: run)
        let peak = memory.stop()
        try first.get()
        let times = try await leastTimes(run, runBare, runs)
        return SandboxBenchmarkLoad(
            bareMilliseconds: times.bare, sandboxedMilliseconds: times.sandboxed, checkMilliseconds: checks.min() ?? 0,
            bareRunsPerSecond: try await rate(runBare, seconds, inFlight), sandboxedRunsPerSecond: try await rate(run, seconds, inFlight),
            inFlight: inFlight, residentBytes: peak.residentBytes, privateBytes: peak.privateBytes)
    }

    private static func outcome(of work: @Sendable () async throws(SandboxError) -> Void) async -> Result<Void, SandboxError> {
        do throws(SandboxError) { return .success(try await work()) } catch { return .failure(error) }
    }

    private static func leastTimes(
        _ sandboxed: @Sendable () async throws(SandboxError) -> Void, _ bare: @Sendable () async throws(SandboxError) -> Void, _ runs: Int
    ) async throws(SandboxError) -> (bare: Double, sandboxed: Double) {
        var times: (bare: Double, sandboxed: Double) = (.infinity, .infinity)
        for _ in 0..<max(runs, 1) {
            let start = ContinuousClock.now
            try await bare()
            let middle = ContinuousClock.now
            try await sandboxed()
            times.bare = min(times.bare, (middle - start) / .milliseconds(1))
            times.sandboxed = min(times.sandboxed, (ContinuousClock.now - middle) / .milliseconds(1))
        }
        return times
    }

    /// Completed runs per second.
    private static func rate(
        _ work: @escaping @Sendable () async throws(SandboxError) -> Void, _ seconds: Double, _ inFlight: Int
    ) async throws(SandboxError) -> Double {
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let counts = await withTaskGroup(of: Result<Int, SandboxError>.self) { group in
            for _ in 0..<max(inFlight, 1) {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        if case .failure(let error) = await outcome(of: work) { return .failure(error) }
                        count += 1
                    }
                    return .success(count)
                }
            }
            var all: [Result<Int, SandboxError>] = []
            for await count in group { all.append(count) }
            return all
        }
        var sum = 0
        for count in counts { sum += try count.get() }
        return Double(sum) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private static let policy = TablePolicy(
        name: "visits",
        columns: [
            ColumnDefinition(name: "patient", type: "BIGINT", role: .privacyUnit), ColumnDefinition(name: "ward", type: "BIGINT", role: .dimension),
            ColumnDefinition(name: "cost", type: "BIGINT", role: .measure),
        ], aggregate: AggregatePolicy(minimumGroupSize: 10, maximumRows: 100))

    /// 5,000 visits of 500 patients to eight wards.
    private static func table(_ engine: SandboxEngine, _ directory: String) async throws(SandboxError) -> String {
        let text = "patient,ward,cost\n" + (0..<5000).map { "\($0 % 500),\($0 % 8),\($0 * 7919 % 1000)\n" }.joined()
        let path = directory + "/small.csv"
        guard let file = fopen(path, "we") else { throw .importFailed(message: "\(path) cannot be written", line: nil) }
        let isWritten = fputs(text, file) >= 0
        guard fclose(file) == 0, isWritten else { throw .importFailed(message: "\(path) cannot be written", line: nil) }
        let snapshot = directory + "/small.duckdb"
        _ = try await engine.importTable(from: path, format: .csv, to: snapshot)
        return snapshot
    }
}

/// The engine's program on the same snapshots, with the same threads and memory, and nothing else around it.
struct BareRun: Sendable {
    let engine: SandboxEngine
    let snapshots: [String: String]

    /// Runs a text of ours.
    ///
    /// - Returns: the rows as arrays of the engine's own texts.
    func run(_ sql: String, deadline: Double = 3600) async throws(SandboxError) -> (rows: [[JSONValue]], seconds: Double) {
        var script = EngineScript(limits: engine.configuration.limits)
        for (index, name) in snapshots.keys.sorted().enumerated() {
            script.add("ATTACH \(Self.quoted(snapshots[name] ?? "")) AS bare_\(index) (READ_ONLY)")
            script.add("CREATE VIEW \(EngineScript.identifier(name)) AS FROM bare_\(index).main.data")
        }
        script.add("CREATE TABLE bare_result AS \(sql)")
        script.add("SELECT to_json(x) FROM (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM bare_result) x")
        let outcome = await ChildProcess.run(
            ChildCommand(
                path: engine.configuration.duckdbPath, arguments: EngineScript.arguments, input: Array(script.text.utf8),
                deadlineSeconds: deadline, maximumOutputBytes: 64 << 20))
        guard case .exited(0) = outcome.ending else {
            throw .engineFailed(operatorDetail: "the bare engine failed: \(outcome.errorText.prefix(300))")
        }
        var rows: [[JSONValue]] = []
        for line in outcome.output.dropFirst(EngineScript.firstLine.count).split(separator: 0x0A) {
            guard let row = (try? JSONValue.parse(line, maximumDepth: 2))?.objectValue else { continue }
            rows.append(row.members.map(\.value))
        }
        return (rows, outcome.seconds)
    }

    private static func quoted(_ path: String) -> String { "'" + path.replacing("'", with: "''") + "'" }
}
