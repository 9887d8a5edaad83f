import Encoding
import Signing

/// A result as the node delivers it, which must be the one that the ledger binds the run to.
struct DeliveredResult: Sendable {
    let columns: [JSONValue]
    let rows: [JSONValue]
    /// The whole document.
    let document: JSONValue

    /// - Parameter expected: the SHA-256 that the run's entry records, in hexadecimal.
    init(_ document: JSONValue, expected: String, node: String) throws(ClientError) {
        columns = document.list("columns")
        rows = document.list("rows")
        self.document = document
        // What is hashed is the compact JSON of the document; integers are exact, and a number is written in the shortest form
        // that reads back as itself, so writing it again gives the same bytes.
        let digest = SHA256.hash(document.serialized()).description
        guard digest == expected else {
            throw .unexpectedAnswer(
                node: node, reason: "the SHA-256 of the result is \(digest), but the run is recorded with \(expected)")
        }
    }

    /// The result of a run, opened where it is sealed; `nil` where the node has delivered none.
    init?(of run: JSONValue, _ document: JSONValue?, sealed: JSONValue?, _ session: Session) throws(ClientError) {
        let node = session.client.address.base
        if let document {
            try self.init(document, expected: run.text("result"), node: node)
            return
        }
        guard let sealed else { return nil }
        guard sealed.text("algorithm") == SealedBox.algorithm, let bytes = Base64.decodeURL(sealed.text("ciphertext")) else {
            throw .unexpectedAnswer(node: node, reason: "a sealed result of another form than \(SealedBox.algorithm)")
        }
        guard SHA256.hash(bytes).description == run.text("sealed") else {
            throw .unexpectedAnswer(node: node, reason: "the sealed result is not the one that the run is recorded with")
        }
        let opened: [UInt8]
        do { opened = try session.key.open(bytes) } catch {
            throw .refused(
                "the result cannot be opened: \(error)",
                hint: "It is sealed to the key \(sealed.text("key")), which signed the request; use the profile that holds it.")
        }
        do { try self.init(try JSONValue.parse(opened, maximumCount: opened.count), expected: run.text("result"), node: node) } catch let error as ClientError {
            throw error
        } catch { throw .unexpectedAnswer(node: node, reason: "the sealed result holds no JSON: \(error)") }
    }
}
