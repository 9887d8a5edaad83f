/// Holds a run against the same buyer's earlier ones, so that no two of their answers can be subtracted to tell of a few.
///
/// Every release says something about sets of rows: its cells, and all cells of a grouping set together. For every pair
/// of a new set and an earlier one it is counted in how many privacy units they differ: units of whom one set has rows that the
/// other has not. If that is more than none and less than the smallest group, the difference of the two answers would be an answer
/// about too few. The same for three sets, of which two together are nearly the third (the general tracker of Denning,
/// Denning & Schwartz, "The tracker: a threat to statistical database security", ACM TODS 4, 1979), where the sets are few.
///
/// Not covered: combinations of more answers, and of three among many cells.
struct DifferencingCheck: Sendable {
    static let mark = "hexi: too close to an earlier answer"
    /// How many sets are compared by threes, and how many cells a release may have for its cells to be among them.
    static let maximumSets = 48
    static let maximumCells = 16
    /// Beyond this size of the smallest group no threes are compared: too many numbers would have to be kept of each set.
    static let largestMinimumForThrees = 1024

    /// The releases of one run in which somebody is protected.
    struct Releases: Sendable {
        var plan: QueryPlan
        /// By stage, and in each by kind of unit.
        var parts: [[DifferencingPart]]

        /// - Parameter name: what the names of its working tables begin with.
        init(_ plan: QueryPlan, name: String) {
            self.plan = plan
            parts = plan.stages.enumerated().map { stage, release in
                release.cells.units.enumerated().map { unit, value in
                    DifferencingPart(table: "\(name)_\(stage)_\(unit)", query: release.cells, unit: value)
                }
            }
        }

        var all: [DifferencingPart] { parts.flatMap(\.self) }
    }

    let minimum: Int
    private var buckets: Int { max(min(minimum, Self.largestMinimumForThrees) * 8, 512) }

    init(_ plan: QueryPlan) { minimum = plan.stages.map(\.cells.minimumGroupSize).max() ?? 1 }

    // MARK: The script

    /// Statements that stop with the mark where the new run is too close to an earlier one. The new run's stages have been
    /// made; earlier ones make theirs under other names, as far as later stages need them.
    func statements(new: Releases, earlier: [(releases: Releases, disclosures: [AggregateDisclosure], shown: String)]) -> [String] {
        var statements = ["CREATE TABLE hexi_sets(unit VARCHAR, isNew BOOLEAN, part INTEGER, c BIGINT, cells BIGINT, bucket BIGINT, n HUGEINT)"]
        for (index, part) in new.all.enumerated() { statements += part.statements + [sets(part, index: index, isNew: true)] }
        // One release by two kinds of unit is one answer.
        for (stage, parts) in new.parts.enumerated() {
            for other in new.parts[..<stage].joined() {
                for part in parts { statements += comparison(other, part).map { [$0] } ?? [] }
            }
        }
        var number = new.all.count
        for run in earlier {
            for (stage, parts) in run.releases.parts.enumerated() {
                for part in parts {
                    statements += part.statements + [sets(part, index: number, isNew: false)]
                    for own in new.all { statements += comparison(part, own).map { [$0] } ?? [] }
                    statements += part.clearance
                    number += 1
                }
                let cells = run.releases.plan.stages[stage].cells
                guard run.releases.plan.uses("\(run.shown)\(stage)") else { continue }
                statements += run.disclosures[stage].silentStatements(
                    for: cells, cells: "\(run.shown)cells_\(stage)", shown: "\(run.shown)\(stage)")
            }
            for stage in run.releases.parts.indices where run.releases.plan.uses("\(run.shown)\(stage)") {
                statements.append("DROP TABLE \(run.shown)\(stage)")
            }
        }
        statements += trackers
        return statements + new.all.flatMap(\.clearance) + ["DROP TABLE hexi_sets"]
    }

    /// Stops if the SELECT gives any row.
    private func stop(on found: String) -> String {
        "CREATE OR REPLACE TABLE hexi_close AS SELECT CASE WHEN n > 0 THEN error('\(Self.mark)') END AS c "
            + "FROM (SELECT count(*) AS n FROM (\(found)))"
    }

    // MARK: Two sets

    /// `nil` for units of different tables.
    private func comparison(_ one: DifferencingPart, _ other: DifferencingPart) -> String? {
        guard one.unit.table == other.unit.table, one.unit.isRow == other.unit.isRow else { return nil }
        let common = one.fingerprints.keys.sorted().compactMap { name -> (String, String)? in
            guard let left = one.column(name), let right = other.column(name) else { return nil }
            return (left, right)
        }
        if one.unit.isRow, Set(one.rowNumbers).isDisjoint(with: other.rowNumbers) { return nil }
        let same = (["o.n = p.n"] + common.map { "o.\($0.0) IS NOT DISTINCT FROM p.\($0.1)" }).joined(separator: " AND ")
        let pairs = "SELECT o.c AS oc, p.c AS pc, count(*) AS shared, count(*) FILTER (WHERE \(same)) AS equal "
            + "FROM \(one.table) AS o JOIN \(other.table) AS p ON o.u = p.u "
            + "WHERE o.c IN (\(near(one, other))) AND p.c IN (\(near(other, one))) GROUP BY o.c, p.c"
        let differing = "os.size + ps.size - shared - equal"
        let close = "SELECT 1 FROM (\(pairs)) JOIN \(one.sizes) AS os ON os.c = oc JOIN \(other.sizes) AS ps ON ps.c = pc "
            + "WHERE \(differing) BETWEEN 1 AND \(minimum - 1)"
        return stop(on: close)
    }

    /// The sets that are about as large as one of the other part: all others differ by enough.
    private func near(_ part: DifferencingPart, _ other: DifferencingPart) -> String {
        "SELECT a.c FROM \(part.sizes) AS a JOIN (SELECT DISTINCT size FROM \(other.sizes)) AS b "
            + "ON a.size > b.size - \(minimum) AND a.size < b.size + \(minimum)"
    }

    // MARK: Three sets

    /// Rows in buckets of units: few enough numbers to keep of every set, and two sets that differ in few units differ in few
    /// buckets.
    private func sets(_ part: DifferencingPart, index: Int, isNew: Bool) -> String {
        let count = "(SELECT count(*) FROM \(part.sizes) WHERE c > 0)"
        let unit = EngineScript.literal(Array(part.unit.table.utf8))
        return "INSERT INTO hexi_sets SELECT \(unit), \(isNew), \(index), c, \(count), u % \(buckets), sum(n) FROM \(part.table) "
            + "WHERE c < 0 OR \(count) <= \(Self.maximumCells) GROUP BY c, u % \(buckets)"
    }

    private var trackers: [String] {
        guard minimum <= Self.largestMinimumForThrees else { return [] }
        let chosen = "SELECT unit, isNew, part, c, row_number() OVER (ORDER BY NOT isNew, c > 0 AND cells > 1, cells, part, c) AS q "
            + "FROM (SELECT DISTINCT unit, isNew, part, c, cells FROM hexi_sets) ORDER BY q LIMIT \(Self.maximumSets)"
        let filled = "SELECT q, unit, isNew, part, bucket, coalesce(s.n, 0) AS n FROM hexi_chosen AS chosen "
            + "CROSS JOIN range(\(buckets)) AS r(bucket) LEFT JOIN hexi_sets AS s USING (unit, isNew, part, c, bucket)"
        // Cells of one release are parts of it anyway.
        let sums = "SELECT w.q FROM hexi_filled AS w JOIN hexi_filled AS a USING (unit, bucket) JOIN hexi_filled AS b USING (unit, bucket) "
            + "WHERE a.q < b.q AND w.q <> a.q AND w.q <> b.q AND (w.isNew OR a.isNew OR b.isNew) AND NOT (w.part = a.part AND a.part = b.part) "
            + "GROUP BY w.q, a.q, b.q HAVING count(*) FILTER (WHERE w.n <> a.n + b.n) BETWEEN 1 AND \(minimum - 1)"
        return [
            "CREATE TABLE hexi_chosen AS \(chosen)", "CREATE TABLE hexi_filled AS \(filled)",
            stop(on: sums), "DROP TABLE hexi_filled", "DROP TABLE hexi_chosen",
        ]
    }
}

extension DifferencingPart {
    /// Which base tables' row numbers it knows.
    fileprivate var rowNumbers: [String] { fingerprints.keys.filter { $0.hasPrefix("rows of ") } }
}

extension QueryPlan {
    /// Whether a later stage reads a stage's table.
    func uses(_ table: String) -> Bool {
        stages.contains { stage in (stage.cells.with + stage.cells.source).split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains(table[...]) }
    }
}
