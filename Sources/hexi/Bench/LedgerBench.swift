import CommandLineInterface
import Storage

/// `hexi bench ledger`.
struct LedgerBench: Sendable {
    let folder: String
    let isQuick: Bool

    func run() async throws -> BenchReport {
        var benchmark = LedgerBenchmark(directory: folder)
        if isQuick {
            benchmark.entries = 200_000
            benchmark.statements = 10_000
        }
        let measured = try await benchmark.run()
        return BenchReport("ledger", results: results(measured, benchmark), remarks: remarks(measured, benchmark))
    }

    private func results(_ measured: LedgerBenchmark.Report, _ benchmark: LedgerBenchmark) -> [BenchResult] {
        let hashing = ("SHA-256 of leaves and nodes alone, one core", Quantity.rate(measured.hashingPerSecond))
        let disk = ("the same bytes by pwrite and fdatasync alone", Quantity.rate(measured.diskPerSecond))
        let limit = measured.hashingPerSecond < measured.diskPerSecond ? hashing : disk
        let verification = ("Ed25519 verification alone, all cores", Quantity.rate(measured.verificationPerSecond))
        let opened = "opening a ledger of \(DecimalText.grouped(benchmark.entries)) entries"
        return measurement(
            "raw append, 64 at a time", measured.batched, yardstick: limit, target: .atLeast(.rate(500_000)), hasLimits: true)
            + measurement("raw append, \(benchmark.writers) waiting writers", measured.waiting, yardstick: limit)
            + measurement(
                "signed statements, verified and appended", measured.statements, yardstick: verification,
                target: .ratioAtLeast(0.8))
            + [
                BenchResult(opened, .seconds(measured.openingSeconds)),
                BenchResult(
                    "with a state snapshot", of: opened, .seconds(measured.openingFromSnapshotSeconds),
                    target: benchmark.entries >= 1_000_000 ? .atMost(.seconds(2)) : nil),
            ]
    }

    /// A rate, and the times and the memory that belong to it.
    ///
    /// - Parameter hasLimits: whether the design's limits of time and memory are meant for it.
    private func measurement(
        _ name: String, _ rate: LedgerBenchmark.Rate, yardstick: (String, Quantity), target: BenchTarget? = nil,
        hasLimits: Bool = false
    ) -> [BenchResult] {
        [
            BenchResult(name, .rate(rate.perSecond), yardstick: yardstick, target: target),
            BenchResult("median time", of: name, .milliseconds(rate.median)),
            BenchResult(
                "99th percentile", of: name, .milliseconds(rate.percentile99),
                target: hasLimits ? .atMost(.milliseconds(20)) : nil),
            BenchResult(
                "peak memory", of: name, .bytes(rate.peakMemory), target: hasLimits ? .atMost(.bytes(100 << 20)) : nil),
            BenchResult("until the last tiles are written", of: name, .seconds(rate.tilingSeconds)),
        ]
    }

    private func remarks(_ measured: LedgerBenchmark.Report, _ benchmark: LedgerBenchmark) -> [String] {
        [
            "Entries are \(benchmark.entryLength) bytes long. Every append is durable (fdatasync) when its time ends, and checkpoints are signed meanwhile.",
            "Two yardsticks bound the raw append, and the lower one stands beside it: hashing alone \(Quantity.rate(measured.hashingPerSecond).text), writing alone \(Quantity.rate(measured.diskPerSecond).text).",
            "Tiles are written behind the entries, by a thread that stands back while entries keep coming: when the last of the 64-at-a-time entries was durable, those of \(DecimalText.grouped(Int64(clamping: measured.batched.untiledEntries))) entries were still to be written. Until then they are computed for whoever asks.",
            "Opening counts the ledger alone. A journal of up to 512 MiB is read and hashed whole either way; what the snapshot then spares a node is making its state anew.",
        ]
    }
}
