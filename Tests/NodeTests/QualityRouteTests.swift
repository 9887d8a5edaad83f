import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// Quality reports and the sample library, over HTTP.
@Suite struct QualityRouteTests {
    private func withTrading(_ body: (TradingMarket) async throws -> Void) async throws {
        try await withNode { node in try await body(try await TradingMarket(node)) }
    }

    @Test func aReportIsSignedByTheNodeKeptAndOnTheLedger() async throws {
        try await withTrading { trading in
            let (node, airport) = (trading.node, trading.market.airport)
            let path = "/api/v1/products/\(trading.flights)/quality"
            let missing = try await node.get(path)
            #expect(missing.code == "no-quality-report")
            #expect(missing.problem?.hint?.contains("hexi product assess") == true)
            let answer = try await node.send(TestRequest("POST", path, signer: airport.key))
            #expect(answer.status == 201, "\(answer)")
            let report = answer.json["report"] ?? .null
            #expect(report["rows"]?.integerValue == 60)
            #expect(report["minimumSupport"]?.integerValue == 10)

            // The ledger names the very bytes, and the node's key signed them.
            let seq = try #require(answer.json["entry"]?.integerValue)
            let recorded = try node.services.recorded(UInt64(seq))
            #expect(recorded.event.type == .productAssessed && recorded.event.actor == Event.nodeActor)
            let signed = answer.json["signed"]?.stringValue ?? ""
            #expect(recorded.event.body["report"]?.stringValue == SHA256.hash(Array(signed.utf8)).description)
            let jws = try CompactJWS(signed, maximumCount: 1 << 20)
            #expect(jws.type == "hexi-quality-report+jws")
            try jws.verify(with: try await node.services.voice().verificationKey)
            #expect(try JSONValue.parse(jws.payload) == report)

            let read = try await node.get(path + "?version=1")
            #expect(read.status == 200 && read.json["signed"]?.stringValue == signed)
            let versions = try await node.get("/api/v1/products/\(trading.flights)/versions")
            #expect(versions.json["items"]?.arrayValue?.first?["quality"]?["rows"]?.integerValue == 60)
        }
    }

    @Test func aReportShowsNothingOfFewRowsOrUnits() async throws {
        try await withTrading { trading in
            let answer = try await trading.node.send(
                TestRequest("POST", "/api/v1/products/\(trading.flights)/quality", signer: trading.market.airport.key))
            // ZZ flies with two aircraft; tails are the privacy units.
            for secret in ["ZZ", "AA1", "BB1", "Z0"] { #expect(!answer.text.contains("\"\(secret)"), "\(secret)") }
        }
    }

    @Test func onlyTheProviderAndTheOperatorHaveDataAssessed() async throws {
        try await withTrading { trading in
            let path = "/api/v1/products/\(trading.flights)/quality"
            for key in [trading.market.bureau.key, trading.market.insurer.key, trading.market.auditor.key] {
                let refused = try await trading.node.send(TestRequest("POST", path, signer: key))
                #expect(refused.status == 403, "\(refused)")
            }
            #expect(try await trading.node.send(TestRequest("POST", path)).status == 401)
            let size = trading.node.services.ledger.size
            let byOperator = try await trading.node.send(TestRequest("POST", path, signer: trading.node.operatorKey))
            #expect(byOperator.status == 201, "\(byOperator)")
            #expect(trading.node.services.ledger.size == size + 1)
            #expect(try await trading.node.get(path + "?version=2").status == 404)
        }
    }

    @Test func aDamagedReportIsNotShown() async throws {
        try await withTrading { trading in
            let path = "/api/v1/products/\(trading.flights)/quality"
            let answer = try await trading.node.send(TestRequest("POST", path, signer: trading.market.airport.key))
            let digest = answer.json["sha256"]?.stringValue ?? ""
            let file = "\(trading.node.services.home.reportDirectory)/\(digest).jws"
            try PrivateFile.write(Array("nonsense".utf8), to: file)
            let read = try await trading.node.get(path)
            #expect(read.status == 410 && read.code == "quality-report-lost", "\(read)")
        }
    }

    // MARK: Samples

    @Test func aSampleIsSyntheticMarkedAndTheSameEveryTime() async throws {
        try await withTrading { trading in
            let node = trading.node
            let path = "/api/v1/products/\(trading.flights)/sample"
            #expect(try await node.get(path).code == "no-quality-report")
            _ = try await node.send(TestRequest("POST", "/api/v1/products/\(trading.flights)/quality", signer: trading.market.airport.key))
            let first = try await node.get(path + "?rows=50")
            #expect(first.status == 200 && first.headers["X-Hexi-Synthetic"] == "true")
            #expect(first.headers["Content-Disposition"]?.contains("synthetic") == true)
            #expect(try await node.get(path + "?rows=50").body == first.body)
            let lines = first.text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            #expect(lines.count == 51 && lines[0].joined(separator: ",") == "tail,carrier,origin,hour,delay")
            for line in lines.dropFirst() {
                #expect(line[0].hasPrefix("sample-unit-") && line[1] == "AA")
            }
        }
    }

    @Test func aQueryIsTriedOnSamplesWithoutAContractAndLeavesNothing() async throws {
        try await withTrading { trading in
            let node = trading.node
            for (product, party) in [(trading.flights, trading.market.airport), (trading.weather, trading.market.bureau)] {
                let made = try await node.send(TestRequest("POST", "/api/v1/products/\(product)/quality", signer: party.key))
                #expect(made.status == 201, "\(made)")
            }
            // The bank has no contract at all.
            let bank = trading.market.bank.key
            let size = node.services.ledger.size
            func draft(_ sql: String) -> JSONValue {
                [
                    "mode": "aggregate", "sql": .string(sql), "rows": 400, "values": ["least": 0],
                    "tables": [["name": "flights", "product": .string(trading.flights.text), "version": 1]],
                    "parameters": [["name": "least", "type": "integer"]],
                ]
            }
            let sql = "SELECT carrier, count(*) AS n, avg(delay) AS mean FROM flights WHERE hour >= $least GROUP BY carrier ORDER BY carrier"
            let answer = try await node.send(TestRequest("POST", "/api/v1/queries/test", json: draft(sql), signer: bank))
            #expect(answer.status == 200 && answer.json["accepted"]?.boolValue == true, "\(answer)")
            #expect(answer.json["synthetic"]?.boolValue == true && answer.headers["X-Hexi-Synthetic"] == "true")
            let rows = answer.json["rows"]?.arrayValue ?? []
            // BB flies with eight aircraft: too few to be in the report, so not in the sample either.
            #expect(rows.map { $0.arrayValue?.first?.stringValue } == ["AA"])
            // What a real run refuses is refused here, with its place.
            let refused = try await node.send(TestRequest("POST", "/api/v1/queries/test", json: draft("SELECT tail FROM flights"), signer: bank))
            #expect(refused.json["accepted"]?.boolValue == false && refused.json["fault"]?["line"]?.integerValue == 1, "\(refused)")
            #expect(node.services.ledger.size == size)
            #expect(PrivateFile.names(in: node.services.snapshots.uploadDirectory).isEmpty)
        }
    }
}
