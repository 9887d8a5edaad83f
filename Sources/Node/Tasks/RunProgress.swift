import Encoding
import Exchange
import Synchronization

/// What runs at the moment, and since when.
final class RunProgress: Sendable {
    private let starts = Mutex<[String: Int64]>([:])

    /// Lets others see that something runs while the body does.
    func during<Value: Sendable>(_ name: String, _ body: @Sendable () async throws -> Value) async rethrows -> Value {
        starts.withLock { $0[name] = Clock.now().milliseconds }
        defer { starts.withLock { _ = $0.removeValue(forKey: name) } }
        return try await body()
    }

    /// Since when it runs; `nil` where it does not.
    func start(of name: String) -> Timestamp? {
        starts.withLock { $0[name] }.map { Timestamp(milliseconds: $0) }
    }
}
