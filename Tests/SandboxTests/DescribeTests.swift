import SandboxTestKit
import Testing

@testable import Sandbox

@Suite("The description of a checked query")
struct DescribeTests {
    @Test("shows the threshold, and leaves parameters open")
    func threshold() async throws {
        let table = TablePolicy(
            name: "visits",
            columns: [
                ColumnDefinition(name: "person", type: "VARCHAR", role: .privacyUnit),
                ColumnDefinition(name: "ward", type: "VARCHAR", role: .dimension),
                ColumnDefinition(name: "days", type: "BIGINT", role: .measure),
            ], aggregate: AggregatePolicy(minimumGroupSize: 17, maximumRows: 100))
        let query = try await Bench.check(
            "SELECT ward, avg(days) AS mean FROM visits WHERE ward <> $without GROUP BY ward", tables: [table],
            parameters: [QueryParameter(name: "without", type: .text)])
        let text = try await Bench.engine.describe(query)
        #expect(text.contains(">= 17"))
        #expect(text.contains("$without"))
        #expect(text.contains("CREATE TABLE hexi_shown_0"))
    }
}
