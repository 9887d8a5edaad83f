import Encoding
import Sandbox
import SandboxTestKit

/// Everything that a buyer sees of one run, apart from how long it took.
struct Answer: Sendable, Hashable {
    /// "answered", or the refusal or error in full.
    var verdict: String
    var rows: [[String]] = []
    var suppressedGroups = 0

    init(verdict: String, rows: [[String]] = [], suppressedGroups: Int = 0) {
        (self.verdict, self.rows, self.suppressedGroups) = (verdict, rows, suppressedGroups)
    }

    /// What the sandbox answers on a neighbour of the attacked hospital.
    init(_ query: CheckedQuery, values: [String: JSONValue], on neighbour: AttackedHospital.Neighbour, limits: RunLimits? = nil) async throws {
        let snapshots = try await AttackedHospital.snapshots(neighbour)
        do {
            let result = try await Bench.engine.run(query, values: values, snapshots: snapshots, limits: limits)
            self.init(verdict: "answered", rows: result.rows.map { $0.map(Self.text) }, suppressedGroups: result.suppressedGroups)
        } catch {
            self.init(verdict: "\(error)")
        }
    }

    private static func text(_ cell: JSONValue) -> String { cell.isNull ? "NULL" : cell.stringValue ?? cell.serializedString() }

    var width: Int { rows.first?.count ?? 0 }

    func column(_ index: Int) -> [String] { rows.map { $0.count > index ? $0[index] : "" } }

    /// The single things that can be told apart in it: the verdict, the number of rows, every row, every cell of a column.
    var facts: Set<String> {
        var facts: Set<String> = ["verdict: \(verdict)", "rows: \(rows.count)", "left out: \(suppressedGroups)"]
        var seen: [String: Int] = [:]
        func add(_ fact: String) {
            seen[fact, default: 0] += 1
            facts.insert("\(fact) (\(seen[fact] ?? 1))")
        }
        for row in rows {
            add("row: \(row.joined(separator: " | "))")
            for (index, cell) in row.enumerated() { add("column \(index + 1): \(cell)") }
        }
        return facts
    }

    /// Whether the rows that both have stand in another order.
    func isReordered(_ other: Answer) -> Bool {
        let common = Set(rows).intersection(other.rows)
        return rows.filter(common.contains) != other.rows.filter(common.contains) && Set(rows).count == rows.count
    }
}
