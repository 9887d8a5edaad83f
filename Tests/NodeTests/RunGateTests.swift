import Encoding
import Synchronization
import Testing

@testable import Node

@Suite struct RunGateTests {
    private final class Order: Sendable {
        let numbers = Mutex<[Int]>([])
    }

    /// Holds a place until it is told to leave it.
    private func hold(_ gate: RunGate, _ party: String, _ done: Completion) -> Task<Void, any Error> {
        Task { try await gate.run(for: party) { await done.wait() } }
    }

    private func wait(until condition: () -> Bool) async throws {
        for _ in 0..<2000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("it did not come to that")
    }

    @Test func noMoreWorkThanThereArePlacesAndWhoWaitedLongestIsNext() async throws {
        let gate = RunGate(capacity: 1, maximumWaiting: 10)
        let order = Order()
        let done = Completion()
        let first = hold(gate, "a", done)
        try await wait { gate.counts.running == 1 }
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<5 {
            tasks.append(Task { try await gate.run(for: "b") { order.numbers.withLock { $0.append(number) } } })
            try await wait { gate.counts.waiting == number + 1 }
        }
        done.finish()
        try await first.value
        for task in tasks { try await task.value }
        #expect(order.numbers.withLock { $0 } == [0, 1, 2, 3, 4])
        #expect(gate.counts == (0, 0))
    }

    @Test func onePartyCannotTakeEveryPlaceToWaitIn() async throws {
        let (gate, done) = (RunGate(capacity: 1, maximumWaiting: 4), Completion())
        var tasks = [hold(gate, "a", done)]
        try await wait { gate.counts.running == 1 }
        for number in 1...2 {
            tasks.append(hold(gate, "a", done))
            try await wait { gate.counts.waiting == number }
        }
        await #expect(throws: NodeError.self) { try await gate.run(for: "a") {} }
        for number in 3...4 {
            tasks.append(hold(gate, "b", done))
            try await wait { gate.counts.waiting == number }
        }
        await #expect(throws: NodeError.self) { try await gate.run(for: "c") {} }
        done.finish()
        for task in tasks { try await task.value }
        #expect(gate.counts == (0, 0))
    }

    @Test func whoIsCancelledWhileWaitingGivesUpThePlace() async throws {
        let (gate, done) = (RunGate(capacity: 1, maximumWaiting: 1), Completion())
        let first = hold(gate, "a", done)
        try await wait { gate.counts.running == 1 }
        let second = hold(gate, "b", done)
        try await wait { gate.counts.waiting == 1 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(gate.counts == (1, 0))
        done.finish()
        try await first.value
        let late = Task { try await gate.run(for: "c") {} }
        late.cancel()
        _ = await late.result
        #expect(gate.counts == (0, 0))
    }

    @Test func waitingPartiesTakeTurnsAndTheirPlacesAreTold() async throws {
        let (gate, order, done) = (RunGate(capacity: 1, maximumWaiting: 20), Order(), Completion())
        let first = hold(gate, "a", done)
        try await wait { gate.counts.running == 1 }
        var tasks: [Task<Void, any Error>] = []
        for (number, party) in ["a", "a", "a", "b"].enumerated() {
            tasks.append(
                Task { try await gate.run(RunTurn(party: party, name: "\(number)")) { order.numbers.withLock { $0.append(number) } } })
            try await wait { gate.counts.waiting == number + 1 }
        }
        #expect((0..<4).map { gate.place(of: "\($0)") } == [2, 3, 4, 1])
        #expect(gate.place(of: "nobody") == nil)
        done.finish()
        try await first.value
        for task in tasks { try await task.value }
        #expect(order.numbers.withLock { $0 } == [3, 0, 1, 2])
    }

    @Test func whoseDeadlinePassesWhileWaitingIsSentAwayAndTheOthersAreNot() async throws {
        let now = Mutex(Timestamp(milliseconds: 1000))
        let gate = RunGate(capacity: 1, maximumWaiting: 20) { now.withLock { $0 } }
        let done = Completion()
        let first = hold(gate, "a", done)
        try await wait { gate.counts.running == 1 }
        func waiter(_ deadline: Int64) -> Task<Void, any Error> {
            Task { try await gate.run(RunTurn(party: "b", deadline: Timestamp(milliseconds: deadline))) {} }
        }
        let (soon, later, late) = (waiter(2000), waiter(3000), waiter(9000))
        try await wait { gate.counts.waiting == 3 }
        gate.dismissLate()
        #expect(gate.counts.waiting == 3)
        now.withLock { $0 = Timestamp(milliseconds: 2001) }
        gate.dismissLate()
        await #expect(throws: NodeError.self) { try await soon.value }
        #expect(gate.counts == (1, 2))
        // A place that becomes free is not given to one who is too late for it, though nobody looked meanwhile.
        now.withLock { $0 = Timestamp(milliseconds: 3001) }
        done.finish()
        try await first.value
        await #expect(throws: NodeError.self) { try await later.value }
        try await late.value
        #expect(gate.counts == (0, 0))
        // Whoever comes too late is not let in though there is a place.
        await #expect(throws: NodeError.self) { try await waiter(3000).value }
    }
}
