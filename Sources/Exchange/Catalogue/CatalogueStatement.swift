import Encoding
import Signing

/// Statements about products, beside a listing and its withdrawal.
public enum CatalogueStatement: StatementFamily {
    case review(ProductReview)
    case declaration(ComplianceDeclaration)
    case complianceReview(ComplianceReview)
    case assessment(QualityAssessment)

    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        switch kind {
        case .productReview: self = .review(try ProductReview(cursor))
        case .complianceDeclaration: self = .declaration(try ComplianceDeclaration(cursor))
        case .complianceReview: self = .complianceReview(try ComplianceReview(cursor))
        case .qualityAssessment: self = .assessment(try QualityAssessment(cursor))
        default: return nil
        }
    }

    var kind: StatementKind {
        switch self {
        case .review: .productReview
        case .declaration: .complianceDeclaration
        case .complianceReview: .complianceReview
        case .assessment: .qualityAssessment
        }
    }

    var members: [(String, JSONValue?)] {
        switch self {
        case .review(let content): content.members
        case .declaration(let content): content.members
        case .complianceReview(let content): content.members
        case .assessment(let content): content.members
        }
    }

    /// The product and version that it is about.
    public var subject: (product: Identifier, version: Int64) {
        switch self {
        case .review(let content): (content.product, content.version)
        case .declaration(let content): (content.product, content.version)
        case .complianceReview(let content): (content.product, content.version)
        case .assessment(let content): (content.product, content.version)
        }
    }
}
