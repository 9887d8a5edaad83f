import CommandLineInterface
import Node
import Sandbox
import Synchronization

/// TPC-H's queries for `hexi bench sandbox`.
struct SandboxQueryBench: Sendable {
    let folder: String
    let isQuick: Bool
    let tables: String?
    let engine: EngineConfiguration
    let cores: Int

    /// Beside the engine's program, where `ops/setup` puts both.
    private var usualTables: String {
        let tools = engine.duckdbPath.split(separator: "/").dropLast().joined(separator: "/")
        return "/\(tools)/data/tpch-\(isQuick ? "0.01" : "1")"
    }

    func run() async throws -> (results: [BenchResult], remarks: [String]) {
        let folderOfTables = tables.map(LocalFiles.resolved) ?? usualTables
        let source = TPCHTables(folder: folderOfTables)
        guard source.isThere else {
            guard tables == nil else { throw CommandFailure("\(folderOfTables) has no TPC-H tables; ops/setup --tpch N makes them in Tools/data/tpch-N") }
            return ([], ["TPC-H was not measured: its tables are not there. Make them with: ops/setup --tpch \(isQuick ? "0.01" : "1")"])
        }
        let progress = ProgressDisplay("TPC-H", total: 23, unit: .count("steps"))
        let step = StepCount(progress)
        let measured = try await SandboxBenchmarkTPCH.run(
            engine: SandboxEngine(configuration: configuration), tables: source, directory: folder, runs: isQuick ? 2 : 5
        ) { _ in step.next() }
        progress.finish()
        return (results(measured), remarks(measured, folderOfTables))
    }

    /// As much as a long query may want; the bare engine gets the same.
    private var configuration: EngineConfiguration {
        var configuration = engine
        configuration.limits = RunLimits(
            wallClockSeconds: 3600, cpuSeconds: 7200, memoryBytes: 6 << 30, scratchBytes: 4 << 30, threads: cores)
        return configuration
    }

    private func results(_ measured: SandboxBenchmarkTPCH) -> [BenchResult] {
        let whole = "TPC-H, \(DecimalText.grouped(Int64(measured.rows))) items, \(measured.accepted.count) of \(measured.queries.count) queries"
        let accepted = measured.accepted
        func sum(_ queries: [SandboxBenchmarkTPCH.QueryTime], _ name: String, of whole: String?, target: BenchTarget?) -> BenchResult {
            BenchResult(
                name, of: whole, .seconds(queries.compactMap(\.sandboxedSeconds).reduce(0, +)),
                yardstick: ("the bare engine", .seconds(queries.map(\.bareSeconds).reduce(0, +))), target: target)
        }
        var results = [sum(accepted, whole, of: nil, target: nil)]
        let long = accepted.filter { $0.bareSeconds >= 1 }
        if !long.isEmpty {
            results.append(sum(long, "those of a second or more (\(long.count))", of: whole, target: .ratioAtMost(1.05)))
        }
        for query in accepted {
            results.append(
                BenchResult(
                    "query \(query.number)", of: whole, .seconds(query.sandboxedSeconds ?? 0), yardstick: ("the bare engine", .seconds(query.bareSeconds))))
        }
        results.append(BenchResult("most memory of a run", of: whole, .bytes(accepted.map(\.residentBytes).max() ?? 0)))
        return results
    }

    private func remarks(_ measured: SandboxBenchmarkTPCH, _ folder: String) -> [String] {
        var remarks = [
            "TPC-H: the tables of \(folder), offered as Policies/examples/tpch.json says: what rests on fewer than ten customers or orders is left out. The yardstick is the specification's text on the same files, with the same threads and memory; starting the process is in both."
        ]
        for query in measured.queries {
            if let refusal = query.refusal { remarks.append("Query \(query.number) is refused: \(refusal)") }
        }
        let suppressed = measured.accepted.filter { $0.suppressedRows > 0 }
        if !suppressed.isEmpty {
            remarks.append(
                "Left out, as they rest on too few: " + suppressed.map { "\($0.suppressedRows) rows of query \($0.number)" }.joined(separator: ", ") + ".")
        }
        let wrong = measured.accepted.filter { !$0.isEqual }
        remarks.append(
            wrong.isEmpty
                ? "Every row shown is one of DuckDB's own answer: decimal numbers digit by digit, floating point to one part in a thousand million."
                : "NOT EQUAL to DuckDB's own answer: queries \(wrong.map { String($0.number) }.joined(separator: ", ")).")
        return remarks
    }
}

/// Counts the steps of a measurement for its progress.
private final class StepCount: Sendable {
    private let progress: ProgressDisplay
    private let count = Atomic<UInt64>(0)

    init(_ progress: ProgressDisplay) { self.progress = progress }

    func next() { progress.update(count.add(1, ordering: .relaxed).newValue) }
}
