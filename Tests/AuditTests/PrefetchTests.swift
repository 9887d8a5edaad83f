import Glibc
import Synchronization
import Testing

@testable import Audit

/// Getting things ahead, several at a time.
@Suite struct PrefetchTests {
    /// How many getters are at work at once, and what has been asked for.
    private final class Watch: Sendable {
        struct State {
            var atWork = 0
            var mostAtWork = 0
            var asked: [UInt64] = []
            var makers = 0
        }

        let state = Mutex(State())

        func get(_ number: UInt64) -> UInt64 {
            state.withLock { state in
                state.atWork += 1
                state.mostAtWork = max(state.mostAtWork, state.atWork)
                state.asked.append(number)
            }
            // The later ones of each group are done first.
            usleep(UInt32(truncatingIfNeeded: 2000 - number % 8 * 250))
            state.withLock { $0.atWork -= 1 }
            return number * number
        }
    }

    private static func prefetch(
        _ numbers: Range<UInt64>, width: Int, _ watch: Watch, failing: Set<UInt64> = []
    ) -> Prefetch<UInt64> {
        Prefetch(numbers, width: width) { _ throws(AuditFailure) in
            watch.state.withLock { $0.makers += 1 }
            return { number throws(AuditFailure) in
                if failing.contains(number) { throw .wrongStatus(url: "\(number)", status: 500) }
                return watch.get(number)
            }
        }
    }

    @Test func thingsComeInOrderWhicheverIsThereFirst() throws {
        let watch = Watch()
        let prefetch = Self.prefetch(5..<105, width: 8, watch)
        for number in 5..<105 as Range<UInt64> { #expect(try prefetch.next() == number * number) }
        #expect(try prefetch.next() == nil)
        #expect(try prefetch.next() == nil)
        let state = watch.state.withLock { $0 }
        #expect(state.mostAtWork <= 8)
        #expect(state.makers <= 8)
        #expect(state.asked.sorted() == Array(5..<105))
    }

    @Test func noMoreIsGotAheadThanTheWidth() throws {
        let watch = Watch()
        let prefetch = Self.prefetch(0..<1000, width: 4, watch)
        for number in 0..<20 as Range<UInt64> {
            #expect(try prefetch.next() == number * number)
            // Taken are number + 1; asked for may be four more, however long one waits.
            #expect(watch.state.withLock { $0.asked.max() ?? 0 } <= number + 4)
        }
        prefetch.stop()
        #expect(throws: AuditFailure.cancelled) { while try prefetch.next() != nil {} }
        #expect(watch.state.withLock { $0.asked.count } <= 25)
    }

    @Test func aFaultIsGivenInItsPlace() throws {
        let prefetch = Self.prefetch(0..<20, width: 8, Watch(), failing: [7, 8])
        for number in 0..<7 as Range<UInt64> { #expect(try prefetch.next() == number * number) }
        #expect(throws: AuditFailure.wrongStatus(url: "7", status: 500)) { try prefetch.next() }
    }

    @Test func nothingToGetIsTheEnd() throws {
        let prefetch = Self.prefetch(7..<7, width: 8, Watch())
        #expect(try prefetch.next() == nil)
    }

    @Test func waitingEndsWhenTheTaskIsCancelled() async {
        let work = Task {
            let prefetch = Prefetch(0..<1, width: 1) { isStopped throws(AuditFailure) in
                { (_: UInt64) throws(AuditFailure) -> Int in
                    while !isStopped() { usleep(1000) }
                    throw .cancelled
                }
            }
            defer { prefetch.stop() }
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try prefetch.next()
        }
        await #expect(throws: AuditFailure.cancelled) { try await work.value }
    }
}
