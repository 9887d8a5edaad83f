import Encoding
import Signing

/// Statements about who somebody is, beside an application and the decision on it.
public enum IdentityStatement: StatementFamily {
    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        return nil
    }

    var kind: StatementKind { switch self {} }
    var members: [(String, JSONValue?)] { switch self {} }
}
