import Encoding
import Exchange
import Glibc
import HTTPTransport
import Sandbox
import Signing

/// The sample library: synthetic rows from published quality reports, and queries that are tried on them.
struct SampleService: Sendable {
    let services: NodeServices

    static let defaultRows = 1000

    /// Made-up rows in the likeness of a version's data.
    func table(_ product: Identifier, version: Int64, rows: Int) async throws -> SyntheticTable {
        let report = try await QualityService(services: services).report(product, version: version).report
        // The seed is the snapshot's digest alone: a later report of the same data gives the same rows.
        return SyntheticTable(report.profile, seed: Array(report.snapshot.utf8), count: rows)
    }

    /// Runs a checked query on samples of its tables.
    func run(
        _ query: CheckedQuery, _ tables: [QueryTable], values: [String: JSONValue], rows: Int
    ) async throws -> RunResult {
        var paths: [String: String] = [:]
        defer { for path in paths.values { unlink(path) } }
        for table in tables {
            let sample = try await self.table(table.product, version: table.version, rows: rows)
            let path = "\(services.snapshots.uploadDirectory)/sample-\(Nonce.make()).duckdb"
            paths[table.name] = path
            try await services.engine.makeSample(sample, at: path)
        }
        return try await services.engine.run(query, values: values, snapshots: paths)
    }
}
