import Encoding
import Exchange

/// Where statements about rights go.
enum RightAddress {
    static let rights = "/api/v1/rights"
    static let resources = "/api/v1/resources"

    /// The route that takes a statement.
    static func path(_ statement: RightStatement) -> String {
        let action: String
        switch statement {
        case .resourceRegistration: return resources
        case .application: return rights
        case .merge: return "/api/v1/right-merges"
        case .withdrawal: action = "withdrawal"
        case .check: action = "checks"
        case .objection: action = "objections"
        case .objectionDecision: action = "objection-decisions"
        case .decision: action = "decisions"
        case .transfer: action = "transfers"
        case .split: action = "splits"
        case .change: action = "changes"
        case .renewal: action = "renewals"
        case .licence: action = "licences"
        case .licenceEnd: action = "licence-ends"
        case .pledge: action = "pledges"
        case .pledgeRelease: action = "pledge-releases"
        case .freeze: action = "freezes"
        case .unfreeze: action = "unfreezes"
        case .cancellation: action = "cancellation"
        }
        return statement.rights.first.map { "\(rights)/\($0)/\(action)" } ?? rights
    }

    static func show(_ right: Identifier) -> String { "\(rights)/\(right)" }
}
