import Encoding

/// Builds the text that the engine's command line reads from standard input.
///
/// Nothing from outside is ever written into it as SQL: texts and trees go in as hexadecimal digits, so no quote, no line break
/// and no leading dot (a command of the command line) can come through.
struct EngineScript: Sendable {
    /// What a script prints first: the proof that the engine itself ran, and not only a program in its place.
    static let firstLine = Array("[\"hexi\"]\n".utf8)

    /// What is sent after the last pause, or all of it.
    private(set) var text = "SELECT '[\"hexi\"]';\n"

    /// Where the engine waits until it is decided how to go on.
    struct Pause: Sendable {
        /// What is sent before.
        var text: String
        /// Makes statements of the lines that were printed for it.
        var decide: @Sendable ([[JSONValue]]) throws(SandboxError) -> [String]
    }

    private(set) var pauses: [Pause] = []
    /// Tells the lines of a conversation from all that data could be made to print.
    let token = UInt64.random(in: .min ... .max).description + "-" + UInt64.random(in: .min ... .max).description

    /// Switches for the program: no start-up file, stop at the first error, one JSON text a line.
    static let arguments = ["-no-init", "-batch", "-bail", "-list", "-noheader", ":memory:"]

    init(limits: RunLimits) {
        add("SET memory_limit='\(max(limits.memoryBytes, 16 << 20) >> 10)KiB'")
        add("SET threads=\(max(limits.threads, 1))")
        add("SET temp_directory='/scratch/spill'")
        add("SET max_temp_directory_size='\(max(limits.scratchBytes, 4096) >> 10)KiB'")
        add("SET autoload_known_extensions=false")
        add("SET autoinstall_known_extensions=false")
        add("SET allow_community_extensions=false")
        add("SET GLOBAL TimeZone='UTC'")
    }

    /// After this no statement can open a file or change a setting.
    mutating func lock() {
        add("SET enable_external_access=false")
        add("SET lock_configuration=true")
    }

    /// Makes the command line change its folder to one that exists, which the system-call filter must deny. For probing only.
    mutating func addFolderTrial() { text += ".cd /scratch\n" }

    mutating func add(_ statement: String) { text += statement + ";\n" }

    /// Prints lines, each a JSON array, and goes on with the statements that are made of them. The lines are no part of the output.
    mutating func ask(_ printing: [String], decide: @escaping @Sendable ([[JSONValue]]) throws(SandboxError) -> [String]) {
        add("SELECT '\(ScriptConversation.opening(token))'")
        for statement in printing { add(statement) }
        add("SELECT '\(ScriptConversation.closing(token))'")
        pauses.append(Pause(text: text, decide: decide))
        text = ""
    }

    /// An SQL expression that gives these bytes as text.
    static func literal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var hexadecimal: [UInt8] = []
        hexadecimal.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            hexadecimal.append(digits[Int(byte >> 4)])
            hexadecimal.append(digits[Int(byte & 15)])
        }
        return "decode(unhex('\(String(decoding: hexadecimal, as: UTF8.self))'))"
    }

    /// A quoted identifier. Column names have no control characters (`TablePolicy.validate`).
    static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}

extension EngineScript {
    static let multiplicityMark = "hexi: join multiplies rows"

    /// The whole run of a checked query, once its tables are attached. It prints the engine's version, one summary line for each
    /// stage, the types of the result's columns, and the rows.
    ///
    /// - Parameters:
    ///   - cellKeys: `AggregateDisclosure.add`.
    ///   - comparison: statements that stop the run where its stages are too close to earlier ones.
    mutating func add(
        _ query: CheckedQuery, values: [String: ParameterValue], cap: Int, cellKeys: [String: CellKeySecret]? = nil,
        comparison: [String] = []
    ) throws(SandboxError) {
        let plan = query.written(values: values)
        add("SELECT json_array(version())")
        for (index, stage) in plan.stages.enumerated() {
            for (number, limit) in stage.limits.enumerated() {
                add(
                    "CREATE TABLE hexi_check_\(index)_\(number) AS SELECT CASE WHEN n > \(limit.limit) THEN "
                        + "error('\(Self.multiplicityMark)') END AS c FROM (\(limit.sql))")
            }
            try query.disclosure(of: stage).add(
                stage.cells, cells: QueryPlan.cells(index), shown: QueryPlan.shown(index), cellKeys: cellKeys, to: &self)
        }
        for statement in comparison { add(statement) }
        add("CREATE TABLE hexi_result AS \(plan.resultStatement(cap: cap))")
        add("SELECT to_json(list(type ORDER BY cid)) FROM pragma_table_info('hexi_result')")
        let columns = query.columnNames.indices.map { "CAST(c\($0) AS VARCHAR)" }.joined(separator: ", ")
        add("SELECT json_array(\(columns)) FROM hexi_result ORDER BY rowid")
    }

    /// Empty tables of the declared shape, on which a template can be tried without data.
    mutating func addEmptyTables(_ tables: [TablePolicy]) {
        for (index, table) in tables.enumerated() {
            let columns = table.columns.compactMap { column -> String? in
                guard column.role != .hidden, let type = ColumnType(column.type) else { return nil }
                return "\(Self.identifier(column.name)) \(type.name)"
            }
            add("ATTACH ':memory:' AS \(QueryPlan.catalog(index))")
            add("CREATE TABLE \(QueryPlan.catalog(index)).main.data(\(columns.joined(separator: ", ")))")
        }
    }
}
