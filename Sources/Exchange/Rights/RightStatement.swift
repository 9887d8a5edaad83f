import Encoding
import Signing

/// Statements about rights in data.
public enum RightStatement: StatementFamily {
    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        return nil
    }

    var kind: StatementKind { switch self {} }
    var members: [(String, JSONValue?)] { switch self {} }
}
