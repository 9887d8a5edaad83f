import Encoding
import Exchange
import Signing

/// How an entry has to do with an identifier: as its subject or actor, by a signature, or by naming it somewhere.
enum EntryRelations {
    /// The relations, in that order, each once: `subject`, `actor`, `signer`, and the names of the members of the body
    /// and of the statement that hold the identifier, such as `payee`. Empty where it has nothing to do with it.
    static func find(_ identifier: Identifier, in audited: AuditedEntry, after state: ExchangeState) -> [String] {
        let event = audited.entry.event
        var relations: [String] = []
        if event.subject == identifier.text { relations.append("subject") }
        if event.actor == identifier.text { relations.append("actor") }
        if audited.verified.keys.contains(where: { state.holder(ofKey: $0.keyIdentifier) == identifier }) {
            relations.append("signer")
        }
        var found: [String] = []
        collect(identifier.text, in: .object(event.body), as: "body", &found)
        if mayName(identifier, event.statement.payload), let document = payload(of: event.statement) {
            collect(identifier.text, in: document, as: "statement", &found)
        }
        for name in found where !relations.contains(name) { relations.append(name) }
        return relations
    }

    /// The document that was signed. It has been parsed before, within the same bounds.
    static func payload(of statement: SignedStatement) -> JSONValue? {
        try? JSONValue.parse(statement.payload, maximumDepth: 16, maximumCount: SignedStatement.maximumCount)
    }

    /// Whether a payload is worth parsing again: it holds the identifier as it stands, or escapes that may hide it.
    private static func mayName(_ identifier: Identifier, _ payload: [UInt8]) -> Bool {
        let wanted = Array(identifier.text.utf8)
        guard let first = wanted.first else { return false }
        for (index, byte) in payload.enumerated() {
            if byte == 0x5C { return true }
            if byte == first, payload[index...].starts(with: wanted) { return true }
        }
        return false
    }

    /// The name of the nearest member around each text that is the identifier.
    private static func collect(_ text: String, in value: JSONValue, as name: String, _ found: inout [String]) {
        switch value {
        case .string(let string): if string == text { found.append(name) }
        case .array(let elements): for element in elements { collect(text, in: element, as: name, &found) }
        case .object(let object):
            for member in object.members { collect(text, in: member.value, as: member.name, &found) }
        default: break
        }
    }
}
