@testable import Sandbox

/// What a query of TPC-H must give under `Policies/examples/tpch.json`, told by a query on the raw tables.
///
/// Each is the specification's query with the disclosure control written out by hand: groups of fewer than ten orders or customers
/// are left out by HAVING; values whose branches rest on fewer are NULL, and so are sums of products unless ten units have a product
/// other than zero and, whatever class of values of a factor or of the product is left out (by hash), ten units remain. Where nothing is left of a query whose result cannot be empty, it must be
/// refused, because "none" and "too few" look alike.
enum TPCHOracle {
    /// Those that read open tables alone: the oracle is DuckDB's own answer.
    static let open: Set<Int> = [2, 11, 16]

    static func sql(_ number: Int, original: String) -> String {
        switch number {
        case 1: having(varied(original, ["l_extendedprice", "l_discount"], ["l_orderkey"]), [orders])
        case 4: having(original, [customers("o_custkey"), "count(DISTINCT o_orderkey) >= 10"])
        // Where values are NULL, the sandbox orders by the groups.
        case 5: having(varied(original.replacing("revenue DESC", with: "revenue DESC, n_name"), discounted, ["l_orderkey", "c_custkey"]), [orders, customers("c_custkey")])
        case 6, 17: original + " HAVING \(orders)"
        case 7: derived(original, "volume", "l_orderkey, c_custkey, l_extendedprice, l_discount", sum: "sum(volume)", discounted, "c_custkey")
        case 8: marketShare(original)
        case 9:
            derived(
                original, "amount", "l_orderkey, o_custkey, l_extendedprice, l_discount, ps_supplycost, l_quantity", sum: "sum(amount)",
                discounted + ["ps_supplycost", "l_quantity"], "o_custkey")
        case 12: priorities(original)
        case 13: having(original, [customers("c_custkey")])
        case 14: promotion(original)
        case 15: varied(original, discounted, ["l_orderkey"]).replacing("supplier_no\n)", with: "supplier_no HAVING \(orders))")
        case 19: varied(original, discounted, ["l_orderkey"]) + " HAVING \(orders)"
        case 20: original.replacing("1995-01-01' AS date)))", with: "1995-01-01' AS date) HAVING \(orders)))")
        case 21: having(original, ["count(DISTINCT l1.l_orderkey) >= 10", customers("o_custkey")])
        case 22: having(original.replacing("c_acctbal\n    FROM", with: "c_acctbal, c_custkey\n    FROM"), [customers("c_custkey")])
        default: original
        }
    }

    private static let orders = "count(DISTINCT l_orderkey) >= 10"
    private static let discounted = ["l_extendedprice", "l_discount"]
    private static let discountedPrice = "l_extendedprice * (1 - l_discount)"

    private static func customers(_ column: String) -> String { "count(DISTINCT \(column)) >= 10" }

    private static func having(_ sql: String, _ tests: [String]) -> String {
        sql.replacing("ORDER BY", with: "HAVING \(tests.joined(separator: " AND ")) ORDER BY")
    }

    // MARK: Products

    /// Whatever class of values of a factor or of the whole is left out, ten units remain; and ten have one of the whole and of
    /// each pair's product.
    private static func variety(_ factors: [String], whole: String, _ units: [String]) -> String {
        let count = CellSupports.valueClasses
        let classes = (factors + [whole]).flatMap { factor in
            (0..<count).map { "\(factor) IS NOT NULL AND hash(\(factor)) % \(count) <> \($0)" }
        }
        let products = stride(from: 0, to: factors.count - 1, by: 2).map { "\(factors[$0]) <> 0 AND \(factors[$0 + 1]) <> 0" }
            + ["\(whole) <> 0"]
        return units.flatMap { unit in (classes + products).map { "count(DISTINCT \(unit)) FILTER (WHERE \($0)) >= 10" } }
            .joined(separator: " AND ")
    }

    private static func varied(_ sql: String, _ factors: [String], _ units: [String]) -> String {
        let sum = "sum(\(discountedPrice))"
        return sql.replacing(sum, with: "CASE WHEN \(variety(factors, whole: discountedPrice, units)) THEN \(sum) END")
    }

    /// Lets the derived table give more columns behind the named one, and looks at them.
    private static func derived(_ sql: String, _ last: String, _ columns: String, sum: String, _ factors: [String], _ customer: String) -> String {
        having(sql.replacing("AS \(last)\n", with: "AS \(last), \(columns)\n"), [orders, customers(customer)])
            .replacing(sum, with: "CASE WHEN \(variety(factors, whole: last, ["l_orderkey", customer])) THEN \(sum) END")
    }

    // MARK: Branches

    /// Each of two branches rests on ten orders and ten customers.
    private static func split(_ condition: String, _ units: [String]) -> String {
        units.flatMap { unit in
            [condition, "NOT (\(condition))"].map { "count(DISTINCT \(unit)) FILTER (WHERE \($0)) >= 10" }
        }.joined(separator: " AND ")
    }

    private static func marketShare(_ original: String) -> String {
        let units = ["l_orderkey", "o_custkey"]
        let whole = variety(discounted, whole: "volume", units)
        let large = split("nation = 'BRAZIL'", units) + " AND " + whole
        return having(
            original.replacing("AS nation\n", with: "AS nation, l_orderkey, o_custkey, l_extendedprice, l_discount\n")
                .replacing("sum(\n        CASE", with: "CASE WHEN \(large) THEN sum(\n        CASE")
                .replacing("END) / sum(volume)", with: "END) END / CASE WHEN \(whole) THEN sum(volume) END"),
            [orders, customers("o_custkey")])
    }

    private static func priorities(_ original: String) -> String {
        let large = split("o_orderpriority IN ('1-URGENT', '2-HIGH')", ["l_orderkey", "o_custkey"])
        return having(
            original.replacing("sum(\n", with: "CASE WHEN \(large) THEN sum(\n").replacing("END) AS", with: "END) END AS"),
            [orders, customers("o_custkey")])
    }

    private static func promotion(_ original: String) -> String {
        let large = split("p_type LIKE 'PROMO%'", ["l_orderkey"])
        return varied(
            original.replacing("100.00 * sum(", with: "CASE WHEN \(large) THEN 100.00 * sum(").replacing("END) / sum", with: "END) END / sum"),
            discounted, ["l_orderkey"]) + " HAVING \(orders)"
    }
}
