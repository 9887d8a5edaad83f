import CommandLineInterface
import Encoding
import Exchange
import Node
import Signing

/// `hexi keys node`: the key with which the node itself speaks.
struct NodeKeyCommand: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "node", about: "make the node's own key, or replace it (operator, on the node's machine)",
            discussion: """
                With this key the node signs credentials, quality reports and alarms. A new node has one; one that was made \
                by an earlier release gets it here. --rotate adds a new key, with which the node signs from then on, and \
                keeps the old one known, so that what it signed can still be checked; --finish leaves only the newest. \
                Each step may be repeated without harm. Back up DIR/keys afterwards.
                """,
            options: [
                .flag("rotate", about: "make a new key though the node has one"),
                .flag("finish", about: "leave only the newest key known; what older ones signed verifies no longer"),
                .value("reason", "TEXT", about: "why; it is public", default: ""), CommandContext.yes,
            ],
            arguments: [CommandArgument("dir", about: "the node's folder", completion: .directory)],
            examples: ["hexi keys node ./node", "hexi keys node ./node --rotate --reason \"Yearly change\""],
            run: environment.action { context in
                let home = try context.arguments.requiredArgument("dir")
                let session = try LogKeyRotation.session(context, home)
                let known = try await Self.known(session)
                let held = try Self.held(home)
                let wantsNew = context.arguments.flag("rotate")
                let inForce = known.filter { key in held.contains { $0.verificationKey == key } }
                if context.arguments.flag("finish") {
                    return try await finish(context, session, known, inForce)
                }
                if !wantsNew, let key = inForce.last {
                    context.show(["key": .string(key.keyIdentifier), "changed": false]) {
                        context.console.print("The node signs with \(key.keyIdentifier); nothing was changed.")
                    }
                    return .success
                }
                // A key that an earlier attempt made, but did not come to announce, is taken up.
                let new = try held.first { !known.contains($0.verificationKey) } ?? Self.make(home)
                let next = Array((known + [new.verificationKey]).suffix(NodeKeys.maximumCount))
                return try await change(context, session, to: next, signers: [new], newest: new.verificationKey)
            })
    }

    private func finish(
        _ context: CommandContext, _ session: Session, _ known: [VerificationKey], _ inForce: [VerificationKey]
    ) async throws -> ExitCode {
        guard let newest = inForce.last else {
            throw ClientError.refused("none of the node's keys is in its folder", hint: "Restore it from the backup, or make one with --rotate.")
        }
        guard known.count > 1 else {
            context.note("The node has one key only: nothing was changed.")
            return .success
        }
        context.note("Credentials and reports signed with the other keys can be checked no longer by the node's did.json.")
        try context.confirmSigning("Leave only \(newest.keyIdentifier)?")
        return try await change(context, session, to: [newest], signers: [], newest: newest)
    }

    private func change(
        _ context: CommandContext, _ session: Session, to keys: [VerificationKey], signers: [SigningKey], newest: VerificationKey
    ) async throws -> ExitCode {
        let statement = NodeKeys(nodeKeys: keys, reason: context.arguments.value("reason") ?? "")
        context.note("Signing as \(session.profile.name): the node speaks with \(keys.map(\.keyIdentifier).joined(separator: ", ")).")
        try await Cosigning(context: context, session: session).send(
            .identity(.nodeKeys(statement)), others: signers, file: nil
        ) { _ in "The node signs with \(newest.keyIdentifier) from now on." }
        return .success
    }

    private static func known(_ session: Session) async throws(ClientError) -> [VerificationKey] {
        let space = try await session.space()
        do {
            return try (JSONCursor(space.json).optionalMember("nodeKeys")?.array(maximumCount: 8) ?? []).map { try VerificationKey(jwk: $0) }
        } catch {
            throw .unexpectedAnswer(node: session.client.address.base, reason: "the description of its space is wrong: \(error)")
        }
    }

    private static func held(_ home: String) throws(ClientError) -> [SigningKey] {
        do { return try NodeKeyFiles(opening: home).files.map(\.key) } catch { throw .failed("\(error)") }
    }

    private static func make(_ home: String) throws(ClientError) -> SigningKey {
        do { return try NodeKeyFiles.make(inHome: home).key } catch { throw .failed("no key could be made: \(error)") }
    }
}
