import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

/// A run that loses its ground while it works is ended at once, and nothing of it leaves.
@Suite struct RevocationTests {
    /// Two thousand rows that all have one key: four of the table joined make 16 million million, which take any machine hours.
    private static var table: [UInt8] {
        Array(("place,number\n" + (0..<2000).map { "JFK,\($0)" }.joined(separator: "\n") + "\n").utf8)
    }

    private static let sql = """
        SELECT count(*) AS total
        FROM a JOIN b ON a.place = b.place JOIN c ON a.place = c.place JOIN d ON a.place = d.place
        WHERE a.number + b.number <> c.number + d.number
        """

    private struct Stage {
        var trade: TradingMarket
        var product: Identifier
        var contract: Identifier
        var query: Identifier
    }

    private func stage(_ node: TestNode) async throws -> Stage {
        let trade = try await TradingMarket(node)
        let market = trade.market
        let product = try await TradingMarket.list(market, Self.table, market.bureau) { provider, snapshot in
            var listing = TradingMarket.weatherListing(provider, snapshot)
            listing.data?.columns = ["place", "number"].map { name in
                ProductColumn(name: name, type: name == "place" ? "VARCHAR" : "BIGINT", role: name == "place" ? .joinKey : .filter)
            }
            return listing
        }
        let contract = try await TradingMarket.contract(market, trade.flights, product, 30)
        let submission = QuerySubmission(
            buyer: market.insurer.identifier, title: "Long", mode: .aggregate,
            tables: ["a", "b", "c", "d"].map { QueryTable(name: $0, product: product, version: 1) }, parameters: [], sql: Self.sql)
        let query = try await TradingMarket.approved(market, submission, [market.bureau])
        return Stage(trade: trade, product: product, contract: contract, query: query)
    }

    /// The engine's processes of a node, found by the scratch folder that their sandbox has; only this node's.
    private func engines(_ node: TestNode) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.count { name in
            guard let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { return false }
            return String(decoding: line, as: UTF8.self).contains(node.directory)
        }
    }

    private func wait(_ what: String, until condition: () async throws -> Bool) async throws {
        for _ in 0..<6000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it did not come to this: \(what)")
    }

    /// Starts the long run, does what takes its ground away when it works, and returns the answer to the run.
    private func answer(
        _ node: TestNode, _ stage: Stage, after takeAway: (Stage) async throws -> Void
    ) async throws -> Answer {
        let (insurer, request) = (stage.trade.market.insurer.key, try await stage.trade.request(stage.query, contracts: [stage.contract]))
        let running = Task { try await node.post("/api/v1/runs", request, by: insurer) }
        try await wait("the run works") { node.services.gate.counts.running == 1 && engines(node) > 0 }
        // Long enough in the engine that it computes.
        try await Task.sleep(for: .milliseconds(300))
        #expect(engines(node) > 0, "the query is over before it can be ended")
        try await takeAway(stage)
        let answer = try await running.value
        try await wait("its processes are gone") { engines(node) == 0 }
        #expect(node.services.gate.counts == (0, 0))
        #expect(answer.json["result"] == nil)
        #expect(answer.problem?.extensions["receipt"] != nil, "\(answer)")
        #expect(try node.services.vault.list().allSatisfy { $0.kind != .result })
        return answer
    }

    private func withLongRuns(_ body: (TestNode) async throws -> Void) async throws {
        // The run must be ended by what happens, not by its own limit.
        try await withNode(configure: { $0.runSeconds = 3600 }, body)
    }

    @Test func aContractThatTheProviderEndsEndsTheRun() async throws {
        try await withLongRuns { node in
            let answer = try await answer(node, try await stage(node)) { stage in
                let end = StatementContent.contractTermination(ContractTermination(contract: stage.contract, reason: "数据停止提供"))
                let ended = try await node.post("/api/v1/contracts/\(stage.contract)/termination", end, by: stage.trade.market.bureau.key)
                #expect(ended.status == 201, "\(ended)")
            }
            #expect(answer.status == 403 && answer.code == "contract-not-in-force", "\(answer)")
        }
    }

    @Test func aQueryThatTheProviderRevokesEndsTheRun() async throws {
        try await withLongRuns { node in
            let answer = try await answer(node, try await stage(node)) { stage in
                let decision = QueryDecision(query: stage.query, decision: .revoke, reason: "no more")
                let revoked = try await node.post(
                    "/api/v1/queries/\(stage.query)/decisions", .queryDecision(decision), by: stage.trade.market.bureau.key)
                #expect(revoked.status == 201, "\(revoked)")
            }
            #expect(answer.status == 403 && answer.code == "query-not-approved", "\(answer)")
        }
    }

    @Test func aTaskThatTheProviderCancelsEndsItsRun() async throws {
        try await withLongRuns { node in
            let answer = try await answer(node, try await stage(node)) { stage in
                let bureau = stage.trade.market.bureau.key
                let tasks = try await node.get("/api/v1/tasks?status=open", by: bureau)
                let task = try Identifier(tasks.json["items"]?[0]?["identifier"]?.stringValue ?? "", kind: .task)
                let shown = try await node.get("/api/v1/tasks/\(task)", by: bureau)
                #expect(shown.json["progress"]?["state"] == "running", "\(shown)")
                #expect(try await node.get("/api/v1/tasks/\(task)", by: stage.trade.market.bank.key).status == 404)
                let cancelled = try await node.post(
                    "/api/v1/tasks/\(task)/cancellation", .run(.taskCancellation(TaskCancellation(task: task, reason: "停"))), by: bureau)
                #expect(cancelled.status == 201, "\(cancelled)")
            }
            #expect(answer.status == 403 && answer.code == "task-cancelled", "\(answer)")
        }
    }

    @Test func aBuyerWhoIsSuspendedLosesTheRunThatWaitsToo() async throws {
        try await withNode(configure: { ($0.runSeconds, $0.concurrentRuns) = (3600, 1) }) { node in
            let stage = try await stage(node)
            let insurer = stage.trade.market.insurer
            let answer = try await answer(node, stage) { stage in
                let waiting = Task { try await node.post("/api/v1/runs", try await stage.trade.request(), by: insurer.key) }
                try await wait("the second waits") { node.services.gate.counts.waiting == 1 }
                try await TestMarket.decide(insurer.identifier, .suspend, node)
                let second = try await waiting.value
                #expect(second.status == 403 && second.code == "signer-not-active", "\(second)")
            }
            #expect(answer.status == 403 && answer.code == "signer-not-active", "\(answer)")
        }
    }

    @Test func afterSoManyRefusalsInAnHourTheNextRunIsNotLookedAt() async throws {
        try await withNode(configure: { $0.refusedRunsPerHour = 2 }) { node in
            let trade = try await TradingMarket(node)
            let key = trade.market.insurer.key
            for _ in 0..<2 {
                let refused = try await node.post("/api/v1/runs", try await trade.request(contracts: []), by: key)
                #expect(refused.status == 403 && refused.code == "contract-missing", "\(refused)")
            }
            let request = try await trade.request()
            let size = node.services.ledger.size
            let answer = try await node.post("/api/v1/runs", request, by: key)
            #expect(answer.status == 429 && answer.code == "too-many-refusals", "\(answer)")
            #expect(Int(answer.headers["Retry-After"] ?? "").map { (3000...3600).contains($0) } == true, "\(answer.headers)")
            #expect(node.services.ledger.size == size)
        }
    }
}
