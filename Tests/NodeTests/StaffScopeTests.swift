import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// What a staff key may read of a product, as the sandbox sees to it.
@Suite struct StaffScopeTests {
    private static func rows(_ answer: Answer) -> String { answer.json["result"]?["rows"]?.serializedString() ?? "\(answer)" }

    private static func run(_ trade: TradingMarket, by key: SigningKey) async throws -> Answer {
        try await trade.node.post("/api/v1/runs", try await trade.request(), by: key)
    }

    @Test func aRunSeesTheRowsWithinTheScopeOnly() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let insurer = trade.market.insurer
            #expect(Self.rows(try await Self.run(trade, by: insurer.key)) == #"[["AA",30,29.0],["BB",24,29.0]]"#)
            let clerk = SigningKey.generate()
            let scope = [RowScope(product: trade.flights, column: "carrier", values: ["BB"])]
            try await StaffTests.delegate(node, insurer, clerk, StaffTests.delegation(insurer, clerk, rowScope: scope))
            let scoped = try await Self.run(trade, by: clerk)
            #expect(Self.rows(scoped) == #"[["BB",24,29.0]]"#)
            // Too few units within the scope: the rule counts what is left.
            let narrow = SigningKey.generate()
            try await StaffTests.delegate(
                node, insurer, narrow,
                StaffTests.delegation(insurer, narrow, rowScope: [RowScope(product: trade.flights, column: "carrier", values: ["ZZ"])]))
            let tooFew = try await Self.run(trade, by: narrow)
            #expect(tooFew.code == "group-below-minimum", "\(tooFew)")
            // Nobody picks out people by a scope: neither by who they are nor by what is measured of them.
            for column in ["tail", "delay"] {
                let picker = SigningKey.generate()
                try await StaffTests.delegate(
                    node, insurer, picker,
                    StaffTests.delegation(insurer, picker, rowScope: [RowScope(product: trade.flights, column: column, values: ["1"])]))
                #expect(try await Self.run(trade, by: picker).code == "scope-exceeded", "\(column)")
            }
        }
    }

    @Test func aScopeByAColumnThatTheTableHasNotIsRefused() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let clerk = SigningKey.generate()
            let scope = [RowScope(product: nil, column: "county", values: ["Xifeng"])]
            try await StaffTests.delegate(
                node, trade.market.insurer, clerk, StaffTests.delegation(trade.market.insurer, clerk, rowScope: scope))
            let answer = try await Self.run(trade, by: clerk)
            #expect(answer.status == 403 && answer.code == "scope-exceeded", "\(answer)")
        }
    }

    @Test func columnsOutsideTheFieldSetAreRefusedWithTheirPlace() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let insurer = trade.market.insurer
            let clerk = SigningKey.generate()
            try await StaffTests.delegate(
                node, insurer, clerk, StaffTests.delegation(insurer, clerk, fieldSet: [trade.flights: ["carrier", "origin"]]))
            let run = try await Self.run(trade, by: clerk)
            #expect(run.code == "scope-exceeded" && run.status >= 400, "\(run)")
            func submit(_ sql: String, by key: SigningKey) async throws -> Answer {
                try await node.post("/api/v1/queries", .querySubmission(TradingMarket.submission(trade.market, trade.flights, sql)), by: key)
            }
            let outside = try await submit("SELECT carrier, avg(delay) AS mean\nFROM flights GROUP BY carrier", by: clerk)
            #expect(outside.status == 403 && outside.code == "scope-exceeded", "\(outside)")
            #expect(outside.problem?.extensions["line"] == 1, "\(outside)")
            let inside = try await submit("SELECT carrier, count(*) AS n FROM flights GROUP BY carrier ORDER BY carrier", by: clerk)
            #expect(inside.status == 201, "\(inside)")
            // Once it is approved, the key may run it.
            let query = try Identifier(inside.identifier)
            let decision = QueryDecision(query: query, decision: .approve, reason: "checked")
            _ = try await node.post("/api/v1/queries/\(query)/decisions", .queryDecision(decision), by: trade.market.airport.key)
            let answer = try await node.post("/api/v1/runs", try await trade.request(query), by: clerk)
            #expect(Self.rows(answer) == #"[["AA",30],["BB",24]]"#)
            // A product that the field set does not name is out of reach.
            let weather = QuerySubmission(
                buyer: insurer.identifier, title: "wind", mode: .aggregate,
                tables: [QueryTable(name: "weather", product: trade.weather, version: 1)], parameters: [],
                sql: "SELECT wind, count(*) AS n FROM weather GROUP BY wind")
            #expect(try await node.post("/api/v1/queries", .querySubmission(weather), by: clerk).code == "scope-exceeded")
        }
    }

    @Test func aScopedKeySeesTheResultsOfItsOwnRunsOnly() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let insurer = trade.market.insurer
            let (scoped, whole) = (SigningKey.generate(), SigningKey.generate())
            let scope = [RowScope(product: trade.flights, column: "carrier", values: ["BB"])]
            try await StaffTests.delegate(node, insurer, scoped, StaffTests.delegation(insurer, scoped, rowScope: scope))
            try await StaffTests.delegate(node, insurer, whole, StaffTests.delegation(insurer, whole))
            let content = try await trade.request()
            let statement = try TestNode.sign(content, by: insurer.key)
            let run = try await node.post("/api/v1/runs", statement, by: insurer.key)
            #expect(run.status == 201, "\(run)")
            #expect(try await node.get("/api/v1/runs/\(run.identifier)/result", by: whole).status == 200)
            #expect(try await node.get("/api/v1/runs/\(run.identifier)/result", by: scoped).code == "scope-exceeded")
            // Nor by signing the very same request again.
            let again = try SignedStatement(
                .string(JWS.sign(payload: statement.payload, type: StatementKind.runRequest.mediaType, key: scoped)))
            let repeated = try await node.post("/api/v1/runs", again, by: scoped)
            #expect(repeated.status == 403 && repeated.json["result"] == nil, "\(repeated)")
            let own = try await Self.run(trade, by: scoped)
            #expect(try await node.get("/api/v1/runs/\(own.identifier)/result", by: scoped).status == 200)
        }
    }
}
