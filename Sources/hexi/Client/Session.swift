import Encoding
import Exchange
import Signing

/// A user at work with a node: profile, key, and the client that signs with it.
struct Session: Sendable {
    let profile: Profile
    let key: SigningKey
    let client: NodeClient
    let sender: StatementSender

    /// What the node says of its space; refused if it is not the space that the profile belongs to.
    func space() async throws(ClientError) -> SpaceInformation {
        let space = try await SpaceInformation(fetchedWith: client)
        guard space.prefix == profile.space else {
            throw .refused(
                "the node at \(client.address.base) serves the space \(space.prefix), but this profile belongs to \(profile.space)",
                hint: "Name the right node with --node URL, or the right profile with --profile DIR.")
        }
        return space
    }
}

/// The part of `GET /api/v1/space` that the commands act on.
struct SpaceInformation: Sendable {
    let prefix: String
    let currency: String
    let json: JSONValue

    init(fetchedWith client: NodeClient) async throws(ClientError) {
        json = try await client.get(RequestTarget("/api/v1/space"))
        do {
            let cursor = JSONCursor(json)
            prefix = try cursor.member("prefix").string(minimumCount: 1, maximumCount: 63)
            currency = try cursor.member("currency").string(minimumCount: 3, maximumCount: 3)
        } catch {
            throw .unexpectedAnswer(node: client.address.base, reason: "the description of its space is wrong: \(error)")
        }
        guard Identifier.isPrefix(prefix) else {
            throw .unexpectedAnswer(node: client.address.base, reason: "\"\(prefix)\" is not the prefix of a space")
        }
    }
}
