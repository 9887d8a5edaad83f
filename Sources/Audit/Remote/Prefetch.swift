import Foundation

/// Gets numbered things ahead of whoever takes them, several side by side on threads of their own, and hands them out in
/// order. No more of them are held or under way than there are threads.
///
/// `@unchecked Sendable`: what changes is guarded by the condition's lock.
final class Prefetch<Item: Sendable>: @unchecked Sendable {
    // Guarded by the condition's lock.
    private let condition = NSCondition()
    private var results: [UInt64: Result<Item, AuditFailure>] = [:]
    private var nextToGet: UInt64
    private var nextToTake: UInt64
    private var isStopped = false

    private let end: UInt64
    private let width: Int

    /// - Parameters:
    ///   - width: how many are got side by side; at least 1.
    ///   - makeGetter: called once on each thread; what it makes is used on that thread alone. It is told how to find out
    ///     that the rest is not wanted any more.
    init(
        _ numbers: Range<UInt64>, width: Int,
        makeGetter: @escaping @Sendable (_ isStopped: @escaping @Sendable () -> Bool) throws(AuditFailure)
            -> (UInt64) throws(AuditFailure) -> Item
    ) {
        (nextToGet, nextToTake, end) = (numbers.lowerBound, numbers.lowerBound, numbers.upperBound)
        self.width = max(1, width)
        for _ in 0..<Int(min(UInt64(self.width), end - nextToGet)) {
            Thread.detachNewThread { [self] in work(makeGetter) }
        }
    }

    /// Ends the threads; each as soon as it notices. Without it they live until everything has been taken.
    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }

    private var hasStopped: Bool { condition.withLock { isStopped } }

    /// The next one, waiting for it; `nil` behind the last. Waiting ends with ``AuditFailure/cancelled`` if the task is.
    func next() throws(AuditFailure) -> Item? {
        let result: Result<Item, AuditFailure>? = condition.withLock {
            guard nextToTake < end else { return nil }
            while results[nextToTake] == nil {
                if Task.isCancelled || isStopped { return .failure(.cancelled) }
                _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
            }
            defer {
                nextToTake += 1
                condition.broadcast()
            }
            return results.removeValue(forKey: nextToTake)
        }
        return try result?.get()
    }

    private func work(
        _ makeGetter: (@escaping @Sendable () -> Bool) throws(AuditFailure) -> (UInt64) throws(AuditFailure) -> Item
    ) {
        let getter = Result { () throws(AuditFailure) in try makeGetter { [weak self] in self?.hasStopped ?? true } }
        while let number = claim() {
            let result: Result<Item, AuditFailure>
            switch getter {
            case .success(let get): result = Result { () throws(AuditFailure) in try get(number) }
            case .failure(let failure): result = .failure(failure)
            }
            condition.withLock {
                results[number] = result
                condition.broadcast()
            }
        }
    }

    /// The next number to get, once there is room for it; `nil` if nothing is left to do.
    private func claim() -> UInt64? {
        condition.withLock {
            while !isStopped, nextToGet < end, nextToGet - nextToTake >= UInt64(width) { condition.wait() }
            guard !isStopped, nextToGet < end else { return nil }
            defer { nextToGet += 1 }
            return nextToGet
        }
    }
}
