import Encoding
import SandboxTestKit
import Testing

@testable import Sandbox

/// Where a value comes from is known through every operator: for each, what is accepted beside what is not.
@Suite struct LineageTests {
    /// Two tables of one owner, and one of another.
    static let tables: [TablePolicy] = {
        func table(_ name: String, _ columns: [(String, String, ColumnRole)], _ minimum: Int, _ owner: String) -> TablePolicy {
            TablePolicy(
                name: name, columns: columns.map { ColumnDefinition(name: $0.0, type: $0.1, role: $0.2) },
                aggregate: AggregatePolicy(minimumGroupSize: minimum, maximumRows: 100, allowsExtremes: name == "readings"), owner: owner)
        }
        return [
            table(
                "people", [("person", "BIGINT", .privacyUnit), ("town", "VARCHAR", .dimension), ("born", "INTEGER", .attribute), ("wage", "DECIMAL(9,2)", .measure)],
                5, "office"),
            table(
                "orders",
                [("person", "BIGINT", .privacyUnit), ("number", "BIGINT", .joinKey), ("day", "DATE", .dimension), ("price", "DECIMAL(9,2)", .attribute), ("tax", "DECIMAL(4,2)", .attribute)],
                5, "office"),
            table("towns", [("town", "VARCHAR", .joinKey), ("size", "BIGINT", .attribute)], 1, "office"),
            table("shops", [("town", "VARCHAR", .joinKey), ("rank", "INTEGER", .dimension)], 1, "bureau"),
            table("readings", [("device", "BIGINT", .privacyUnit), ("value", "DOUBLE", .attribute)], 5, "office"),
        ]
    }()

    private static func check(_ sql: String) async throws(SandboxError) -> CheckedQuery {
        try await Bench.check(sql, tables: tables)
    }

    @Test(arguments: [
        "SELECT town, count(*) FROM people p, orders o WHERE p.person = o.person GROUP BY town",
        "SELECT town, sum(price * (1 - tax)) FROM people JOIN orders USING (person) GROUP BY town",
        "WITH o AS (SELECT person, price * (1 - tax) AS net FROM orders WHERE day > DATE '2020-01-01') SELECT sum(net), avg(net) FROM o",
        "SELECT n, count(*) FROM (SELECT person, count(*) AS n FROM orders GROUP BY person) GROUP BY n",
        "SELECT n, count(*) FROM (SELECT p.person, count(o.number) FROM people p LEFT JOIN orders o ON p.person = o.person AND o.price > 5 GROUP BY p.person) c(p, n) GROUP BY n",
        "SELECT town, avg(total) FROM people JOIN (SELECT person AS id, sum(price) AS total FROM orders GROUP BY person) ON person = id GROUP BY town",
        "SELECT town, count(*) FROM people p WHERE EXISTS (SELECT * FROM orders o WHERE o.person = p.person AND price > 100) GROUP BY town",
        "SELECT town, count(*) FROM people WHERE person NOT IN (SELECT person FROM orders) GROUP BY town",
        "SELECT count(*) FROM people WHERE born > (SELECT avg(born) FROM people)",
        "SELECT count(*) FROM people p WHERE born > (SELECT avg(q.born) FROM people q WHERE q.town = p.town)",
        "SELECT town, size, avg(born) FROM people JOIN towns USING (town) GROUP BY town, size HAVING avg(born) > (SELECT avg(size) FROM towns)",
        "SELECT town, grouping(town), count(*) FROM people GROUP BY ROLLUP (town)",
        "SELECT town, n, rank() OVER (ORDER BY n DESC) FROM (SELECT town, count(*) AS n FROM people GROUP BY town)",
        "SELECT town, count(*) FROM people GROUP BY town UNION ALL SELECT town, size FROM towns ORDER BY 2 LIMIT 3",
        "SELECT k, count(DISTINCT person) FROM (SELECT person, row_number() OVER (PARTITION BY person ORDER BY day) AS k FROM orders) GROUP BY k",
        "SELECT DISTINCT town FROM people",
        "SELECT town, size FROM towns WHERE size > 10 ORDER BY size DESC LIMIT 5",
        "SELECT t.town, s.rank FROM towns t JOIN shops s ON t.town = s.town",
        "SELECT median(wage), quantile_cont(price, 0.9) FROM people JOIN orders USING (person)",
        "SELECT max(value), min(value) FROM readings",
        "SELECT count_if(born > 1950), approx_count_distinct(person), regr_count(born, wage) FROM people",
        "SELECT sum(CASE WHEN born > 1950 THEN 1 ELSE 0 END), sum(CASE WHEN born <= 1950 THEN 1 ELSE 0 END) FROM people",
    ])
    func whatIsReleasedOrOpenMayLeave(sql: String) async throws { _ = try await Self.check(sql) }

    @Test(arguments: [
        (.columnRole, "SELECT x, count(*) FROM (SELECT person AS x FROM people) GROUP BY x"),
        (.columnRole, "SELECT x FROM (SELECT person AS x, count(*) AS n FROM orders GROUP BY person)"),
        (.columnRole, "SELECT sum(x) FROM (SELECT person AS x FROM people)"),
        (.columnRole, "WITH a AS (SELECT wage AS w FROM people), b AS (SELECT w AS v FROM a) SELECT v, count(*) FROM b GROUP BY v"),
        (.columnRole, "SELECT count(*) FROM (SELECT coalesce(wage, 0) AS w FROM people) WHERE w > 100"),
        (.columnRole, "SELECT w, count(*) FROM (SELECT person, max(wage) AS w FROM people GROUP BY person) GROUP BY w"),
        (.columnRole, "SELECT count(*) FROM (SELECT person, sum(wage) AS w FROM people GROUP BY person) WHERE w > 100"),
        (.columnRole, "SELECT count(*) FROM people WHERE person = 7"),
        (.columnRole, "SELECT count(*) FROM people p JOIN towns t ON p.person = t.size"),
        (.columnRole, "SELECT count(*) FROM people WHERE person IN (SELECT size FROM towns)"),
        (.columnRole, "SELECT count(*) FROM towns t WHERE EXISTS (SELECT 1 FROM people p WHERE p.person = t.size)"),
        (.selectiveAggregate, "SELECT count(*) FROM towns t WHERE EXISTS (SELECT 1 FROM people p WHERE p.town = t.town)"),
        (.selectiveAggregate, "SELECT count(*) FROM people p WHERE born > 1950 OR EXISTS (SELECT 1 FROM orders o WHERE o.person = p.person)"),
        (.selectiveAggregate, "SELECT sum(x) FROM (SELECT person, sum(CASE WHEN town = 'A' THEN wage END) AS x FROM people GROUP BY person)"),
        (.selectiveAggregate, "SELECT sum(price * price * price) FROM orders"),
        (.joinNotAllowed, "SELECT count(*) FROM people p, orders o"),
        (.joinNotAllowed, "SELECT count(*) FROM people a JOIN people b ON a.town = b.town"),
        (.joinNotAllowed, "SELECT count(*) FROM towns t LEFT JOIN people p ON t.town = p.town"),
        (.joinNotAllowed, "SELECT count(*) FROM people p JOIN shops s ON p.town = s.town AND p.born > s.rank"),
        (.syntaxNotAllowed, "SELECT avg(r) FROM (SELECT row_number() OVER (PARTITION BY day ORDER BY price) AS r FROM orders)"),
        (.syntaxNotAllowed, "SELECT sum(price) FROM (SELECT price FROM orders ORDER BY price DESC LIMIT 1)"),
        (.notAggregated, "SELECT town FROM people UNION SELECT town FROM towns"),
        (.notAggregated, "SELECT town, (SELECT wage FROM people LIMIT 1) FROM towns"),
        (.notAggregated, "SELECT born FROM people ORDER BY 1"),
        (.syntaxNotAllowed, "SELECT sum(price) FROM orders o WHERE price > (SELECT avg(q.price) FROM orders q WHERE q.day < o.day)"),
        (.functionNotAllowed, "SELECT max(born) FROM people"),
    ] as [(QueryRefusal.Code, String)])
    func whatIsNotMayNot(code: QueryRefusal.Code, sql: String) async throws {
        let refusal = await Bench.refusal { () async throws(SandboxError) in try await Self.check(sql) }
        #expect(refusal?.code == code, "\(refusal?.description ?? "accepted")")
        #expect(refusal?.message.isEmpty == false)
    }

    @Test func equalUnitsAreCountedOnceAndOthersEach() async throws {
        let joined = try await Self.check("SELECT count(*) FROM people p JOIN orders o ON p.person = o.person")
        #expect(joined.template.stages.map(\.cells.units.count) == [1])
        let exists = try await Self.check("SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM readings r WHERE r.device = o.number)")
        #expect(exists.template.stages.map(\.cells.units.count) == [2])
        #expect(exists.template.stages[0].cells.units[1].table == "readings")
        // Whose rows a condition rests on, whose policy takes part.
        #expect(exists.template.stages[0].tables.map { exists.tables[$0].name } == ["orders", "readings"])
    }

    @Test func anInnerGroupingIsAReleaseOfItsOwnAndOneThatIsUsedTwiceIsMadeOnce() async throws {
        let once = try await Self.check("WITH t AS (SELECT town, count(*) AS n FROM people GROUP BY town) SELECT a.town FROM t a JOIN t b ON a.town = b.town WHERE a.n = (SELECT max(n) FROM t)")
        #expect(once.template.stages.count == 1)
        let nested = try await Self.check("SELECT count(*) FROM people WHERE born > (SELECT avg(born) FROM people)")
        #expect(nested.template.stages.count == 2)
        #expect(nested.template.mainStage == 1)
        #expect(!nested.template.result.contains("main.data"))
    }

    @Test func fixedPointSumsAreExactAndFloatingOnesAreNot() async throws {
        #expect(try await Self.check("SELECT sum(price * (1 - tax)) FROM orders").isExact)
        #expect(try await Self.check("SELECT sum(price), count(*) FROM orders").isExact)
        let floating = try await Self.check("SELECT avg(value) FROM readings")
        #expect(!floating.isExact)
    }

    @Test func aRefusalTellsWhereThePieceIsAndHowLong() async throws {
        let sql = "SELECT town,\n       max(born)\nFROM people GROUP BY town"
        let refusal = try #require(await Bench.refusal { () async throws(SandboxError) in try await Self.check(sql) })
        #expect(refusal.line == 2 && refusal.column == 8 && refusal.length == 3)
        let nameless = try #require(await Bench.refusal { () async throws(SandboxError) in try await Self.check("SELECT count(*) FROM people, orders") })
        #expect(nameless.line == 1 && nameless.length == 6)
    }
}
