import Encoding
import Exchange
import Synchronization

/// Ends runs that have lost their ground while they wait or work: each time something is recorded that may concern them, and
/// every second for what ends by the clock, it has the rules asked again.
final class RunWatch: Sendable {
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private static let tick = Duration.seconds(1)

    init() {
        // However much is recorded meanwhile, one look at the state sees all of it.
        (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes note of an event that is on the ledger.
    func note(_ event: Event) {
        switch event.type {
        // These give no reason to end another run.
        case .runCompleted, .runRefused, .participantApplied, .querySubmitted, .contractOffered, .contractSigned: break
        default: waker.yield()
        }
    }

    /// Calls `sweep` until ``stop()``, one call at a time.
    func start(_ sweep: @escaping @Sendable () async -> Void) {
        let sweeping = Task { [wake] in
            for await _ in wake { await sweep() }
        }
        let ticking = Task { [waker] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.tick)
                waker.yield()
            }
        }
        tasks.withLock { $0 = [sweeping, ticking] }
    }

    func stop() {
        waker.finish()
        for task in tasks.withLock({ $0 }) { task.cancel() }
    }
}

/// Counts how many of a party's runs were refused in the last hour. Refusals tell something of the data too, so they are not
/// to be had without end.
final class RefusalCounter: Sendable {
    static let window: Int64 = 3_600_000
    private let limit: Int
    private let times = Mutex<[String: [Int64]]>([:])

    init(limit: Int) { self.limit = limit }

    /// - Throws: `NodeError.tooManyRefusals`, with the seconds until the oldest refusal of too many is an hour old.
    func check(_ party: String, at now: Timestamp) throws {
        let oldest = times.withLock { times -> Int64? in
            let recent = (times[party] ?? []).filter { $0 > now.milliseconds - Self.window }
            times[party] = recent.isEmpty ? nil : recent
            return recent.count >= limit ? recent[recent.count - limit] : nil
        }
        guard let oldest else { return }
        throw NodeError.tooManyRefusals(seconds: max(1, (oldest + Self.window - now.milliseconds + 999) / 1000))
    }

    func count(_ party: String, at now: Timestamp) {
        times.withLock { times in
            times[party, default: []].append(now.milliseconds)
            // More than the limit changes nothing.
            if let count = times[party]?.count, count > limit { times[party]?.removeFirst(count - limit) }
        }
    }
}
