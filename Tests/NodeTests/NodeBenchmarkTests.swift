import Foundation
import Testing

@testable import Node

@Suite struct NodeBenchmarkTests {
    @Test func everyWriteOfTheBenchmarkIsASuccessAndNothingIsLeft() async throws {
        let directory = NSTemporaryDirectory() + "hexi-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var benchmark = NodeBenchmark(directory: directory)
        benchmark.connections = 16
        benchmark.seconds = 0.3
        let report = try await benchmark.signedWrites()
        for load in [report.writes, report.halfLoad, report.reads, report.staticReads, report.tileReads, report.staticTileReads] {
            #expect(load.failures == 0)
            #expect(load.perSecond > 0)
            #expect(load.percentile99 >= load.median)
        }
        // At most one request more than the rate allows in the time: the first is due at once.
        #expect(report.halfLoad.perSecond <= report.writes.perSecond / 2 + 1 / benchmark.seconds)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
}
