/// What a query of TPC-H must give under `Policies/examples/tpch.json`, told by a query on the raw tables.
///
/// Each is the specification's query with the disclosure control written out by hand: groups of fewer than ten orders or customers
/// are left out by HAVING, values whose branches rest on fewer are NULL. Where nothing is left of a query whose result cannot be empty,
/// it must be refused, because "none" and "too few" look alike.
enum TPCHOracle {
    /// Those that read open tables alone: the oracle is DuckDB's own answer.
    static let open: Set<Int> = [2, 11, 16]

    static func sql(_ number: Int, original: String) -> String {
        switch number {
        case 1: original.replacing("ORDER BY", with: "HAVING \(orders) ORDER BY")
        case 4: original.replacing("ORDER BY", with: "HAVING count(DISTINCT o_custkey) >= 10 AND count(DISTINCT o_orderkey) >= 10 ORDER BY")
        case 5: original.replacing("ORDER BY", with: "HAVING \(orders) AND count(DISTINCT c_custkey) >= 10 ORDER BY")
        case 6, 17, 19: original + " HAVING \(orders)"
        case 7: grouped(original, also: "l_orderkey, c_custkey", "volume", "HAVING \(orders) AND count(DISTINCT c_custkey) >= 10")
        case 8: marketShare(original)
        case 9: grouped(original, also: "l_orderkey, o_custkey", "amount", "HAVING \(orders) AND count(DISTINCT o_custkey) >= 10")
        case 12: priorities(original)
        case 13: original.replacing("ORDER BY", with: "HAVING count(DISTINCT c_custkey) >= 10 ORDER BY")
        case 14: promotion(original)
        case 15: original.replacing("supplier_no\n)", with: "supplier_no HAVING \(orders))")
        case 20: original.replacing("1995-01-01' AS date)))", with: "1995-01-01' AS date) HAVING \(orders)))")
        case 21: original.replacing("ORDER BY", with: "HAVING count(DISTINCT l1.l_orderkey) >= 10 AND count(DISTINCT o_custkey) >= 10 ORDER BY")
        case 22:
            original.replacing("c_acctbal\n    FROM", with: "c_acctbal, c_custkey\n    FROM")
                .replacing("ORDER BY", with: "HAVING count(DISTINCT c_custkey) >= 10 ORDER BY")
        default: original
        }
    }

    private static let orders = "count(DISTINCT l_orderkey) >= 10"

    /// Adds columns behind the named one of the derived table, and a HAVING.
    private static func grouped(_ original: String, also columns: String, _ last: String, _ having: String) -> String {
        original.replacing("AS \(last)\n", with: "AS \(last), \(columns)\n").replacing("ORDER BY", with: "\(having) ORDER BY")
    }

    /// Each of two branches rests on ten orders and ten customers.
    private static func split(_ condition: String, _ units: [String]) -> String {
        units.flatMap { unit in
            [condition, "NOT (\(condition))"].map { "count(DISTINCT \(unit)) FILTER (WHERE \($0)) >= 10" }
        }.joined(separator: " AND ")
    }

    private static func marketShare(_ original: String) -> String {
        let large = split("nation = 'BRAZIL'", ["l_orderkey", "o_custkey"])
        return original.replacing("AS nation\n", with: "AS nation, l_orderkey, o_custkey\n")
            .replacing("sum(\n        CASE", with: "CASE WHEN \(large) THEN sum(\n        CASE")
            .replacing("END) / sum(volume)", with: "END) END / sum(volume)")
            .replacing("ORDER BY", with: "HAVING \(orders) AND count(DISTINCT o_custkey) >= 10 ORDER BY")
    }

    private static func priorities(_ original: String) -> String {
        let large = split("o_orderpriority IN ('1-URGENT', '2-HIGH')", ["l_orderkey", "o_custkey"])
        return original.replacing("sum(\n", with: "CASE WHEN \(large) THEN sum(\n").replacing("END) AS", with: "END) END AS")
            .replacing("ORDER BY", with: "HAVING \(orders) AND count(DISTINCT o_custkey) >= 10 ORDER BY")
    }

    private static func promotion(_ original: String) -> String {
        let large = split("p_type LIKE 'PROMO%'", ["l_orderkey"])
        return original.replacing("100.00 * sum(", with: "CASE WHEN \(large) THEN 100.00 * sum(")
            .replacing("END) / sum", with: "END) END / sum") + " HAVING \(orders)"
    }
}
