import Encoding
import Exchange
import ExchangeTestKit
import Testing

/// Random histories: statements in any order, at any time, with any outcome.
@Suite("Histories")
struct HistoryTests {
    private static let historyCount = 700
    private static let stepCount = 60

    /// Plays one history. The time goes on by up to eight seconds a step, rarely by minutes.
    private static func play(
        _ pool: HistoryPool, seed: UInt64, _ observe: (Event, Timestamp) throws -> Void
    ) rethrows -> ExchangeState {
        var generator = FixedGenerator(seed: seed)
        var state = pool.base.fixture.state
        var time = state.time
        for _ in 0..<stepCount {
            let pause = generator.once(in: 30) ? 300_000 : Int64.random(in: 0...8000, using: &generator)
            time = time.advanced(byMilliseconds: pause)
            guard let event = try? state.decide(pool.next(&generator), at: time) else { continue }
            state.apply(event, at: time)
            try observe(event, time)
        }
        return state
    }

    /// Four parts, so that they can be played side by side.
    @Test("never accept anything from somebody suspended, and charge every completed run once", arguments: 0..<4)
    func invariants(part: UInt64) throws {
        let pool = try HistoryPool()
        var (types, codes): ([EventType: Int], [String: Int]) = ([:], [:])
        for number in 0..<Self.historyCount {
            var model = HistoryModel(pool)
            let state = Self.play(pool, seed: part * 1_000_000 + UInt64(number)) { event, _ in model.observe(event) }
            model.check(state)
            types.merge(model.types, uniquingKeysWith: +)
            codes.merge(model.codes, uniquingKeysWith: +)
        }
        // Histories in which nothing happens would prove nothing.
        #expect(Set(types.keys) == EventType.ofTrade.subtracting([.spaceFounded, .spacePolicySet]))
        #expect((types[.runCompleted] ?? 0) > 500)
        for code in [
            RefusalCode.contractExhausted, .contractNotInForce, .queryNotApproved, .signerNotActive, .providerNotActive,
            .productNotListed, .contractMissing,
        ] { #expect((codes[code.rawValue] ?? 0) > 10, "\(code) came up \(codes[code.rawValue] ?? 0) times") }
    }

    @Test("are told the same way every time, from the events and from the ledger's bytes")
    func determinism() throws {
        let pool = try HistoryPool()
        for seed in UInt64(0)..<40 {
            var ledger = pool.base.fixture
            var fromEvents = ledger.state
            var fromBytes = ledger.state
            let live = try Self.play(pool, seed: seed) { event, time in
                fromEvents.apply(event, at: time)
                ledger.time = time
                ledger.record(event)
                try fromBytes.replay(try LedgerEntry(try #require(ledger.lines.last)))
            }
            #expect(Self.play(pool, seed: seed) { _, _ in } == live)
            #expect(fromEvents == live)
            #expect(fromBytes == live)
        }
    }
}
