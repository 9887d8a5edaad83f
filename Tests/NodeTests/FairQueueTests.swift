import Encoding
import Synchronization
import Testing

@testable import Node

@Suite struct FairQueueTests {
    private func queue(_ shares: [String: Int] = [:], _ parties: String...) -> FairQueue<Int> {
        var queue = FairQueue<Int> { shares[$0] ?? 1 }
        for (number, party) in parties.joined().enumerated() {
            queue.append(FairQueue.Item(number: UInt64(number), party: String(party).lowercased(), isLow: party.isUppercase, element: number))
        }
        return queue
    }

    /// Takes everything out: the parties in the order of their turns.
    private func turns(_ queue: FairQueue<Int>) -> String {
        var queue = queue
        var text = ""
        while let item = queue.next() { text += item.party }
        #expect(queue.count == 0)
        return text
    }

    @Test func oneWithAHundredWaitingDoesNotHoldUpOneWithOne() {
        let queue = queue([:], String(repeating: "a", count: 100), "b", "c")
        #expect(turns(queue).prefix(4) == "abca")
    }

    @Test func partiesTakeTurnsInProportionToTheirShares() {
        let queue = queue(["a": 3], String(repeating: "ab", count: 40))
        let first = turns(queue).prefix(40)
        #expect(first.count { $0 == "a" } == 30, "\(first)")
    }

    @Test func withinAPartyTheNormalGoBeforeTheLowAndTheOlderBeforeTheYounger() {
        var queue = queue([:], "AaAa")
        var numbers: [UInt64] = []
        while let item = queue.next() { numbers.append(item.number) }
        #expect(numbers == [1, 3, 0, 2])
    }

    @Test func lowPriorityDoesNotPutAPartyBehindOthers() {
        #expect(turns(queue([:], "AAAbbb")) == "ababab")
    }

    @Test func turnsAreNotSavedUpWhileAway() {
        var queue = queue([:], String(repeating: "a", count: 20))
        for _ in 0..<10 { _ = queue.next() }
        // Were the ten turns that b did not take still owed to it, it would come ten times now.
        for number in 100..<110 { queue.append(FairQueue.Item(number: UInt64(number), party: "b", isLow: false, element: 0)) }
        #expect(turns(queue).prefix(6).count { $0 == "b" } <= 4)
    }

    @Test func goingAwayAndComingBackGivesNoTurnAhead() {
        var queue = FairQueue<Int>()
        func item(_ number: UInt64, _ party: String) -> FairQueue<Int>.Item { .init(number: number, party: party, isLow: false, element: 0) }
        for number in 0..<10 { queue.append(item(UInt64(number), "b")) }
        var turns = ""
        // One that always waits with one request only gets no more than its half.
        for number in 100..<110 {
            queue.append(item(UInt64(number), "a"))
            for _ in 0..<2 { turns += queue.next()?.party ?? "" }
        }
        #expect(turns.count { $0 == "b" } >= 9, "\(turns)")
    }

    @Test func aTurnTakenWithoutWaitingCounts() {
        var queue = FairQueue<Int>()
        queue.countTurn(of: "a")
        queue.append(FairQueue.Item(number: 1, party: "a", isLow: false, element: 0))
        queue.append(FairQueue.Item(number: 2, party: "b", isLow: false, element: 0))
        #expect(queue.order(maximumCount: 9) == [2, 1])
    }

    @Test func theOrderThatIsForetoldIsTheOneThatComes() {
        var state: UInt64 = 11
        for _ in 0..<200 {
            var parties = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                parties += ["a", "b", "c", "A", "D"][Int(state >> 60) % 5]
            }
            var queue = queue(["b": 2, "c": 7], parties)
            let foretold = queue.order(maximumCount: 100)
            var came: [UInt64] = []
            while let item = queue.next() { came.append(item.number) }
            #expect(foretold == came)
            #expect(Set(came).count == 12)
        }
    }

    @Test func whoIsTakenOutIsGoneAndTheRestIsThere() {
        var queue = queue([:], "abab")
        #expect(queue.remove(0)?.party == "a")
        #expect(queue.remove(0) == nil)
        #expect(queue.removeAll { $0.party == "b" }.map(\.number) == [1, 3])
        #expect(queue.order(maximumCount: 9) == [2])
        #expect(queue.count == 1 && queue.count(of: "b") == 0)
    }
}

@Suite struct RefusalCounterTests {
    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test func afterSoManyRefusalsTheNextWaitsUntilTheFirstIsAnHourOld() throws {
        let counter = RefusalCounter(limit: 2)
        for moment in [0, 1000] as [Int64] {
            try counter.check("a", at: time(moment))
            counter.count("a", at: time(moment))
        }
        try counter.check("b", at: time(1000))
        do {
            try counter.check("a", at: time(2000))
            Issue.record("the third is let through")
        } catch NodeError.tooManyRefusals(let seconds) { #expect(seconds == 3598) }
        #expect(throws: NodeError.self) { try counter.check("a", at: time(3_599_999)) }
        try counter.check("a", at: time(3_600_000))
        counter.count("a", at: time(3_600_000))
        #expect(throws: NodeError.self) { try counter.check("a", at: time(3_600_500)) }
        try counter.check("a", at: time(3_601_000))
    }
}
