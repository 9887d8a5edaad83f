import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// Results are kept as long as the contract says, and then destroyed.
@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000

    private func digest(_ answer: Answer) throws -> SHA256Digest {
        try #require(SHA256Digest(hexadecimal: answer.json["run"]?["result"]?.stringValue ?? ""))
    }

    @Test func aResultIsDestroyedWhenItsTimeIsOverAndNotBefore() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node, retentionDays: 3)
            let run = try await trade.run()
            let digest = try digest(run)
            #expect(node.services.vault.contains(digest))
            #expect(await node.server.housekeeping.purge(at: Clock.now().advanced(byMilliseconds: 3 * Self.day - 60_000)))
            #expect(node.services.vault.contains(digest))
            // The rules go by the ledger's clock, which has not come there: destroyed it is, and the record is made later.
            _ = await node.server.housekeeping.purge(at: Clock.now().advanced(byMilliseconds: 3 * Self.day + 60_000))
            #expect(!node.services.vault.contains(digest))
            let gone = try await node.get("/api/v1/runs/\(run.identifier)/result", by: trade.market.insurer.key)
            #expect(gone.status == 410 && gone.code == "result-gone", "\(gone)")
        }
    }

    @Test func aResultIsNotServedAfterItsTimeThoughItIsThereStill() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node, retentionDays: 3)
            let run = try await trade.run()
            let recorded = try node.services.recorded(UInt64(run.json["receipt"]?["seq"]?.integerValue ?? 0))
            let (before, after) = (3 * Self.day - 60_000, 3 * Self.day + 60_000)
            #expect(try await node.services.storedResult(recorded, at: recorded.time.advanced(byMilliseconds: before)) != nil)
            #expect(try await node.services.storedResult(recorded, at: recorded.time.advanced(byMilliseconds: after)) == nil)
        }
    }

    @Test func aContractWithoutRetentionLeavesNoResultBehind() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node, retentionDays: 0)
            let run = try await trade.run()
            #expect(run.status == 201 && run.json["result"] != nil, "\(run)")
            #expect(try !node.services.vault.contains(digest(run)))
        }
    }

    @Test func anOrphanedResultIsDestroyedAndOneInUseIsNot() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let run = try await trade.run()
            let orphan = try node.services.vault.store(bytes: Array("orphan".utf8), kind: .result)
            let document = try node.services.vault.store(bytes: Array("document".utf8), kind: .document)
            #expect(try await node.services.results.purgeOrphans(at: Clock.now()) == 1)
            #expect(!node.services.vault.contains(orphan))
            #expect(node.services.vault.contains(document))
            #expect(try node.services.vault.contains(digest(run)))
            // What is being recorded is no orphan, and is gone if it does not come onto the record.
            let bytes = Array("not recorded".utf8)
            let held = try await node.services.results.store(bytes, SHA256.hash(bytes)) {
                _ = try await node.services.results.purgeOrphans(at: Clock.now())
                return (node.services.vault.contains(SHA256.hash(bytes)), false)
            }
            #expect(held)
            #expect(!node.services.vault.contains(SHA256.hash(bytes)))
        }
    }

    @Test func aBuyerHasAResultDestroyedOnTheRecordAndOnce() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let (first, second) = (try await trade.run(), try await trade.run())
            let (one, other) = (try digest(first), try digest(second))
            // The same question has the same answer, which is kept for the other run still.
            #expect(one == other)
            let path = "/api/v1/runs/\(first.identifier)/destruction"
            for stranger in [trade.market.airport.key, trade.market.bank.key] {
                let answer = try await node.send(TestRequest("POST", path, signer: stranger))
                #expect(answer.status == (stranger === trade.market.airport.key ? 403 : 404), "\(answer)")
            }
            let destroyed = try await node.send(TestRequest("POST", path, signer: trade.market.insurer.key))
            #expect(destroyed.status == 201 && destroyed.json["receipt"]?["type"] == "run.result-destroyed", "\(destroyed)")
            #expect(node.services.vault.contains(one))
            #expect(try await node.get("/api/v1/runs/\(first.identifier)/result", by: trade.market.insurer.key).status == 410)
            #expect(try await node.get("/api/v1/runs/\(second.identifier)/result", by: trade.market.insurer.key).status == 200)
            let again = try await node.send(TestRequest("POST", path, signer: trade.market.insurer.key))
            #expect(again.status == 410 && again.code == "result-gone", "\(again)")
            let last = try await node.send(
                TestRequest("POST", "/api/v1/runs/\(second.identifier)/destruction", signer: trade.market.insurer.key))
            #expect(last.status == 201, "\(last)")
            #expect(!node.services.vault.contains(one))
        }
    }

    @Test func aSealedResultIsKeptAndDeliveredForTheSignersKeyOnly() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            let key = trade.market.insurer.key
            let task = try await trade.mint(TaskRequest(query: trade.query, contracts: [trade.contract], parameters: [:], isSealed: true))
            let request = RunRequest(task: try #require(task), query: trade.query, contracts: [trade.contract], parameters: [:])
            let run = try await node.post("/api/v1/runs", .runRequest(request), by: key)
            try #require(run.status == 201 && run.json["result"] == nil, "\(run)")
            let sealed = try #require(Base64.decodeURL(run.json["sealed"]?["ciphertext"]?.stringValue ?? ""))
            #expect(SHA256.hash(sealed).description == run.json["run"]?["sealed"]?.stringValue)
            let opened = try key.open(sealed)
            #expect(SHA256.hash(opened).description == run.json["run"]?["result"]?.stringValue)
            #expect(throws: SealedBoxError.self) { try trade.market.airport.key.open(sealed) }
            // In the clear it is nowhere.
            #expect(node.services.vault.contains(SHA256.hash(sealed)))
            #expect(!node.services.vault.contains(SHA256.hash(opened)))
            let fetched = try await node.get("/api/v1/runs/\(run.identifier)/result", by: key)
            #expect(fetched.json["sealed"] == run.json["sealed"], "\(fetched)")
            // The task is used up.
            let again = try await node.post("/api/v1/runs", .runRequest(request), by: key)
            #expect(again.status == 403 && again.code == "task-used", "\(again)")
        }
    }
}
