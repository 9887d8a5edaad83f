import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

/// Random histories of rights: statements in any order, at any time, by anybody.
@Suite("Histories of rights")
struct RightsHistoryTests {
    private static let historyCount = 600
    private static let stepCount = 160

    /// Signing the pool takes longer than many histories; it is made once.
    private static let pool = Result { try RightsHistoryPool() }

    /// Plays one history. The time goes on by hours a step, now and then by days.
    private static func play(
        _ pool: RightsHistoryPool, seed: UInt64, _ observe: (Event, Timestamp, ExchangeState) throws -> Void = { _, _, _ in }
    ) throws -> (RightsHistoryModel, ExchangeState) {
        var generator = FixedGenerator(seed: seed)
        var (state, model) = (pool.base.state, try RightsHistoryModel(pool))
        var time = state.time
        for _ in 0..<stepCount {
            let hours = generator.once(in: 14) ? Int64.random(in: 24...72, using: &generator) : Int64.random(in: 0...4, using: &generator)
            time = time.advanced(byMilliseconds: hours * 3_600_000 + 1000)
            guard let command = pool.next(state, model.known, &generator),
                let event = try? state.decide(command, at: time)
            else { continue }
            state.apply(event, at: time)
            try model.observe(event, at: time)
            try observe(event, time, state)
        }
        try model.check(state, at: time)
        return (model, state)
    }

    @Test("keep shares whole, pledged and frozen rights in place, and certificates behind notice and objections", arguments: 0..<4)
    func invariants(part: UInt64) throws {
        let pool = try Self.pool.get()
        var types: [EventType: Int] = [:]
        for number in 0..<Self.historyCount {
            let (model, _) = try Self.play(pool, seed: part * 1_000_000 + UInt64(number))
            types.merge(model.types, uniquingKeysWith: +)
        }
        // Histories in which nothing happens would prove nothing.
        let expected = EventType.ofRights.subtracting([.resourceRegistered]).union([.participantSuspended, .participantResumed])
        #expect(Set(types.keys) == expected, "\(types)")
        for type in expected { #expect((types[type] ?? 0) >= 10, "\(type) came up \(types[type] ?? 0) times") }
    }

    @Test("have whole shares after every single entry")
    func everyEntry() throws {
        let pool = try Self.pool.get()
        for seed in UInt64(0)..<60 {
            var model = try RightsHistoryModel(pool)
            _ = try Self.play(pool, seed: 7_000_000 + seed) { event, time, state in
                try model.observe(event, at: time)
                try model.check(state, at: time)
            }
        }
    }

    @Test("are told the same way every time: from the events, from the ledger's bytes, and over stored states")
    func determinism() throws {
        let pool = try Self.pool.get()
        for seed in UInt64(0)..<25 {
            var ledger = pool.base
            var (fromEvents, fromBytes, stored) = (ledger.state, ledger.state, ledger.state)
            var boundaries = FixedGenerator(seed: seed)
            let (_, live) = try Self.play(pool, seed: 9_000_000 + seed) { event, time, _ in
                fromEvents.apply(event, at: time)
                ledger.time = time
                ledger.record(event)
                let entry = try LedgerEntry(try #require(ledger.lines.last))
                try fromBytes.replay(entry)
                try stored.replay(entry)
                if boundaries.once(in: 6) {
                    let bytes = try JSONEncoder().encode(stored)
                    stored = try JSONDecoder().decode(ExchangeState.self, from: bytes)
                }
            }
            #expect(try Self.play(pool, seed: 9_000_000 + seed).1 == live)
            #expect(fromEvents == live)
            #expect(fromBytes == live)
            #expect(stored == live)
        }
    }
}
