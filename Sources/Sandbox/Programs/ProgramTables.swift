import Encoding
import Signing

/// Makes of the snapshots what a program may see of them: one CSV file (RFC 4180) for each table, and a description.
///
/// The engine writes the files in its own sandbox. Hidden columns are left out, rows outside the restrictions too, and whoever
/// the rows are about appears under a pseudonym, the same in all tables of one run and another in every run.
struct ProgramTables: Sendable {
    let engine: SandboxEngine
    let policies: [TablePolicy]
    let snapshots: [String: String]
    let restrictions: [String: [RowRestriction]]

    static let maximumFileBytes = 64 << 30

    /// The columns that a program sees: not the hidden ones, nor those of types that a text cannot tell.
    static func columns(_ policy: TablePolicy) -> [ColumnDefinition] {
        policy.columns.filter { $0.role != .hidden && ColumnType($0.type) != nil }
    }

    /// Writes `<table>.csv` for each table, `schema.json` and `parameters.json` into a folder.
    func write(into folder: String, parameters: JSONObject, limits: RunLimits) async throws(SandboxError) {
        var script = EngineScript(limits: limits)
        var mounts = [Mount(source: folder, target: "/output", isWritable: true)]
        let keys = (hexadecimal(32), hexadecimal(32))
        for (index, policy) in policies.enumerated() {
            guard let path = snapshots[policy.name] else {
                throw .engineFailed(operatorDetail: "no snapshot was given for the table \"\(policy.name)\"")
            }
            mounts.append(Mount(source: path, target: "/data/\(index).duckdb"))
            do {
                try script.addTable(index, file: "/data/\(index).duckdb", policy: policy, restrictions[policy.name] ?? [])
            } catch { throw .refused(error) }
            let columns = Self.columns(policy).map { Self.expression($0, keys) }
            script.add(
                "COPY (SELECT \(columns.joined(separator: ", ")) FROM \(QueryPlan.catalog(index)).main.data) TO '/output/\(index).csv' "
                    + "(FORMAT csv, HEADER, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '')")
            script.add("SELECT json_array(count(*)) FROM \(QueryPlan.catalog(index)).main.data")
        }
        let outcome = try await engine.execute(script, mounts: mounts, limits: limits, maximumFileBytes: Self.maximumFileBytes)
        guard case .exited(0) = outcome.ending else {
            throw EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits)
        }
        let counts = outcome.output.split(separator: 0x0A).compactMap { (try? JSONValue.parse($0))?.arrayValue?.first?.integerValue }
        guard counts.count == policies.count else { throw .engineFailed(operatorDetail: "the engine did not count its tables") }
        try SmallFile.make(folder + "/schema.json", schema(counts).serialized())
        try SmallFile.make(folder + "/parameters.json", JSONValue.object(parameters).serialized())
    }

    private func hexadecimal(_ count: Int) -> String {
        RandomBytes.generate(count).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// A privacy unit's pseudonym is the first 96 bits of a nested hash with two keys (NMAC, Bellare, Canetti and Krawczyk 1996).
    private static func expression(_ column: ColumnDefinition, _ keys: (String, String)) -> String {
        let name = EngineScript.identifier(column.name)
        guard column.role == .privacyUnit else { return name }
        return "substr(sha256('\(keys.0)' || sha256('\(keys.1)' || CAST(\(name) AS VARCHAR))), 1, 24) AS \(name)"
    }

    private func schema(_ counts: [Int64]) -> JSONValue {
        let tables = zip(policies, counts).enumerated().map { index, table -> JSONValue in
            let columns = Self.columns(table.0).map { column -> JSONValue in
                let type = column.role == .privacyUnit ? "VARCHAR" : column.type
                return ["name": .string(column.name), "type": .string(type), "role": .string(column.role.rawValue)]
            }
            return [
                "name": .string(table.0.name), "file": .string(Self.fileName(table.0, index)), "rows": .integer(table.1),
                "columns": .array(columns),
            ]
        }
        return ["tables": .array(tables)]
    }

    /// The table's own name where it is plain, else its number.
    static func fileName(_ policy: TablePolicy, _ index: Int) -> String {
        let isPlain = (try? TarReader.checkedPath(policy.name, "")) == policy.name && !policy.name.contains("/")
        return isPlain ? policy.name + ".csv" : "table-\(index).csv"
    }
}
