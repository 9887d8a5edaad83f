import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

/// Random histories of who is who: keys come and go, staff are let in and leave, keys are lost and recovered.
@Suite("Histories of identity")
struct IdentityHistoryTests {
    private static let historyCount = 600
    private static let stepCount = 80

    /// Plays one history. The time goes on by up to four hours a step, so that a history lasts for about a week.
    private static func play(
        _ pool: IdentityHistoryPool, seed: UInt64, _ observe: (Event, Timestamp) throws -> Void
    ) rethrows -> ExchangeState {
        var generator = FixedGenerator(seed: seed)
        var state = pool.base.state
        var time = state.time
        for _ in 0..<stepCount {
            time = time.advanced(byMilliseconds: Int64.random(in: 0...4 * IdentityHistoryPool.hour, using: &generator))
            guard let event = try? state.decide(Command(pool.next(&generator)), at: time) else { continue }
            state.apply(event, at: time)
            try observe(event, time)
        }
        return state
    }

    @Test("never hear a key that is removed, expired, revoked or of somebody suspended, and leave nobody without a key", arguments: 0..<4)
    func invariants(part: UInt64) throws {
        let pool = try IdentityHistoryPool()
        var (types, voices): ([EventType: Int], [String: Int]) = ([:], [:])
        for number in 0..<Self.historyCount {
            var model = IdentityHistoryModel(pool)
            let state = Self.play(pool, seed: part * 1_000_000 + UInt64(number)) { event, time in model.observe(event, at: time) }
            model.check(state)
            types.merge(model.types, uniquingKeysWith: +)
            voices.merge(model.voices, uniquingKeysWith: +)
        }
        // Histories in which nothing happens would prove nothing.
        for type in EventType.ofIdentity.subtracting([.participantChecked, .participantReturned]) {
            #expect((types[type] ?? 0) > 5, "\(type) came up \(types[type] ?? 0) times")
        }
        for voice in ["own", "staff", "operator", "node", "recovery"] {
            #expect((voices[voice] ?? 0) > 20, "\(voice) was heard \(voices[voice] ?? 0) times")
        }
    }

    @Test("end the same whatever the batches in which the ledger is read, with the state stored in between")
    func batches() throws {
        let pool = try IdentityHistoryPool()
        for seed in UInt64(0)..<30 {
            var ledger = pool.base
            let start = ledger.lines.count
            let live = Self.play(pool, seed: seed) { event, time in
                ledger.time = time
                ledger.record(event)
            }
            #expect(ledger.state == live)
            var generator = FixedGenerator(seed: seed + 1000)
            var state = pool.base.state
            for line in ledger.lines[start...] {
                try state.replay(try LedgerEntry(line))
                if generator.once(in: 4) {
                    let stored = try JSONEncoder().encode(state)
                    let restored = try JSONDecoder().decode(ExchangeState.self, from: stored)
                    #expect(restored == state)
                    state = restored
                }
            }
            #expect(state == live)
        }
    }
}
