import Encoding
import Exchange

/// Finds the names that go with identifiers, for people. What cannot be found stays an identifier: a name is never
/// worth failing a command for.
enum NameLookup {
    static func names(of terms: ContractTerms, _ client: NodeClient) async -> [Identifier: String] {
        var names: [Identifier: String] = [:]
        for (text, name) in await participants(terms.parties.map(\.text), client) {
            if let identifier = try? Identifier(text) { names[identifier] = name }
        }
        for item in terms.products {
            let view = try? await ProductReference.view(of: item.product, client.withoutKey())
            names[item.product] = view?["title"].localised
        }
        return names
    }

    /// The registered names of participants, by identifier.
    static func participants(_ identifiers: [String], _ client: NodeClient) async -> [String: String] {
        var names: [String: String] = [:]
        for identifier in identifiers where names[identifier] == nil {
            guard (try? Identifier(identifier, kind: .participant)) != nil else { continue }
            let view = try? await client.withoutKey().get(RequestTarget("\(ParticipantCommands.path)/\(identifier)"))
            names[identifier] = view?.text("name")
        }
        return names
    }
}
