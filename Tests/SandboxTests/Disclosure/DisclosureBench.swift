import Encoding
import Foundation
import SandboxTestKit

@testable import Sandbox

/// Tables made for one test of the disclosure control.
enum DisclosureBench {
    /// The path of the snapshot of a CSV text.
    static func imported(_ csv: String) async throws -> String {
        let path = Bench.folder + "/\(UUID().uuidString).csv"
        try csv.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        return path + ".duckdb"
    }

    /// Makes a table `t` by a SELECT, releases a query of it, and gives back the table of what is shown and the printed summary.
    static func release(
        _ table: String, _ query: CellQuery, _ rules: DisclosureRules, cellKeys: [String: CellKeySecret]? = nil, order: String = "ALL"
    ) async throws -> (rows: [[JSONValue]], summary: [JSONValue]) {
        var script = EngineScript(limits: .parsing)
        script.lock()
        script.add("CREATE TABLE t AS \(table)")
        try AggregateDisclosure(rules: rules).add(query, cells: "cells", shown: "shown", cellKeys: cellKeys, to: &script)
        let columns = query.keyNames + query.aggregates.indices.map { "a\($0)" }
        script.add("SELECT json_array(\(columns.joined(separator: ", "))) FROM shown ORDER BY \(order)")
        let outcome = try await Bench.engine.execute(script, mounts: [], limits: .parsing)
        guard outcome.ending == .exited(0) else { throw SandboxError.engineFailed(operatorDetail: outcome.errorText) }
        let lines = try outcome.output.split(separator: 0x0A).map { try JSONValue.parse($0).arrayValue ?? [] }
        return (Array(lines.dropFirst()), lines.first ?? [])
    }

    /// A query of `t` whose units are its column u.
    static func query(
        _ groups: [String], _ sets: [[Int]], _ aggregates: [CellAggregate], minimum: Int
    ) -> CellQuery {
        CellQuery(
            with: "", source: "FROM t", groups: groups, groupingSets: sets,
            units: [.init(sql: "t.u", table: "t", isRow: false, name: "t.u")], aggregates: aggregates, minimumGroupSize: minimum)
    }

    static let count = CellAggregate(statistic: .count, sql: "count(*)", kind: .integer)
    static let sum = CellAggregate(
        statistic: .sum, sql: "sum(t.x)", kind: .integer, contribution: "t.x", guards: [.enoughUnits(where: "t.x <> 0")])

    static func rules(
        _ policy: (inout AggregatePolicy) -> Void = { _ in }
    ) -> DisclosureRules {
        var aggregate = AggregatePolicy(minimumGroupSize: 2, maximumRows: 100)
        policy(&aggregate)
        return DisclosureRules([
            TablePolicy(name: "t", columns: [.init(name: "u", type: "BIGINT", role: .privacyUnit)], aggregate: aggregate)
        ])
    }
}
