import CommandLineInterface
import Node

/// `hexi bench http`.
struct HTTPBench: Sendable {
    let folder: String
    let isQuick: Bool

    func run() async throws -> BenchReport {
        var benchmark = NodeBenchmark(directory: folder)
        benchmark.seconds = isQuick ? 1 : 5
        let measured = try await benchmark.signedWrites()
        let failures = [measured.writes, measured.halfLoad, measured.reads, measured.staticReads, measured.tileReads, measured.staticTileReads].map(\.failures).reduce(0, +)
        guard failures == 0 else {
            throw CommandFailure("\(failures) requests were refused or lost on the way, so there is nothing to measure by")
        }
        return BenchReport("http", results: results(measured), remarks: [
            "\(benchmark.connections) kept connections over the loopback address; node, ledger and load generator share the cores. Each write bears a signature on the request and one on the statement, made before the clock starts; it is answered once it is durable."
        ])
    }

    private func results(_ measured: NodeBenchmark.Report) -> [BenchResult] {
        let write = "signed write, end to end"
        return [
            BenchResult(
                write, .rate(measured.writes.perSecond),
                yardstick: ("Ed25519 verification alone, two a write, all cores", .rate(measured.verificationBound)),
                target: .atLeast(.rate(8_000))),
            BenchResult(
                "processor time of each, load generator included", of: write, .milliseconds(measured.writes.processorTime),
                yardstick: ("two Ed25519 verifications alone", .milliseconds(measured.verificationTime))),
            BenchResult("99th percentile", of: write, .milliseconds(measured.writes.percentile99)),
            BenchResult("at half that load: median time", of: write, .milliseconds(measured.halfLoad.median)),
            BenchResult(
                "at half that load: 99th percentile", of: write, .milliseconds(measured.halfLoad.percentile99),
                target: .atMost(.milliseconds(20))),
            BenchResult(
                "checkpoint read", .rate(measured.reads.perSecond),
                yardstick: ("libmicrohttpd with one fixed answer", .rate(measured.staticReads.perSecond)),
                target: .atLeast(.rate(40_000))),
            BenchResult("99th percentile", of: "checkpoint read", .milliseconds(measured.reads.percentile99)),
            BenchResult(
                "tile read", .rate(measured.tileReads.perSecond),
                yardstick: ("libmicrohttpd with one fixed answer of that length", .rate(measured.staticTileReads.perSecond)),
                target: .atLeast(.rate(40_000))),
            BenchResult("99th percentile", of: "tile read", .milliseconds(measured.tileReads.percentile99)),
        ]
    }
}
