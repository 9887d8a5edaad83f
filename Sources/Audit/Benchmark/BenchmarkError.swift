/// Why a benchmark could not run.
public enum AuditBenchmarkError: Error, Sendable, Hashable, CustomStringConvertible {
    case cannotWrite(path: String, reason: String)
    /// The auditor refused the ledger that the benchmark made; then the numbers would mean nothing.
    case notSound(AuditProblem)

    public var description: String {
        switch self {
        case .cannotWrite(let path, let reason): "the benchmark cannot write \(path): \(reason)"
        case .notSound(let problem): "the benchmark's own ledger is not sound: \(problem)"
        }
    }
}
