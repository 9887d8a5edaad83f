import Encoding
import Exchange
import Signing

/// A statement that several sign, on its way between them as a file.
///
/// The file is the JWS in the general JSON serialisation (RFC 7515 section 7.2), in the very bytes that the ledger will
/// hold; any program that knows the standard can read it and check its signatures.
struct StatementFile: Sendable {
    static let maximumCount = 128 << 10

    let statement: SignedStatement

    init(_ statement: SignedStatement) { self.statement = statement }

    /// Reads a file that somebody sent. Its signatures are not verified here: the node does, who knows the keys.
    init(readingFrom path: String) throws(ClientError) {
        let bytes = try LocalFiles.read(path, maximumCount: Self.maximumCount)
        do { statement = try SignedStatement(try JSONValue.parse(bytes, maximumDepth: 8, maximumCount: Self.maximumCount)) } catch {
            throw .file(path: path, reason: "is no signed statement: \(error)")
        }
    }

    func write(to path: String) throws(ClientError) {
        try LocalFiles.write(Array(statement.json.prettyString().utf8) + [0x0A], to: path)
    }

    /// The statement with one more signature; unchanged where the key has signed already.
    func signedAlso(by key: SigningKey) throws(ClientError) -> SignedStatement {
        if statement.keyIdentifiers.contains(key.keyIdentifier) { return statement }
        do { return try statement.signedAlso(by: key) } catch {
            throw .refused("the statement takes no further signature: \(error)", hint: "Only statements of several parties do.")
        }
    }
}
