import CommandLineInterface
import Encoding
import Exchange

/// `hexi keys rotate-log`: the ledger's key is replaced in two steps, between which both keys sign.
struct LogKeyRotation: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/space/log-keys"

    var command: Command {
        Command(
            name: "rotate-log", about: "replace the key that signs the ledger's checkpoints (operator, on the node's machine)",
            discussion: """
                The first step makes a new key in DIR/keys and has the running node record it: from then on both keys sign. \
                Give the new key to auditors and witnesses, wait until they have it, and drop the old key with --finish; \
                a dropped key never comes back. Each step may be repeated without harm.

                Signs with the operator's profile in DIR/operator, unless --profile names another.
                """,
            options: [
                .flag("finish", about: "the second step: only the new key signs from now on"),
                .value("reason", "TEXT", about: "why; it is public", default: ""),
                CommandContext.yes,
            ],
            arguments: [CommandArgument("dir", about: "the node's folder", completion: .directory)],
            examples: [
                "hexi keys rotate-log ./node --reason \"Yearly change\"",
                "hexi keys rotate-log ./node --finish",
            ],
            run: environment.action { context in
                let home = try context.arguments.requiredArgument("dir")
                let session = try Self.session(context, home)
                let keys = try await Keys(session)
                let files = try NodeEntryPoints.logKeys(in: home, ofSpace: session.profile.space)
                if context.arguments.flag("finish") {
                    try await Self.finish(context, session, keys, files)
                } else {
                    try await Self.begin(context, session, keys, files)
                }
                return .success
            })
    }

    /// What the node says of the ledger's keys, in the order of the last change: the newest last.
    private struct Keys {
        let inForce: [String]
        let retired: [String]

        init(_ session: Session) async throws(ClientError) {
            let space = try await session.space()
            do {
                inForce = try JSONCursor(space.json).member("logKeys").array(minimumCount: 1, maximumCount: 8)
                    .map { try $0.string(maximumCount: 256) }
                retired = try JSONCursor(space.json).member("retiredLogKeys").array()
                    .map { try $0.string(maximumCount: 256) }
            } catch {
                throw .unexpectedAnswer(node: session.client.address.base, reason: "the description of its space is wrong: \(error)")
            }
        }
    }

    /// The operator's, from the node's folder unless `--profile` names another.
    static func session(_ context: CommandContext, _ home: String) throws(ClientError) -> Session {
        var profile: Profile
        if context.arguments.value("profile") != nil {
            profile = try context.profile()
        } else {
            profile = try Profile(directory: NodeEntryPoints.operatorProfile(of: home))
            if let node = context.arguments.value("node") { profile.node = node }
        }
        return try context.session(profile, key: try context.passphrase.readKey(profile.keyPath))
    }

    // MARK: The first step

    private static func begin(
        _ context: CommandContext, _ session: Session, _ keys: Keys, _ files: LedgerKeyFiles
    ) async throws {
        if keys.inForce.count > 1 {
            context.note("This step was done before: nothing was changed.")
            return showOverlap(context, keys.inForce, files, nil)
        }
        var files = files
        let new = try newKey(context, keys, &files)
        let next = keys.inForce + [new.verifierKey]
        let answer = try await send(context, session, from: keys.inForce, to: next, files)
        showOverlap(context, next, files, answer)
    }

    /// A fresh key; or the one that an earlier attempt made, but did not come to announce.
    private static func newKey(
        _ context: CommandContext, _ keys: Keys, _ files: inout LedgerKeyFiles
    ) throws(ClientError) -> LedgerKeyFiles.File {
        let unused = files.files.filter { !keys.inForce.contains($0.verifierKey) && !keys.retired.contains($0.verifierKey) }
        guard let first = unused.first else { return try files.make() }
        guard unused.count == 1 else {
            throw .refused(
                "there is more than one key that the ledger has never had: \(unused.map(\.path).joined(separator: ", "))",
                hint: "Leave the one to rotate to, and move the others away.")
        }
        context.note("Taking the key in \(first.path), which an earlier attempt left.")
        return first
    }

    private static func showOverlap(
        _ context: CommandContext, _ inForce: [String], _ files: LedgerKeyFiles, _ answer: StatementAnswer?
    ) {
        let (new, old) = (inForce.last ?? "", Array(inForce.dropLast()))
        let path = files.path(of: new) ?? ""
        context.show(document("overlap", inForce, answer, [("newKey", .string(new)), ("file", .string(path))])) {
            var details = DetailList()
            for key in old { details.add("old key", TextWidth.printable(key)) }
            details.add("new key", TextWidth.printable(new))
            details.add("its file", TextWidth.printable(path))
            context.console.print("All of these keys sign the ledger's checkpoints now.\n\(details.render())")
            showReceipt(context, answer)
            context.console.print(
                """

                Before you drop the old key:
                1. Back up the new key's file, apart from the data.
                2. Give the new key to every auditor and witness, by another way than the node. In a policy file it is a line
                   of its own beside the old key's:
                     log \(TextWidth.printable(new))
                3. Wait until all of them have it. Then: hexi keys rotate-log \(TextWidth.printable(files.home)) --finish
                """)
        }
    }

    // MARK: The second step

    private static func finish(
        _ context: CommandContext, _ session: Session, _ keys: Keys, _ files: LedgerKeyFiles
    ) async throws {
        guard let new = keys.inForce.last, keys.inForce.count > 1 else {
            guard !keys.retired.isEmpty else {
                throw ClientError.refused(
                    "no rotation is under way: the ledger has had one key only",
                    hint: "Begin one with: hexi keys rotate-log \(files.home)")
            }
            context.note("This step was done before: nothing was changed.")
            return showEnd(context, keys.inForce, [], files, nil)
        }
        let dropped = Array(keys.inForce.dropLast())
        context.note("Auditors and witnesses that know only \(dropped.joined(separator: ", ")) will not accept the ledger's checkpoints any more, unless they follow its handover.")
        try context.confirmSigning("Drop the old key for good?")
        let answer = try await send(context, session, from: keys.inForce, to: [new], files)
        showEnd(context, [new], dropped, files, answer)
    }

    private static func showEnd(
        _ context: CommandContext, _ inForce: [String], _ dropped: [String], _ files: LedgerKeyFiles, _ answer: StatementAnswer?
    ) {
        let unused = dropped.compactMap { files.path(of: $0) }
        let members: [(String, JSONValue)] = [
            ("dropped", .array(dropped.map { .string($0) })), ("unusedFiles", .array(unused.map { .string($0) })),
        ]
        context.show(document("finished", inForce, answer, members)) {
            var details = DetailList()
            for key in inForce { details.add("key", TextWidth.printable(key)) }
            for key in dropped { details.add("dropped", TextWidth.printable(key)) }
            context.console.print("Only this key signs the ledger's checkpoints now.\n\(details.render())")
            showReceipt(context, answer)
            for path in unused { context.console.print("\(TextWidth.printable(path)) is not used any more: destroy it, and its backups.") }
        }
    }

    // MARK: Both steps

    private static func send(
        _ context: CommandContext, _ session: Session, from previous: [String], to next: [String], _ files: LedgerKeyFiles
    ) async throws(ClientError) -> StatementAnswer {
        let reason = context.arguments.value("reason") ?? ""
        context.note("Signing as \(session.profile.name): the ledger's keys are \(next.joined(separator: ", ")).")
        return try await session.sender.send(try files.handover(from: previous, to: next, reason: reason), to: path)
    }

    private static func showReceipt(_ context: CommandContext, _ answer: StatementAnswer?) {
        if let receipt = answer?.body["receipt"] { ReceiptText.lines(receipt).forEach(context.console.print) }
    }

    private static func document(
        _ state: String, _ inForce: [String], _ answer: StatementAnswer?, _ members: [(String, JSONValue)]
    ) -> JSONValue {
        var object: JSONObject = [
            "state": .string(state), "logKeys": .array(inForce.map { .string($0) }), "changed": .bool(answer != nil),
        ]
        for (name, value) in members { object[name] = value }
        object["receipt"] = answer?.body["receipt"]
        return .object(object)
    }
}
