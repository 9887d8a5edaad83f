import Encoding

/// What came of running a recorded run again.
public enum ReplayVerdict: Sendable, Hashable {
    /// The same result, bit for bit.
    case same
    /// The same within the tolerance: floating-point sums depend on the order of the rows.
    case nearlySame(largestDifference: Double)
    /// Another result.
    case different(reason: String)
    /// Another result bit for bit, of a run that is not exact; only with the buyer's result could it be compared.
    case resultNeeded
    /// The same query no longer becomes what was approved, or would be refused.
    case notRepeated(reason: String)
    /// Nothing could be said, for what is missing.
    case impossible(reason: String)

    /// How far two numbers may lie apart, relative to the larger: what a sum of doubles in another order may differ by.
    public static let tolerance = 1e-9

    public var name: String {
        switch self {
        case .same: "same"
        case .nearlySame: "same-within-tolerance"
        case .different: "different"
        case .resultNeeded: "result-needed"
        case .notRepeated: "not-repeated"
        case .impossible: "impossible"
        }
    }

    public var detail: String {
        switch self {
        case .same: "the run gives the very bytes whose hash is on the ledger"
        case .nearlySame(let difference):
            "the run gives the same cells; the largest relative difference of two numbers is \(difference), from adding floating-point numbers in another order"
        case .different(let reason), .notRepeated(let reason), .impossible(let reason): reason
        case .resultNeeded:
            "the run adds floating-point numbers, whose last digits depend on the order of the rows; give the buyer's result with --result to compare cell by cell"
        }
    }

    /// Whether the ledger's word is borne out.
    public var isConfirmed: Bool {
        switch self {
        case .same, .nearlySame: true
        default: false
        }
    }
}
