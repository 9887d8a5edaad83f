import CommandLineInterface
import Node
import Sandbox

/// `hexi bench sandbox`.
struct SandboxBench: Sendable {
    let folder: String
    let isQuick: Bool
    /// The folder with TPC-H's tables; `nil` for the one that `ops/setup` makes.
    let tables: String?

    func run() async throws -> BenchReport {
        let cores = Machine.current().cores
        let configuration = SandboxSetup.configuration(scratchDirectory: folder)
        let engine = SandboxEngine(configuration: configuration)
        let isolation = try await SandboxBenchmark.run(
            engine: engine, smallRuns: isQuick ? 5 : 25, longRuns: isQuick ? 1 : 5)
        let load = try await SandboxBenchmarkLoad.run(
            engine: engine, directory: folder, runs: isQuick ? 5 : 25, seconds: isQuick ? 1 : 5, inFlight: cores)
        var results = Self.results(isolation) + Self.results(load)
        var remarks = [
            "Both run the same script in the same program, \(engine.engineName), with the same limits set in it; the least times of several runs are shown, which other load disturbs least.",
            "A small checked query is a run as a node does it, on one table of 5,000 rows; its yardstick is the analyst's own text on the same file in a new process of the engine.",
        ]
        let queries = try await SandboxQueryBench(folder: folder, isQuick: isQuick, tables: tables, engine: configuration, cores: cores).run()
        results += queries.results
        remarks += queries.remarks
        return BenchReport("sandbox", results: results, remarks: remarks)
    }

    private static func results(_ measured: SandboxBenchmark) -> [BenchResult] {
        [
            BenchResult(
                "an empty query, sandboxed", .milliseconds(measured.sandboxedSmallMilliseconds),
                yardstick: ("the bare engine, started anew", .milliseconds(measured.bareSmallMilliseconds))),
            BenchResult(
                "added by the isolation", of: "an empty query, sandboxed", .milliseconds(measured.addedMilliseconds), target: .atMost(.milliseconds(30))),
            BenchResult(
                "arithmetic of a second or more, sandboxed", .milliseconds(measured.sandboxedLongMilliseconds),
                yardstick: ("the bare engine", .milliseconds(measured.bareLongMilliseconds)), target: .ratioAtMost(1.05)),
        ]
    }

    private static func results(_ measured: SandboxBenchmarkLoad) -> [BenchResult] {
        let small = "a small checked query"
        return [
            BenchResult(
                small, .milliseconds(measured.sandboxedMilliseconds),
                yardstick: ("the bare engine, started anew", .milliseconds(measured.bareMilliseconds))),
            BenchResult("added by the sandbox", of: small, .milliseconds(measured.addedMilliseconds), target: .atMost(.milliseconds(30))),
            BenchResult("checking its text, once, before it is approved", of: small, .milliseconds(measured.checkMilliseconds)),
            BenchResult(
                "sustained, \(measured.inFlight) at a time", of: small, .rate(measured.sandboxedRunsPerSecond),
                yardstick: ("the bare engine, as many at a time", .rate(measured.bareRunsPerSecond))),
            BenchResult("peak memory of a run, shared program pages included", of: small, .bytes(measured.residentBytes)),
            BenchResult("peak memory of its own", of: small, .bytes(measured.privateBytes)),
        ]
    }
}
