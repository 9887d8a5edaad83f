import Encoding
import Signing

/// Statements about products, beside a listing and its withdrawal.
public enum CatalogueStatement: StatementFamily {
    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        return nil
    }

    var kind: StatementKind { switch self {} }
    var members: [(String, JSONValue?)] { switch self {} }
}
