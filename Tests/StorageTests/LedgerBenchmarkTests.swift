import Foundation
import Testing

@testable import Storage

@Suite struct LedgerBenchmarkTests {
    @Test func aSmallRunMeasuresEverythingAndLeavesNothingBehind() async throws {
        let folder = try LedgerFolder()
        var benchmark = LedgerBenchmark(directory: folder.path)
        (benchmark.entries, benchmark.writers, benchmark.statements) = (4000, 50, 512)
        let report = try await benchmark.run()
        for rate in [report.hashingPerSecond, report.diskPerSecond, report.verificationPerSecond, report.waiting.perSecond,
            report.batched.perSecond, report.statements.perSecond] { #expect(rate > 0) }
        #expect(report.waiting.median > 0 && report.waiting.percentile99 >= report.waiting.median)
        #expect(report.batched.peakMemory > 1 << 20)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
