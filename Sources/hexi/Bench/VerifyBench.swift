import Audit
import Encoding

/// `hexi bench verify`.
struct VerifyBench: Sendable {
    let folder: String
    let isQuick: Bool
    /// Runs in the ledger that is checked in full, unless it is to be quick.
    let entries: Int

    func run() async throws -> BenchReport {
        let measured = try await AuditBenchmark.run(
            entries: isQuick ? 3_000 : entries, chainEntries: isQuick ? 200_000 : 1_000_000, in: folder)
        return BenchReport("verify", results: results(measured), remarks: [
            "Both ledgers are read from the page cache. The first check runs on one core; the second verifies signatures on \(measured.workers) and replays the rules on one."
        ])
    }

    private func results(_ measured: AuditBenchmarkResult) -> [BenchResult] {
        [
            BenchResult(
                "chain, tree and checkpoint, one core", .rate(measured.chainRate),
                yardstick: ("SHA-256 of leaves and nodes alone, one core", .rate(measured.hashingRate)),
                target: .atLeast(.rate(500_000))),
            BenchResult(
                "full audit, with signatures and rules", .rate(measured.fullRate),
                yardstick: ("Ed25519 verification alone, all cores", .rate(measured.signatureRate))),
            // The two are resident memory of the whole process; a tenth more is noise of the allocator.
            BenchResult(
                "most memory during it", of: "full audit, with signatures and rules", .bytes(Int(clamping: measured.memoryAtMost)),
                yardstick: ("after a tenth of the entries", .bytes(Int(clamping: measured.memoryAfterTenth))),
                target: .ratioAtMost(1.1)),
        ]
    }
}
