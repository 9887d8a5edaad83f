import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// The whole way from an upload to a bill, with the real sandbox.
@Suite struct TradingTests {
    @Test func aProductIsFoundInChineseAndInEnglish() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            for (text, product) in [("航班", trade.flights), ("延误", trade.flights), ("departures", trade.flights), ("weather", trade.weather), ("气象", trade.weather)] {
                let encoded = text.utf8.map { "%" + Hexadecimal.encode([$0]) }.joined()
                let found = try await node.get("/api/v1/products?q=\(encoded)")
                #expect(found.json["items"]?.arrayValue?.compactMap { $0["identifier"]?.stringValue } == [product.text], "\(text): \(found)")
            }
        }
    }

    @Test func aRunGivesTheResultAReceiptAndABill() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let insurer = trade.market.insurer.key
            let answer = try await trade.run()
            try #require(answer.status == 201, "\(answer)")
            // AA: the even numbers but none that ends in 9; BB: the odd ones but those; ZZ rests on two aircraft only.
            #expect(answer.json["result"]?["rows"]?.serializedString() == #"[["AA",30,29.0],["BB",24,29.0]]"#, "\(answer)")
            // That a group was left out is not told either: two aircraft are too few even for that.
            #expect(answer.json["run"]?["suppressedGroups"] == 0)
            let seq = answer.json["receipt"]?["seq"]?.integerValue ?? 0
            let entry = try await node.get("/ledger/entries?start=\(seq)&count=1")
            #expect(entry.text.contains(answer.identifier))
            let result = try await node.get("/api/v1/runs/\(answer.identifier)/result", by: insurer)
            #expect(result.status == 200 && result.json["rows"] == answer.json["result"]?["rows"], "\(result)")
            #expect(SHA256.hash(result.body).description == answer.json["run"]?["result"]?.stringValue)
            let usage = try await node.get("/api/v1/usage", by: insurer)
            #expect(usage.json["parties"]?[0]?["owes"] == .integer(TradingMarket.flightsPrice), "\(usage)")
            let earned = try await node.get("/api/v1/usage", by: trade.market.airport.key)
            #expect(earned.json["parties"]?[0]?["earns"] == .integer(TradingMarket.flightsPrice), "\(earned)")
            let seen = try await node.get("/api/v1/usage", by: trade.market.auditor.key)
            #expect(seen.json["charges"]?.arrayValue?.count == 1, "\(seen)")
        }
    }

    @Test func aJointRunIsChargedToBothProviders() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let submission = QuerySubmission(
                buyer: trade.market.insurer.identifier, title: "Delay by wind", mode: .aggregate,
                tables: [
                    QueryTable(name: "flights", product: trade.flights, version: 1),
                    QueryTable(name: "weather", product: trade.weather, version: 1),
                ], parameters: [],
                sql: "SELECT w.wind, count(*) AS n FROM flights f JOIN weather w ON f.origin = w.origin AND f.hour = w.hour GROUP BY w.wind ORDER BY w.wind")
            let query = try await TradingMarket.approved(trade.market, submission, [trade.market.airport, trade.market.bureau])
            let answer = try await node.post("/api/v1/runs", try await trade.request(query), by: trade.market.insurer.key)
            #expect(answer.json["result"]?["rows"]?.serializedString() == "[[10.5,20],[20.5,20],[30.5,20]]", "\(answer)")
            let usage = try await node.get("/api/v1/usage", by: trade.market.insurer.key)
            #expect(usage.json["parties"]?[0]?["owes"] == .integer(TradingMarket.flightsPrice + TradingMarket.weatherPrice), "\(usage)")
        }
    }

    @Test func whatThePolicyForbidsIsRefusedWithItsPlace() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let key = trade.market.insurer.key
            for (sql, piece) in [
                ("SELECT tail, delay FROM flights", "tail"), ("SELECT carrier, count(*) FROM read_csv('/etc/passwd') GROUP BY 1", "read_csv"),
            ] {
                let submission = TradingMarket.submission(trade.market, trade.flights, sql)
                let answer = try await node.post("/api/v1/queries", .querySubmission(submission), by: key)
                #expect(answer.status == 422 && answer.problem?.extensions["receipt"] != nil, "\(answer)")
                #expect(answer.text.contains(piece), "\(answer)")
                #expect((answer.problem?.extensions["line"]?.integerValue ?? 0) == 1, "\(answer)")
                let draft: JSONValue = [
                    "mode": "aggregate", "parameters": [], "sql": .string(sql),
                    "tables": [["name": "flights", "product": .string(trade.flights.text), "version": 1]],
                ]
                let checked = try await node.send(TestRequest("POST", "/api/v1/queries/check", json: draft, signer: key))
                #expect(checked.status == 200 && checked.json["accepted"] == false, "\(checked)")
                #expect(checked.json["fault"]?["code"]?.stringValue == answer.code)
            }
            // A group of two aircraft is below the minimum, so there is nothing to give out.
            let small = try await TradingMarket.approved(
                trade.market,
                TradingMarket.submission(trade.market, trade.flights, "SELECT count(*) AS n FROM flights WHERE carrier = 'ZZ'"),
                [trade.market.airport])
            let refused = try await node.post("/api/v1/runs", try await trade.request(small), by: key)
            #expect(refused.status == 422 && refused.code == "group-below-minimum", "\(refused)")
            let without = try await node.post("/api/v1/runs", try await trade.request(contracts: []), by: key)
            #expect(without.status == 403 && without.code == "task-missing", "\(without)")
            let usage = try await node.get("/api/v1/usage", by: key)
            #expect(usage.json["parties"]?[0]?["owes"] == 0 && usage.json["parties"]?[0]?["refused"] == 2, "\(usage)")
        }
    }

    @Test func aRefusedRunIsSeenByTheProvidersOfItsTablesAndByNobodyElse() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let refused = try await node.post("/api/v1/runs", try await trade.request(contracts: []), by: trade.market.insurer.key)
            let run = refused.problem?.extensions["run"]?.stringValue ?? ""
            for (party, status) in [(trade.market.airport, 200), (trade.market.insurer, 200), (trade.market.auditor, 200), (trade.market.bureau, 404), (trade.market.bank, 404)] {
                let shown = try await node.get("/api/v1/runs/\(run)", by: party.key)
                #expect(shown.status == status, "\(shown)")
                let listed = try await node.get("/api/v1/runs", by: party.key)
                #expect(listed.json["items"]?.arrayValue?.count == (status == 200 ? 1 : 0), "\(listed)")
            }
        }
    }

    @Test func aRunAskedForAgainIsNeitherRepeatedNorChargedAgain() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let key = trade.market.insurer.key
            let statement = try TestNode.sign(await trade.request(), by: key)
            async let first = node.post("/api/v1/runs", statement, by: key)
            async let second = node.post("/api/v1/runs", statement, by: key)
            let both = try await [first, second]
            #expect(both.map(\.status).sorted() == [200, 201], "\(both)")
            let third = try await node.post("/api/v1/runs", statement, by: key)
            #expect(third.status == 200 && third.json["duplicate"] == true, "\(third)")
            #expect(third.json["receipt"] == both[0].json["receipt"] && third.json["result"] == both[0].json["result"])
            let usage = try await node.get("/api/v1/usage", by: key)
            #expect(usage.json["parties"]?[0]?["owes"] == .integer(TradingMarket.flightsPrice))
        }
    }

    @Test func theWordsOfAnothersRequestFromThePublicLedgerGetNoResult() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let statement = try TestNode.sign(await trade.request(), by: trade.market.insurer.key)
            let run = try await node.post("/api/v1/runs", statement, by: trade.market.insurer.key)
            try #require(run.status == 201)
            for thief in [trade.market.bank, trade.market.airport] {
                let copied = JWS.sign(payload: statement.payload, type: StatementKind.runRequest.mediaType, key: thief.key)
                let answer = try await node.send(
                    TestRequest("POST", "/api/v1/runs", json: ["statement": .string(copied)], signer: thief.key))
                #expect(answer.status == 403 && answer.json["result"] == nil, "\(answer)")
                let result = try await node.get("/api/v1/runs/\(run.identifier)/result", by: thief.key)
                #expect(result.status == (thief.key === trade.market.airport.key ? 403 : 404), "\(result)")
            }
        }
    }

    @Test func twoProvidersCanBringInTheSameData() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let first = try await TradingMarket.upload(market, TradingMarket.weatherTable, by: market.bureau)
            let second = try await TradingMarket.upload(market, TradingMarket.weatherTable, by: market.airport)
            #expect(first.status == 201 && second.status == 201)
            for (party, uploaded) in [(market.bureau, first), (market.airport, second)] {
                let listing = TradingMarket.weatherListing(party.identifier, uploaded.json["snapshot"] ?? .null)
                let answer = try await node.post("/api/v1/products", .productListing(listing), by: party.key)
                #expect(answer.status == 201, "\(answer)")
            }
            let others = TradingMarket.flightsListing(market.airport.identifier, ["sha256": .string(SHA256.hash([1]).description), "rows": 1, "columns": [["name": "tail", "type": "VARCHAR"]]])
            let refused = try await node.post("/api/v1/products", .productListing(others), by: market.airport.key)
            #expect(refused.status == 422 && refused.code == "snapshot-differs", "\(refused)")
        }
    }
}
