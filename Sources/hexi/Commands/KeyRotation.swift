import CommandLineInterface
import Encoding
import Exchange
import Glibc
import Signing

/// `hexi keys rotate`, `recover`, `recovery`, `object` and `complete`: a participant's own keys change.
struct KeyRotation: Sendable {
    let environment: CommandEnvironment

    var commands: [Command] { [rotate, recover, recovery, object, complete] }

    private static let reason = CommandOption.value("reason", "TEXT", about: "why; it is public", default: "")
    private static let participant = CommandArgument("participant", about: "its identifier; else the profile's own", isRequired: false)

    /// The next key, until the ledger has it.
    private static func nextPath(_ profile: Profile) -> String { "\(profile.directory)/key.next.pem" }

    private var rotate: Command {
        Command(
            name: "rotate", about: "replace your key: the old one signs the new one",
            discussion: """
                Makes a new key, has it recorded in the old one's place, and puts it into the profile. From then on the old \
                key counts no longer, for good; what it signed stays valid. May be repeated after an interruption.
                """,
            options: [
                Self.reason, .flag("keep", about: "leave the old key registered beside the new one"),
                .flag("protect", about: "put the new key under a passphrase, taken from HEXI_NEW_PASSPHRASE or the terminal"),
            ],
            examples: ["hexi keys rotate --reason \"Yearly change\""],
            run: environment.action { context in
                let session = try context.session()
                let participant = try session.profile.requireParticipant()
                let new = try Self.nextKey(context, session.profile)
                let registered = try await session.client.withoutKey()
                    .get(RequestTarget("\(ParticipantCommands.path)/\(participant)")).list("keys").compactMap(\.stringValue)
                var answer: StatementAnswer?
                if registered.contains(new.keyIdentifier) {
                    context.note("The new key is registered already; putting it into the profile.")
                } else {
                    let old = session.key.keyIdentifier
                    let change = ParticipantKeys(
                        participant: participant, add: [new.verificationKey], remove: context.arguments.flag("keep") ? [] : [old],
                        reason: context.arguments.value("reason") ?? "")
                    context.note("Signing as \(session.profile.name): the key \(new.keyIdentifier) takes the place of \(old).")
                    let signed = try Self.signed(.identity(.keys(change)), session, [new])
                    answer = try await session.sender.send(
                        signed, to: "\(ParticipantCommands.path)/\(participant)/keys")
                }
                try Self.adopt(session.profile)
                let sentence = "The key of \(session.profile.name) is \(new.keyIdentifier) now; the file of the old one is \(session.profile.keyPath).old."
                if let answer { context.showAnswer(answer, sentence) } else {
                    context.show(["key": .string(new.keyIdentifier)]) { context.console.print(sentence) }
                }
                return .success
            })
    }

    /// A fresh key in a file of its own; or the one that an earlier attempt made.
    private static func nextKey(_ context: CommandContext, _ profile: Profile) throws -> SigningKey {
        let path = nextPath(profile)
        if LocalFiles.exists(path) {
            context.note("Taking the key in \(path), which an earlier attempt left.")
            return try PassphraseSource(file: nil, variable: "HEXI_NEW_PASSPHRASE").readKey(path)
        }
        let passphrase = context.arguments.flag("protect")
            ? try PassphraseSource(file: nil, variable: "HEXI_NEW_PASSPHRASE").obtainNew(prompt: "New passphrase") : nil
        let key = SigningKey.generate()
        do { try KeyFile.write(key, to: path, passphrase: passphrase) } catch { throw PassphraseSource.failure(error, path) }
        return key
    }

    /// Puts the new key's file in the old one's place, which is kept beside it until somebody destroys it.
    private static func adopt(_ profile: Profile) throws(ClientError) {
        let (current, next) = (LocalFiles.resolved(profile.keyPath), nextPath(profile))
        guard rename(current, "\(current).old") == 0, rename(next, current) == 0 else {
            throw .file(
                path: next, reason: "could not take the place of \(current): \(String(cString: strerror(errno))); move it there yourself")
        }
    }

    private static func signed(
        _ content: StatementContent, _ session: Session, _ others: [SigningKey]
    ) throws(ClientError) -> SignedStatement {
        var signed = try session.sender.sign(content)
        do { for key in others { signed = try signed.signedAlso(by: key) } } catch {
            throw .refused("the statement cannot be signed with the new key: \(error)", hint: "")
        }
        return signed
    }

    private var recover: Command {
        Command(
            name: "recover", about: "propose new keys for a participant that has lost its own (operator)",
            discussion: """
                Make sure who asks, outside this program, and say in --reason how. The new key signs too: at once with \
                --new-profile, else as a file. Then the space's waiting time runs, in which any key of the participant can \
                object ("hexi keys object"); after it "hexi keys complete" puts the new keys in the old ones' place.
                """,
            options: [
                Self.reason,
                .value("new-profile", "DIR", about: "the profile with the new key, if it is on this machine", completion: .directory),
                .value("key", "FILE", about: "the new key's public half, as \"hexi keys jwk\" prints it; with --out", completion: .file),
                Cosigning.outOption,
            ],
            arguments: [CommandArgument("participant", about: "its identifier")],
            examples: [
                "hexi keys recover 86.gs.qingyang/P… --key new.jwk --out recovery.json --reason \"Seen with the licence\" --profile node/operator"
            ],
            run: environment.action { context in
                let participant = try context.identifier("participant", .participant)
                let session = try context.session()
                let new = try context.arguments.value("new-profile").map { try context.passphrase.readKey(Profile.keyPath(in: $0)) }
                let out = context.arguments.value("out")
                guard new != nil || out != nil else {
                    throw ClientError.usage("the new key signs too", hint: "Give its profile with --new-profile DIR, or --key FILE and --out FILE.")
                }
                guard let key = try new?.verificationKey ?? context.arguments.value("key").map({ try KeyDocument.read($0) }) else {
                    throw ClientError.usage("no new key is given", hint: "Give its public half with --key FILE.")
                }
                let recovery = KeyRecovery(
                    participant: participant, keys: [key], reason: context.arguments.value("reason") ?? "")
                context.note("Signing as \(session.profile.name): \(participant) is to have the key \(key.keyIdentifier).")
                try await Cosigning(context: context, session: session).send(
                    .identity(.recovery(recovery)), others: new.map { [$0] } ?? [], file: out
                ) { _ in "Proposed. When the waiting time is over: hexi keys complete \(participant)" }
                return .success
            })
    }

    private var recovery: Command {
        Command(
            name: "recovery", about: "show the last recovery of a participant's keys",
            arguments: [Self.participant],
            examples: ["hexi keys recovery 86.gs.qingyang/P…"],
            run: environment.action { context in
                let participant = try Self.identifier(context)
                let view = try await context.publicClient().get(RequestTarget("\(ParticipantCommands.path)/\(participant)/recovery"))
                context.show(view) {
                    var details = DetailList()
                    details.add("status", view.text("status"))
                    details.add("new keys", view.joined("keys"))
                    details.add("waits until", view.text("waitsUntil"))
                    details.add("can be completed", view["canBeCompleted"] == true ? "yes" : "no")
                    context.console.print(details.render())
                }
                return .success
            })
    }

    private var object: Command {
        Command(
            name: "object", about: "object to a recovery of your keys, with any key that you have",
            options: [Self.reason],
            arguments: [Self.participant],
            examples: ["hexi keys object --reason \"We lost nothing\""],
            run: environment.action { context in
                try await end(context, "The recovery is off.") { .recoveryObjection($0) }
            })
    }

    private var complete: Command {
        Command(
            name: "complete", about: "complete a recovery when its waiting time is over (operator, or the new key)",
            options: [Self.reason],
            arguments: [Self.participant],
            examples: ["hexi keys complete 86.gs.qingyang/P… --profile node/operator"],
            run: environment.action { context in
                try await end(context, "The new keys are in the old ones' place.") { .recoveryCompletion($0) }
            })
    }

    private func end(
        _ context: CommandContext, _ sentence: String, _ make: (KeyRecoveryEnd) -> IdentityStatement
    ) async throws -> ExitCode {
        let session = try context.session()
        let end = KeyRecoveryEnd(
            participant: try Self.identifier(context), reason: context.arguments.value("reason") ?? "")
        try await Cosigning(context: context, session: session).send(.identity(make(end)), file: nil) { _ in sentence }
        return .success
    }

    private static func identifier(_ context: CommandContext) throws -> Identifier {
        if context.arguments.argument("participant") != nil { return try context.identifier("participant", .participant) }
        return try context.profile().requireParticipant()
    }
}
