import Encoding
import Signing

/// Statements that belong together: one case of ``StatementContent``, with the kinds, rules and state of one part of the
/// exchange behind it.
protocol StatementFamily: Sendable, Hashable {
    /// `nil` where the kind is another family's.
    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch)

    var kind: StatementKind { get }

    /// What the kind adds to the statement's header, in the order in which it is written.
    var members: [(String, JSONValue?)] { get }

    /// Whether the statement always is a JWS in the general JSON form, because several sign it.
    var takesSeveralSignatures: Bool { get }

    /// Keys that the statement itself announces, and that sign it to prove that they are held.
    var announcedKeys: [VerificationKey] { get }
}

extension StatementFamily {
    var takesSeveralSignatures: Bool { false }
    var announcedKeys: [VerificationKey] { [] }

    /// What operators sign may take two of them.
    var signatureForm: SignatureForm {
        if takesSeveralSignatures { return .several }
        return kind.author == .spaceOperator ? .either : .one
    }
}
