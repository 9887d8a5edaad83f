/// Why the sandbox did not do what it was asked.
public enum SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A rule forbids the query or its result.
    case refused(QueryRefusal)
    /// The machine cannot isolate a process, so nothing is run at all.
    case isolationUnavailable(reason: String, remedy: String)
    /// The wall clock or the processor time ran out.
    case timeExceeded(seconds: Double)
    /// The result is larger than allowed.
    case outputExceeded(bytes: Int)
    /// The engine ran out of memory or scratch space.
    case resourcesExceeded
    /// The engine stopped for another reason. `operatorDetail` may quote data: it is for the node's own log, never for a buyer.
    case engineFailed(operatorDetail: String)
    /// A file could not be imported; `line` is its line, where the engine named one. The message is for the file's owner.
    case importFailed(message: String, line: Int?)
    /// The task was cancelled (a revoked contract, a stopping node) and the process killed.
    case cancelled

    public var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .isolationUnavailable(let reason, let remedy): "isolation is not available: \(reason); \(remedy)"
        case .timeExceeded(let seconds): "the run was stopped after its \(seconds) seconds"
        case .outputExceeded(let bytes): "the result is larger than the \(bytes) bytes allowed"
        case .resourcesExceeded: "the run needs more memory or scratch space than allowed"
        case .engineFailed: "the engine could not complete the run; the node's operator finds the reason in its log"
        case .importFailed(let message, let line):
            line.map { "the file could not be imported, line \($0): \(message)" } ?? "the file could not be imported: \(message)"
        case .cancelled: "the run was cancelled"
        }
    }
}
