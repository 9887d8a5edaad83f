import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// Yes or no about one subject who has consented, and nothing about anybody else.
@Suite struct MatchTests {
    private struct Stage {
        var trade: TradingMarket
        var product: Identifier
        var contract: Identifier
        var query: Identifier
        var node: TestNode { trade.node }
        var insurer: SigningKey { trade.market.insurer.key }
        var airport: SigningKey { trade.market.airport.key }

        /// Brings a subject and records its consent.
        func token(of subject: String) async throws -> String {
            let path = "/api/v1/products/\(product)/subjects"
            let brought = try await node.send(TestRequest("POST", path, json: ["subject": .string(subject)], signer: airport))
            try #require(brought.status == 201, "\(brought)")
            let token = brought.json["token"]?.stringValue ?? ""
            let consent = SubjectConsent(
                product: product, buyer: trade.market.insurer.identifier, token: token,
                validFrom: Clock.now().advanced(byMilliseconds: -60_000), validUntil: Clock.now().advanced(byMilliseconds: 3_600_000))
            let given = try await node.post("/api/v1/consents", .run(.consent(consent)), by: airport)
            try #require(given.status == 201, "\(given)")
            return token
        }

        /// The node's answer to the task, or to the run with it.
        func ask(_ token: String) async throws -> Answer {
            let parameters: JSONObject = ["subject": .string(token)]
            let wish = TaskRequest(query: query, contracts: [contract], parameters: parameters)
            let minted = try await node.post("/api/v1/tasks", .run(.task(wish)), by: insurer)
            guard minted.status == 201 else { return minted }
            let request = RunRequest(
                task: try Identifier(minted.identifier), query: query, contracts: [contract], parameters: parameters)
            return try await node.post("/api/v1/runs", .runRequest(request), by: insurer)
        }
    }

    private func stage(_ node: TestNode) async throws -> Stage {
        let trade = try await TradingMarket(node)
        let product = try await TradingMarket.list(trade.market, Self.table, trade.market.airport) { provider, snapshot in
            var listing = TradingMarket.flightsListing(provider, snapshot)
            listing.data?.match = MatchTerms(subject: "tail", maximumPerDay: 4)
            return listing
        }
        let contract = try await TradingMarket.contract(trade.market, product, trade.weather, 30)
        let submission = QuerySubmission(
            buyer: trade.market.insurer.identifier, title: "Late or not", mode: .match,
            tables: [QueryTable(name: "flights", product: product, version: 1)], parameters: [QuerySubmission.subjectParameter],
            sql: "SELECT CASE WHEN delay > 50 THEN 'late' WHEN delay > 10 THEN 'middling' ELSE 'early' END AS band FROM flights WHERE tail = $subject")
        let query = try await TradingMarket.approved(trade.market, submission, [trade.market.airport])
        return Stage(trade: trade, product: product, contract: contract, query: query)
    }

    private static let table = Array("tail,carrier,origin,hour,delay\nA1,AA,JFK,1,60\nA2,AA,JFK,1,20\nA3,AA,JFK,1,5\nA4,AA,JFK,1,5\nA4,AA,JFK,2,5\nA5,AA,JFK,2,\n".utf8)

    @Test func aConsentedSubjectIsAnsweredWithABandAndNobodyElseIs() async throws {
        try await withNode { node in
            let stage = try await stage(node)
            let token = try await stage.token(of: "A1")
            let answer = try await stage.ask(token)
            #expect(answer.json["result"]?["rows"]?.serializedString() == #"[["late"]]"#, "\(answer)")
            #expect(answer.json["result"]?["columns"]?[0]?["name"] == "band")
            // The subject stands nowhere on the ledger.
            let ledger = try await node.get("/ledger/entries?start=0&count=1000").text
            #expect(!ledger.contains("\"A1\""))
            // A token that nobody has, one of another subject, and the subject's own name: one and the same refusal.
            let unknown = stage.node.services.secrets.token(of: "A2", product: stage.product)
            var refusals: Set<String> = []
            for text in [unknown, String(repeating: "0", count: 64), "A1"] {
                let refused = try await stage.ask(text)
                #expect(refused.status == 422 && refused.code == "consent-missing", "\(refused)")
                refusals.insert(refused.problem?.detail ?? "")
            }
            #expect(refusals.count == 1)
        }
    }

    @Test func whoIsNotThereOrThereTwiceOrWithoutAValueIsUnknownAlike() async throws {
        try await withNode { node in
            let stage = try await stage(node)
            var answers: Set<String> = []
            for subject in ["nobody", "A4"] {
                let answer = try await stage.ask(try await stage.token(of: subject))
                #expect(answer.json["run"]?["rows"] == 1, "\(answer)")
                answers.insert(answer.json["result"]?.serializedString() ?? "\(answer)")
            }
            #expect(answers.count == 1 && answers.first?.contains(#"[["unknown"]]"#) == true, "\(answers)")
        }
    }

    @Test func anEndedConsentAndTheDaysLimitEndTheAnswers() async throws {
        try await withNode { node in
            let stage = try await stage(node)
            let token = try await stage.token(of: "A3")
            for _ in 0..<4 { #expect(try await stage.ask(token).status == 201) }
            let fifth = try await stage.ask(token)
            #expect(fifth.code == "match-limit-reached", "\(fifth)")
            let end = SubjectConsentEnd(product: stage.product, buyer: stage.trade.market.insurer.identifier, token: token)
            let ended = try await node.post("/api/v1/consents/ends", .run(.consentEnd(end)), by: stage.airport)
            #expect(ended.status == 201, "\(ended)")
            #expect(try await stage.ask(token).code == "consent-missing")
            let listed = try await node.get("/api/v1/consents", by: stage.insurer)
            #expect(listed.json["items"]?[0]?["inForce"] == false, "\(listed)")
            #expect(try await node.get("/api/v1/consents", by: stage.trade.market.bank.key).json["items"] == [])
        }
    }

    @Test func whatIsNotAboutTheOneSubjectIsRefused() async throws {
        try await withNode { node in
            let stage = try await stage(node)
            for sql in [
                "SELECT delay > 5 FROM flights", "SELECT delay FROM flights WHERE tail = $subject",
                "SELECT tail = 'A1' FROM flights WHERE tail = $subject", "SELECT delay > 5 FROM flights WHERE carrier = $subject",
                "SELECT delay > 5 FROM flights WHERE tail = $subject OR true", "SELECT delay > 5 FROM flights WHERE tail >= $subject",
                "SELECT delay > 5, hour > 1 FROM flights WHERE tail = $subject", "SELECT count(*) > 1 FROM flights WHERE tail = $subject",
                "SELECT (SELECT max(delay) FROM flights) > 5 FROM flights WHERE tail = $subject",
                "SELECT carrier = $subject FROM flights WHERE tail = $subject", "SELECT true FROM flights WHERE tail = $subject",
                "SELECT delay > 5 FROM flights WHERE tail = $subject LIMIT 1",
                "SELECT delay > 5 FROM flights WHERE tail = $subject UNION ALL SELECT true FROM flights WHERE tail = $subject",
                "SELECT CASE delay WHEN 0 THEN 0 WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 3 WHEN 4 THEN 4 WHEN 5 THEN 5 WHEN 6 THEN 6 WHEN 7 THEN 7 ELSE 8 END FROM flights WHERE tail = $subject",
                "SELECT CASE WHEN delay > 5 THEN delay ELSE 0 END FROM flights WHERE tail = $subject",
            ] {
                let draft: JSONValue = [
                    "mode": "match", "parameters": [["name": "subject", "type": "text"]], "sql": .string(sql),
                    "tables": [["name": "flights", "product": .string(stage.product.text), "version": 1]],
                ]
                let checked = try await node.send(TestRequest("POST", "/api/v1/queries/check", json: draft, signer: stage.insurer))
                #expect(checked.status == 200 && checked.json["accepted"] == false, "\(sql): \(checked)")
            }
        }
    }
}
