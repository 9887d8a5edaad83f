import Dispatch

/// Where work goes that waits for the disk or takes long: Swift's tasks share a thread for each processor, and one that
/// is held up holds up every request.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "node.blocking", attributes: .concurrent)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
