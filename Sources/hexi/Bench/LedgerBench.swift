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
        var results = [
            BenchResult(
                "raw append, 64 at a time", .rate(measured.batched.perSecond),
                yardstick: limit, target: .atLeast(.rate(500_000)))
        ]
        results += details("  of these", measured.batched)
        results.append(
            BenchResult(
                "raw append, \(benchmark.writers) waiting writers", .rate(measured.waiting.perSecond),
                yardstick: limit))
        results += details("  of these", measured.waiting, hasTarget: false)
        results.append(
            BenchResult(
                "signed statements, verified and appended", .rate(measured.statements.perSecond), yardstick: verification,
                target: .ratioAtLeast(0.8)))
        results += details("  of these", measured.statements, hasTarget: false)
        results += [
            BenchResult("opening \(benchmark.entries) entries, no snapshot", .seconds(measured.openingSeconds)),
            BenchResult(
                "opening \(benchmark.entries) entries from a snapshot", .seconds(measured.openingFromSnapshotSeconds),
                target: .atMost(.seconds(2))),
        ]
        return results
    }

    private func details(_ name: String, _ rate: LedgerBenchmark.Rate, hasTarget: Bool = true) -> [BenchResult] {
        [
            BenchResult("\(name): median time", .milliseconds(rate.median)),
            BenchResult(
                "\(name): 99th percentile", .milliseconds(rate.percentile99),
                target: hasTarget ? .atMost(.milliseconds(20)) : nil),
            BenchResult(
                "\(name): peak memory", .bytes(rate.peakMemory), target: hasTarget ? .atMost(.bytes(100 << 20)) : nil),
        ]
    }

    private func remarks(_ measured: LedgerBenchmark.Report, _ benchmark: LedgerBenchmark) -> [String] {
        [
            "Entries are \(benchmark.entryLength) bytes long. Every append is durable (fdatasync) when its time ends, and checkpoints are signed meanwhile.",
            "Two yardsticks bound the raw append, and the lower one stands beside it: hashing alone \(Quantity.rate(measured.hashingPerSecond).text), writing alone \(Quantity.rate(measured.diskPerSecond).text).",
            "Opening counts the ledger alone; a node that opens without a state snapshot also replays the rules.",
        ]
    }
}
