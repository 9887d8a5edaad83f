import Node
import Sandbox

/// `hexi bench sandbox`.
struct SandboxBench: Sendable {
    let folder: String
    let isQuick: Bool

    func run() async throws -> BenchReport {
        let engine = SandboxEngine(configuration: SandboxSetup.configuration(scratchDirectory: folder))
        let measured = try await SandboxBenchmark.run(
            engine: engine, smallRuns: isQuick ? 5 : 25, longRuns: isQuick ? 1 : 5)
        return BenchReport("sandbox", results: results(measured), remarks: [
            "Both run the same script in the same program, \(engine.engineName), with the same limits set in it; the least times of several runs are shown, which other load disturbs least."
        ])
    }

    private func results(_ measured: SandboxBenchmark) -> [BenchResult] {
        [
            BenchResult(
                "a small query, sandboxed", .milliseconds(measured.sandboxedSmallMilliseconds),
                yardstick: ("the bare engine, started anew", .milliseconds(measured.bareSmallMilliseconds))),
            BenchResult(
                "added by the sandbox", of: "a small query, sandboxed", .milliseconds(measured.addedMilliseconds), target: .atMost(.milliseconds(30))),
            BenchResult(
                "a query of a second or more, sandboxed", .milliseconds(measured.sandboxedLongMilliseconds),
                yardstick: ("the bare engine", .milliseconds(measured.bareLongMilliseconds)), target: .ratioAtMost(1.05)),
        ]
    }
}
