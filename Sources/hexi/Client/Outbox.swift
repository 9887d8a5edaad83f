import Encoding
import Exchange
import Signing

/// A signed statement on its way, kept as a file until the node has given a definite answer.
struct OutboxItem: Sendable, Hashable {
    /// The file's name.
    let name: String
    /// Where the statement goes.
    let path: String
    /// The statement as it was signed; it is sent in these very bytes, however often.
    let statement: JSONValue

    /// What the statement says, read again from its signed bytes.
    func parsed() throws(ClientError) -> SignedStatement {
        do { return try SignedStatement(statement) } catch { throw .invalid(error, in: "the statement \(name)") }
    }
}

/// The statements of a profile that await an answer.
///
/// A statement is saved before it is first sent. If the connection breaks nobody knows whether the node recorded it; the
/// same bytes can be sent again without harm, since the node answers a repetition with the first receipt.
struct Outbox: Sendable {
    let directory: String

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    func save(_ statement: SignedStatement, path target: String) throws(ClientError) -> OutboxItem {
        try LocalFiles.makeFolder(directory)
        // The contract's two signatures share a payload, so the name is made from the whole statement.
        let digest = SHA256.hash(statement.json.serialized()).description
        let item = OutboxItem(
            name: "\(statement.kind.rawValue)-\(digest.prefix(16)).json", path: target, statement: statement.json)
        let document: JSONValue = ["path": .string(target), "statement": statement.json]
        try LocalFiles.write(document.serialized(), to: path(item.name))
        return item
    }

    func items() throws(ClientError) -> [OutboxItem] {
        var items: [OutboxItem] = []
        for name in LocalFiles.names(in: directory) where name.hasSuffix(".json") { items.append(try read(name)) }
        return items
    }

    func remove(_ item: OutboxItem) { LocalFiles.remove(path(item.name)) }

    private func read(_ name: String) throws(ClientError) -> OutboxItem {
        let bytes = try LocalFiles.read(path(name), maximumCount: 1 << 20)
        do {
            let cursor = JSONCursor(try JSONValue.parse(bytes))
            let target = try cursor.member("path").string(minimumCount: 1, maximumCount: 1024)
            return OutboxItem(name: name, path: target, statement: try cursor.member("statement").value)
        } catch {
            throw .file(path: path(name), reason: "is no statement on its way: \(error)")
        }
    }
}
