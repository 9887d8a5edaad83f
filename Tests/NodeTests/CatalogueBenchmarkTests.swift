import Foundation
import Testing

@testable import Node

@Suite struct CatalogueBenchmarkTests {
    @Test func aSmallCatalogueIsImportedSearchedAndResolved() async throws {
        let directory = NSTemporaryDirectory() + "hexi-node-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var benchmark = CatalogueBenchmark(directory: directory)
        benchmark.products = 450
        benchmark.requests = 20
        let report = try await benchmark.run()
        #expect(report.products == 450)
        #expect(report.stateSnapshotBytes > 0 && report.indexBytes > 0 && report.memoryAfter > 0)
        #expect(report.chinese.percentile99 >= report.chinese.median && report.resolution.median > 0)
        #expect(!FileManager.default.fileExists(atPath: directory + "/node"))
    }
}
