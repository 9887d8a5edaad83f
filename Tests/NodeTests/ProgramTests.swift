import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// A buyer's program: brought, read, approved, run, and its artefact held until it is released.
@Suite struct ProgramTests {
    private static let source = Array(
        """
        import csv, json
        rows = list(csv.DictReader(open("/data/flights.csv")))
        delays = [float(row["delay"]) for row in rows]
        json.dump({"rows": len(rows), "mean": sum(delays) / len(delays)}, open("/output/metrics.json", "w"))
        open("/output/weights", "w").write("[0.5, 1.5]")
        """.utf8)

    private static func submission(_ trade: TradingMarket, _ product: Identifier) throws -> QuerySubmission {
        let metrics = [
            ProgramSubmission.Metric(name: "rows", type: .integer, lower: DecimalNumber(0), upper: DecimalNumber(1000)),
            ProgramSubmission.Metric(name: "mean", type: .decimal, lower: DecimalNumber(0), upper: DecimalNumber(100)),
        ]
        return QuerySubmission(
            buyer: trade.market.insurer.identifier, title: "Mean delay, by a program", mode: .metrics,
            tables: [QueryTable(name: "flights", product: product, version: 1)], parameters: [], sql: "",
            program: ProgramSubmission(
                bundle: SHA256.hash(source).description, runtime: .python3, entry: "main.py", metrics: metrics,
                artefacts: [ProgramSubmission.Artefact(name: "weights", maximumBytes: 1000)]))
    }

    private static func bring(_ bytes: [UInt8], by key: SigningKey, _ node: TestNode) async throws -> Answer {
        var request = TestRequest("PUT", "/api/v1/programs/\(SHA256.hash(source))", signer: key)
        (request.body, request.contentType) = (bytes, "application/octet-stream")
        return try await node.send(request)
    }

    @Test func aProgramTellsItsMetricsAndItsArtefactWaitsForTheProvider() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let (insurer, airport) = (trade.market.insurer.key, trade.market.airport.key)
            let product = try await TradingMarket.list(trade.market, TradingMarket.flightsTable, trade.market.airport) { provider, snapshot in
                var listing = TradingMarket.flightsListing(provider, snapshot)
                listing.data?.metrics = MetricsTerms(
                    runtimes: [.python3], maximumSeconds: 60, maximumMemory: 512, maximumScratch: 16, maximumArtefactBytes: 1000,
                    significantDigits: 3)
                return listing
            }
            let contract = try await TradingMarket.contract(trade.market, product, trade.weather, 30)
            // Nothing is taken that no query names.
            #expect(try await Self.bring(Self.source, by: insurer, node).status == 404)
            let query = try await TradingMarket.approved(trade.market, try Self.submission(trade, product), [trade.market.airport])
            // Without the bundle the run is refused on the record.
            let early = try await node.post("/api/v1/runs", try await trade.request(query, contracts: [contract]), by: insurer)
            #expect(early.status == 422 && early.code == "program-missing", "\(early)")
            #expect(try await Self.bring([1, 2, 3], by: insurer, node).code == "program-differs")
            #expect(try await Self.bring(Self.source, by: trade.market.bank.key, node).status == 404)
            #expect(try await Self.bring(Self.source, by: insurer, node).status == 201)
            let bundle = "/api/v1/programs/\(SHA256.hash(Self.source))"
            #expect(try await node.get(bundle, by: airport).body == Self.source)
            #expect(try await node.get(bundle, by: trade.market.bank.key).status == 404)

            let run = try await node.post("/api/v1/runs", try await trade.request(query, contracts: [contract]), by: insurer)
            try #require(run.status == 201, "\(run)")
            #expect(run.json["result"]?.serializedString() == #"{"metrics":{"rows":60,"mean":29.5}}"#, "\(run)")
            #expect(run.json["run"]?["artefacts"]?[0]?["name"] == "weights", "\(run)")
            let path = "/api/v1/runs/\(run.identifier)/artefacts/weights"
            // The buyer does not get it yet; the provider looks at it.
            #expect(try await node.get(path, by: insurer).code == "artefact-held")
            #expect(try await node.get(path, by: trade.market.bank.key).status == 404)
            let looked = try await node.get(path, by: airport)
            #expect(looked.text == "[0.5, 1.5]", "\(looked)")
            let decision = ArtefactDecision(
                run: try Identifier(run.identifier), artefact: "weights", sha256: SHA256.hash(looked.body).description, decision: .release,
                assessment: ArtefactDecision.Assessment(reference: "SA-1", sha256: SHA256.hash([1]).description), reason: "two numbers")
            let decided = try await node.post("\(path)/decisions", .run(.artefactDecision(decision)), by: airport)
            #expect(decided.status == 201, "\(decided)")
            #expect(try await node.get(path, by: insurer).body == looked.body)
            #expect(try await node.get(path, by: trade.market.bank.key).status == 404)
            // It goes with the result.
            let destroyed = try await node.send(
                TestRequest("POST", "/api/v1/runs/\(run.identifier)/destruction", signer: insurer))
            #expect(destroyed.status == 201, "\(destroyed)")
            #expect(try await node.get(path, by: insurer).status == 410)
        }
    }
}
