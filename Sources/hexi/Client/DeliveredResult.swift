import Encoding
import Signing

/// A result as the node delivers it, which must be the one that the ledger binds the run to.
struct DeliveredResult: Sendable {
    let columns: [JSONValue]
    let rows: [JSONValue]

    /// - Parameter expected: the SHA-256 that the run's entry records, in hexadecimal.
    init(_ document: JSONValue, expected: String, node: String) throws(ClientError) {
        columns = document.list("columns")
        rows = document.list("rows")
        // What is hashed is the compact JSON of these two members; integers are exact, and a number is written in the
        // shortest form that reads back as itself, so writing it again gives the same bytes.
        let canonical: JSONValue = ["columns": .array(columns), "rows": .array(rows)]
        let digest = SHA256.hash(canonical.serialized()).description
        guard digest == expected else {
            throw .unexpectedAnswer(
                node: node, reason: "the SHA-256 of the result is \(digest), but the run is recorded with \(expected)")
        }
    }
}
