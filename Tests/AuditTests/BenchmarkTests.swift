import Testing

@testable import Audit

@Suite struct BenchmarkTests {
    @Test func theBenchmarkChecksLedgersThatAreSoundAndGivesRatesWithTheirYardsticks() async throws {
        let result = try await AuditBenchmark.run(entries: 40, chainEntries: 3000)
        #expect(result.fullEntries == 50)
        #expect(result.chainRate > 0)
        #expect(result.hashingRate > 0)
        #expect(result.fullRate > 0)
        #expect(result.signatureRate > 0)
        #expect(result.workers >= 1)
    }

    /// Printed, not asserted: what else runs in this process would decide the outcome.
    @Test func memoryIsMeasuredWhileTheLedgerIsChecked() async throws {
        let result = try await AuditBenchmark.run(entries: 3000, chainEntries: 1000)
        #expect(result.memoryAtMost >= result.memoryAfterTenth)
        #expect(result.memoryAfterTenth > 0)
        print(
            "full check of \(result.fullEntries) entries: \(result.memoryAfterTenth >> 10) KiB after a tenth of them, at most \(result.memoryAtMost >> 10) KiB")
    }
}
