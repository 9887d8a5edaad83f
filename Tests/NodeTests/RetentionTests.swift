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
            #expect(await node.server.housekeeping.purge(at: Clock.now().advanced(byMilliseconds: 3 * Self.day + 60_000)))
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
            let past = Clock.now().advanced(byMilliseconds: -1)
            #expect(try await node.services.results.read(recorded, expiry: past) == nil)
            let expiry = await node.services.sequencer.read { $0.resultExpiry(recorded.event, recordedAt: recorded.time) }
            #expect(expiry == recorded.time.advanced(byMilliseconds: 3 * Self.day))
            #expect(try await node.services.results.read(recorded, expiry: expiry) != nil)
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
}
