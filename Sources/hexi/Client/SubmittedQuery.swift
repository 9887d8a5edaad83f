import Encoding
import Exchange

/// A query as its buyer signed it, read from the ledger's entry: a provider must see what the approval is for, not what
/// the node says of it.
struct SubmittedQuery: Sendable {
    let submission: QuerySubmission
    /// The node's description, with the signed members in place of the node's own.
    let view: JSONValue

    init(_ query: Identifier, _ client: NodeClient) async throws(ClientError) {
        let described = try await client.get(RequestTarget("\(QueryCommands.path)/\(query)"))
        guard let seq = described["seq"]?.integerValue else {
            throw .unexpectedAnswer(node: client.address.base, reason: "the query has no ledger entry")
        }
        let entry = try await client.get(RequestTarget("/ledger/entries", [("start", String(seq)), ("count", "1")]))
        let statement: SignedStatement
        do { statement = try SignedStatement(entry["statement"] ?? .null) } catch {
            throw .unexpectedAnswer(node: client.address.base, reason: "the statement in ledger entry \(seq): \(error)")
        }
        // The identifier is made from the signed bytes, so it vouches for them.
        guard case .querySubmission(let submission) = statement.content, statement.identifier(.query) == query else {
            throw .unexpectedAnswer(
                node: client.address.base, reason: "ledger entry \(seq) does not hold the submission of \(query)")
        }
        self.submission = submission
        var object = described.objectValue ?? [:]
        for (name, value) in submission.members { object[name] = value }
        view = .object(object)
    }
}
