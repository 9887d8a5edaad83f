import Contracts
import Encoding

extension SpacePolicy {
    /// Reads a policy as somebody wrote it into a file. A member that is not known is refused as it would be in a statement,
    /// so that a misspelt rule does not quietly fall away.
    public init(reading document: JSONValue) throws(JSONMismatch) {
        guard let object = document.objectValue else { throw JSONMismatch(pointer: "", reason: "a policy is an object, this is \(document.kindName)") }
        let header = StatementHeader(
            kind: .spacePolicy, space: "86.gs.example", issuedAt: Timestamp(milliseconds: 0),
            nonce: String(repeating: "0", count: 16))
        for name in ["kind", "space", "issuedAt", "nonce", "acceptUntil"] where object[name] != nil {
            throw JSONMismatch(pointer: "/\(name)", reason: "is no part of a policy")
        }
        let statement = header.document(object.members.map { ($0.name, $0.value) })
        if let mismatch = ContractSchemas.mismatch(inStatement: statement, kind: StatementKind.spacePolicy.rawValue) { throw mismatch }
        try self.init(JSONCursor(document))
    }
}
