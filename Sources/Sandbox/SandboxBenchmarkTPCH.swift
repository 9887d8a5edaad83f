import Encoding
import Glibc
import Policies

/// TPC-H's tables and queries, as `ops/setup` makes them and `Policies/examples/tpch.json` offers them.
///
/// The queries are those of the TPC-H specification (3.0.1, 2.4) with its validation parameters, in the words of DuckDB's own
/// extension, so that both engines run the same texts.
public struct TPCHTables: Sendable {
    public struct Query: Sendable, Hashable {
        /// 1 to 22.
        public var number: Int
        public var sql: String
    }

    /// The folder with a Parquet file for each table, and `queries.json`.
    public var folder: String

    public init(folder: String) { self.folder = folder }

    /// The roles of the columns and the smallest groups.
    ///
    /// - Throws: where the document in the program is not what it should be.
    public static func policies() throws(JSONMismatch) -> [TablePolicy] {
        let document: JSONValue
        do { document = try JSONValue.parse(Policies.exampleTPCH) } catch {
            throw JSONMismatch(pointer: "", reason: "the example of TPC-H's tables cannot be read: \(error)")
        }
        let cursor = JSONCursor(document)
        let owner = try cursor.member("owner").string()
        var policies: [TablePolicy] = []
        for table in try cursor.member("tables").array() {
            try table.allowMembers(["name", "aggregate", "columns"])
            var columns: [ColumnDefinition] = []
            for column in try table.member("columns").array() {
                columns.append(
                    ColumnDefinition(
                        name: try column.member("name").string(), type: try column.member("type").string(),
                        role: try column.member("role").oneOf(ColumnRole.self)))
            }
            let aggregate = try table.member("aggregate")
            policies.append(
                TablePolicy(
                    name: try table.member("name").string(), columns: columns,
                    aggregate: AggregatePolicy(
                        minimumGroupSize: Int(try aggregate.member("minimumGroupSize").integer(in: 1...1_000_000)),
                        maximumRows: Int(try aggregate.member("maximumRows").integer(in: 1...10_000_000))),
                    owner: owner))
        }
        return policies
    }

    /// Whether the tables and the queries are there.
    public var isThere: Bool {
        access(folder + "/queries.json", R_OK) == 0 && access(folder + "/lineitem.parquet", R_OK) == 0
    }

    /// The 22 queries, in order.
    public func queries() throws(SandboxError) -> [Query] {
        do {
            var queries: [Query] = []
            for entry in try JSONCursor(JSONValue.parse(try Self.bytes(folder + "/queries.json"))).array() {
                queries.append(
                    Query(
                        number: Int(try entry.member("query_nr").integer(in: 1...22)),
                        sql: Self.withoutEnd(try entry.member("query").string())))
            }
            return queries
        } catch {
            throw .importFailed(message: "\(folder)/queries.json cannot be read: \(error)", line: nil)
        }
    }

    /// Imports all tables as snapshots.
    ///
    /// - Returns: the paths by the tables' names.
    public func snapshots(_ engine: SandboxEngine, in directory: String) async throws -> [String: String] {
        var paths: [String: String] = [:]
        for policy in try Self.policies() {
            let path = "\(directory)/tpch-\(policy.name).duckdb"
            _ = try await engine.importTable(from: "\(folder)/\(policy.name).parquet", format: .parquet, to: path)
            paths[policy.name] = path
        }
        return paths
    }

    /// Without the semicolon at its end.
    private static func withoutEnd(_ sql: String) -> String {
        guard let last = sql.lastIndex(where: { !$0.isWhitespace && $0 != ";" }) else { return sql }
        return String(sql[...last])
    }

    private static func bytes(_ path: String) throws(SandboxError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .importFailed(message: "\(path) cannot be opened", line: nil) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 1 << 24 {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .importFailed(message: "\(path) cannot be read", line: nil) }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
