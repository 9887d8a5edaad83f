import Encoding
import Policies
import SandboxTestKit
import Testing

@testable import Sandbox

/// The reviewed list of all that the engine offers (`Policies/documents/duckdb-1.5.6-surface.json`).
struct EngineSurface: Sendable {
    struct Group: Sendable {
        var name: String
        var isNever: Bool
        var functions: [String]
    }

    let engine: String
    let groups: [Group]
    let tableFunctions: [String]
    let pragmas: [String]
    let settings: [String]
    /// What a query may call, from the list that the checker uses.
    let allowed: Set<String>

    init() throws {
        let document = JSONCursor(try JSONValue.parse(Policies.engineSurface))
        try document.allowMembers(["comment", "engine", "functions", "tableFunctions", "pragmas", "settings"])
        func names(_ cursor: JSONCursor) throws -> [String] { try cursor.array(minimumCount: 1).map { try $0.string() } }
        engine = try document.member("engine").string()
        groups = try document.member("functions").array(minimumCount: 1).map { group in
            try group.allowMembers(["name", "never", "why", "functions"])
            #expect(try !group.member("why").string().isEmpty)
            return Group(
                name: try group.member("name").string(), isNever: try group.member("never").bool(),
                functions: try names(try group.member("functions")))
        }
        tableFunctions = try names(try document.member("tableFunctions"))
        pragmas = try names(try document.member("pragmas"))
        settings = try names(try document.member("settings"))
        var allowed: Set<String> = []
        for (name, list) in try JSONCursor(try JSONValue.parse(Policies.engineFunctions)).members() where name != "comment" && name != "engine" {
            allowed.formUnion(try list.members().map(\.name))
        }
        self.allowed = allowed
    }

    var functions: [String] { groups.flatMap(\.functions) }
}

/// What the engine can do is known by name, and nothing of it that was not allowed can be called.
/// Sources: DuckDB documentation, "Securing DuckDB", `duckdb_functions()`, `duckdb_settings()`; AWS Clean Rooms, "SQL reference"
/// (closed lists of functions).
@Suite struct EngineSurfaceTests {
    private static func engineNames(_ column: String, _ source: String) throws -> Set<String> {
        let output = try BareEngine.output(of: "SELECT DISTINCT \(column) FROM \(source);\n", stopsAtError: true)
        return Set(output.split(separator: "\n").map(String.init))
    }

    @Test func `the engine offers exactly what was reviewed`() throws {
        let surface = try EngineSurface()
        let version = try BareEngine.output(of: "SELECT version();\n", stopsAtError: true)
        #expect("DuckDB " + version.drop { $0 == "v" } == surface.engine + "\n")
        #expect(surface.engine == FunctionCatalog.standard.engine)
        func compare(_ listed: [String], _ offered: Set<String>, _ kind: String) {
            #expect(Set(listed).count == listed.count, "\(kind): a name stands twice")
            #expect(offered.subtracting(listed).isEmpty, "\(kind): not reviewed yet")
            #expect(Set(listed).subtracting(offered).isEmpty, "\(kind): reviewed, but not there")
        }
        func functions(_ types: String) throws -> Set<String> {
            try Self.engineNames("function_name", "duckdb_functions() WHERE function_type IN (\(types))")
        }
        compare(surface.functions, try functions("'scalar', 'aggregate', 'macro'"), "functions")
        compare(surface.tableFunctions, try functions("'table', 'table_macro'"), "table functions")
        compare(surface.pragmas, try functions("'pragma'"), "pragmas")
        compare(surface.settings, try Self.engineNames("name", "duckdb_settings()"), "settings")
        #expect(try functions("'scalar', 'aggregate', 'macro', 'table', 'table_macro', 'pragma'").count
            == Self.engineNames("function_name", "duckdb_functions()").count)
    }

    @Test func `nothing is allowed that was not reviewed, or that may never be`() throws {
        let surface = try EngineSurface()
        #expect(surface.allowed.count > 60)
        #expect(surface.allowed.subtracting(surface.functions).isEmpty)
        for group in surface.groups where group.isNever {
            #expect(surface.allowed.intersection(group.functions).isEmpty, "\(group.name)")
        }
    }

    /// The calls, parsed by one process; each must be refused by the checker itself.
    private func expectRefusals(_ texts: [String]) throws {
        let rows = texts.map { "(\(EngineScript.literal(Array($0.utf8))))" }.joined(separator: ", ")
        let output = try BareEngine.output(of: "SELECT json_serialize_sql(t) FROM (VALUES \(rows)) v(t);\n", stopsAtError: true)
        let lines = output.split(separator: "\n")
        try #require(lines.count == texts.count)
        for (text, line) in zip(texts, lines) {
            #expect(throws: QueryRefusal.self, "\(text) was accepted") {
                let tree = try SyntaxTree(sql: text, serialized: Array(line.utf8))
                _ = try QueryChecker(mode: .aggregate, policies: AttackedHospital.tables(), parameters: [], functions: .standard).check(tree)
            }
        }
    }

    @Test func `every function that is not allowed is refused in every place of a query`() throws {
        let surface = try EngineSurface()
        let refused = surface.functions.filter { !surface.allowed.contains($0) }
        #expect(refused.count > 600)
        try expectRefusals(
            refused.flatMap { name in
                let call = EngineScript.identifier(name)
                return [
                    "SELECT \(call)(ward), count(*) FROM visits GROUP BY 1", "SELECT \(call)() FROM visits",
                    "SELECT \(call)(cost) FROM visits", "SELECT count(*) FROM visits WHERE \(call)(age, age) IS NOT NULL",
                    "SELECT count(*) FROM visits HAVING main.\(call)(count(*)) IS NULL",
                    "SELECT day FROM weather WHERE \(EngineScript.identifier(name.uppercased()))(wind) IS NULL",
                ]
            })
    }

    @Test func `no table function is allowed, by any name`() throws {
        let surface = try EngineSurface()
        try expectRefusals(
            (surface.tableFunctions + surface.functions + surface.pragmas).flatMap { name in
                let call = EngineScript.identifier(name)
                return [
                    "SELECT count(*) FROM \(call)()", "SELECT * FROM \(call)('visits')", "SELECT count(*) FROM visits, \(call)(1, 2) t",
                    "WITH x AS (SELECT * FROM \(call)('/etc/passwd')) SELECT count(*) FROM x",
                ]
            })
    }

    @Test func `no pragma and no setting can be reached`() throws {
        let surface = try EngineSurface()
        try expectRefusals(
            surface.pragmas.flatMap { ["PRAGMA \($0)", "PRAGMA \($0)('x')", "CALL \($0)()", "SELECT * FROM pragma_\($0)()"] }
                + surface.settings.flatMap { name in
                    [
                        "SET \(EngineScript.identifier(name)) = 1", "RESET \(EngineScript.identifier(name))",
                        "SELECT current_setting('\(name)'), count(*) FROM visits", "PRAGMA \(EngineScript.identifier(name)) = 1",
                    ]
                })
    }
}
