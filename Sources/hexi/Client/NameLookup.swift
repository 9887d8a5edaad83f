import Encoding
import Exchange

/// Finds the names that go with identifiers, for people. What cannot be found stays an identifier: a name is never
/// worth failing a command for.
enum NameLookup {
    static func names(of terms: ContractTerms, _ client: NodeClient) async -> [Identifier: String] {
        var names: [Identifier: String] = [:]
        for party in terms.parties {
            let view = try? await client.get(RequestTarget("\(ParticipantCommands.path)/\(party)"))
            names[party] = view?.text("name")
        }
        for item in terms.products {
            let view = try? await ProductReference.view(of: item.product, client)
            names[item.product] = view?["title"].localised
        }
        return names
    }
}
