import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi staff`: keys with which members of staff act for their organisation.
struct StaffCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "staff", about: "let members of staff act with keys of their own, for a time",
            discussion: """
                Each member of staff has a profile and a key ("hexi keys generate --profile ./clerk"). A delegation is \
                signed with a key of the organisation and with the staff key: at once where both profiles are at hand \
                (--staff-profile), else as a file that the other signs (--out, "hexi cosign"). It ends by itself; a \
                revocation ends it at once. Real names need not stand on the public ledger: "desk 4" will do.
                """,
            subcommands: [add, renew, list, revoke])
    }

    private static let keyOptions: [CommandOption] = [
        .value("staff-profile", "DIR", about: "the staff member's profile, if it is on this machine", completion: .directory),
        Cosigning.outOption,
        .value("days", "N", about: "how long it is to count, from now", default: "365"),
        CommandContext.yes,
    ]

    private var add: Command {
        Command(
            name: "add", about: "delegate to a staff key",
            options: Self.keyOptions + [
                .value("key", "FILE", about: "the staff key's public half, as \"hexi keys jwk\" prints it; with --out", completion: .file),
                .value(
                    "role", "ROLE", about: "one of the organisation's roles", isRepeated: true, isRequired: true,
                    choices: Role.allCases.map(\.rawValue)),
                .value("permit", "KIND", about: "a kind of statement that the key may sign, such as run-request", isRepeated: true, isRequired: true),
                .value("field", "PRODUCT=COLUMN,…", about: "columns that it may read; other products are then out of reach", isRepeated: true),
                .value("rows", "[PRODUCT:]COLUMN=VALUE,…", about: "it sees only rows whose column has one of these values", isRepeated: true),
            ],
            arguments: [CommandArgument("name", about: "who holds the key; public, a pseudonym will do")],
            examples: [
                "hexi staff add \"desk 4\" --staff-profile ./clerk --role buyer --permit run-request --rows county=西峰区",
                "hexi staff add \"desk 5\" --key clerk.jwk --out delegation.json --role provider --permit query-decision",
            ],
            run: environment.action { context in
                let arguments = context.arguments
                let permissions = try Self.permissions(arguments.values("permit"))
                let session = try context.session()
                let staff = try StaffKey(context, session)
                let now = environment.time.now()
                let delegation = Delegation(
                    participant: try session.profile.requireParticipant(), name: try arguments.requiredArgument("name"),
                    key: staff.key, roles: arguments.values("role").compactMap { Role(rawValue: $0) },
                    permissions: permissions, fieldSet: try Self.fieldSet(arguments.values("field")),
                    rowScope: try Self.rowScope(arguments.values("rows")), notBefore: now, expiresAt: try Self.expiry(context, from: now))
                try await Self.delegate(delegation, staff, context, session)
                return .success
            })
    }

    private var renew: Command {
        Command(
            name: "renew", about: "let a delegation count for longer, as it stands",
            options: Self.keyOptions,
            arguments: [CommandArgument("key", about: "the staff key's identifier, as the list shows it")],
            examples: ["hexi staff renew 0a9oStXnmNEh… --staff-profile ./clerk --days 180"],
            run: environment.action { context in
                let session = try context.session()
                let identifier = try context.arguments.requiredArgument("key")
                let items = try await Self.items(session)
                guard let item = items.first(where: { $0.text("keyIdentifier") == identifier }) else {
                    throw ClientError.refused("there is no staff key \(identifier)", hint: "See them with: hexi staff list")
                }
                var delegation = try Self.delegation(item)
                delegation.notBefore = environment.time.now()
                delegation.expiresAt = try Self.expiry(context, from: delegation.notBefore)
                let staff = try StaffKey(context, session, publicKey: delegation.key)
                try await Self.delegate(delegation, staff, context, session)
                return .success
            })
    }

    private var list: Command {
        Command(
            name: "list", about: "list the staff keys of your organisation",
            examples: ["hexi staff list"],
            run: environment.action { context in
                let items = try await Self.items(try context.session())
                context.show(["items": .array(items)]) {
                    var table = Table(["name", "roles", "may sign", "until", "counts", "key"])
                    for item in items {
                        table.append([
                            item.text("name"), item.joined("roles"), item.joined("permissions"), item.text("expiresAt"),
                            item["inForce"] == true ? "yes" : "no", item.text("keyIdentifier"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var revoke: Command {
        Command(
            name: "revoke", about: "end a staff key, at once and for good",
            options: [.value("reason", "TEXT", about: "why; it is public", default: "")],
            arguments: [CommandArgument("key", about: "the staff key's identifier, as the list shows it")],
            examples: ["hexi staff revoke 0a9oStXnmNEh… --reason \"Has left\""],
            run: environment.action { context in
                let session = try context.session()
                let key = try context.arguments.requiredArgument("key")
                let revocation = DelegationRevocation(
                    participant: try session.profile.requireParticipant(), key: key, reason: context.arguments.value("reason") ?? "")
                try await Cosigning(context: context, session: session).send(
                    .identity(.delegationRevocation(revocation)), file: nil
                ) { _ in "The key \(key) counts no longer." }
                return .success
            })
    }

    // MARK: What they share

    /// The staff key, with its private half where that is at hand.
    private struct StaffKey {
        let key: VerificationKey
        let signing: SigningKey?
        let directory: String?

        init(_ context: CommandContext, _ session: Session, publicKey: VerificationKey? = nil) throws {
            directory = context.arguments.value("staff-profile")
            if let directory {
                let signing = try context.passphrase.readKey(Profile.keyPath(in: directory))
                self.signing = signing
                key = signing.verificationKey
                if let publicKey, publicKey != key {
                    throw ClientError.refused("the profile \(directory) has another key than the one to renew", hint: "")
                }
            } else {
                signing = nil
                guard context.arguments.value("out") != nil else {
                    throw ClientError.usage(
                        "the staff key signs too", hint: "Give its profile with --staff-profile DIR, or write the delegation for it with --out FILE.")
                }
                if let publicKey { key = publicKey } else {
                    guard let file = context.arguments.value("key") else {
                        throw ClientError.usage("no staff key is given", hint: "Give its public half with --key FILE, as \"hexi keys jwk\" prints it.")
                    }
                    key = try KeyDocument.read(file)
                }
            }
            if key == session.key.verificationKey {
                throw ClientError.refused("this is the organisation's own key", hint: "Make one for the member of staff: hexi keys generate --profile DIR")
            }
        }
    }

    private static func delegate(
        _ delegation: Delegation, _ staff: StaffKey, _ context: CommandContext, _ session: Session
    ) async throws {
        context.note("Signing as \(session.profile.name): \(delegation.name) may sign \(delegation.permissions.map(\.rawValue).joined(separator: ", ")) until \(delegation.expiresAt).")
        try context.confirmSigning("Delegate this?")
        try await Cosigning(context: context, session: session).send(
            .identity(.delegation(delegation)), others: staff.signing.map { [$0] } ?? [],
            file: staff.signing == nil ? context.arguments.value("out") : nil
        ) { _ in "\(delegation.name) acts for \(session.profile.name) until \(delegation.expiresAt), with the key \(delegation.key.keyIdentifier)." }
        // The staff profile knows from now on for whom it acts.
        guard let directory = staff.directory, !Profile.exists(in: directory) else { return }
        try Profile(
            directory: directory, node: session.profile.node, space: session.profile.space, name: delegation.name,
            participant: delegation.participant
        ).save()
    }

    private static func items(_ session: Session) async throws -> [JSONValue] {
        let participant = try session.profile.requireParticipant()
        return try await session.client.withoutKey().get(RequestTarget("\(ParticipantCommands.path)/\(participant)/delegations"))
            .list("items")
    }

    /// A delegation as the node lists it.
    private static func delegation(_ item: JSONValue) throws -> Delegation {
        var object = item.objectValue ?? [:]
        for name in ["keyIdentifier", "inForce", "seq"] { object[name] = nil }
        do { return try Delegation(JSONCursor(.object(object))) } catch {
            throw ClientError.refused("the node's description of the delegation is not understood: \(error)", hint: "")
        }
    }

    private static func expiry(_ context: CommandContext, from time: Timestamp) throws -> Timestamp {
        let days = try context.arguments.integer("days", in: 1...3660) ?? 365
        return time.advanced(byMilliseconds: Int64(days) * 86_400_000)
    }

    private static func permissions(_ texts: [String]) throws(UsageError) -> [StatementKind] {
        try texts.map { (text) throws(UsageError) in
            guard let kind = StatementKind(rawValue: text), kind.canBeDelegated else {
                let known = StatementKind.allCases.filter(\.canBeDelegated).map(\.rawValue)
                throw .badValue(of: "--permit", value: text, reason: "give one of \(known.joined(separator: ", "))")
            }
            return kind
        }
    }

    private static func fieldSet(_ texts: [String]) throws(UsageError) -> [Identifier: [String]]? {
        if texts.isEmpty { return nil }
        var fields: [Identifier: [String]] = [:]
        for text in texts {
            let (name, columns) = try Notation.pair(text, of: "--field", form: "PRODUCT=COLUMN,COLUMN")
            let product = try Notation.identifier(name, .product, of: "--field")
            fields[product, default: []] += columns.split(separator: ",").map(String.init)
        }
        return fields
    }

    private static func rowScope(_ texts: [String]) throws(UsageError) -> [RowScope]? {
        if texts.isEmpty { return nil }
        return try texts.map { (text) throws(UsageError) in
            var (column, values) = try Notation.pair(text, of: "--rows", form: "COLUMN=VALUE,VALUE or PRODUCT:COLUMN=VALUE")
            var product: Identifier?
            if let colon = column.firstIndex(of: ":"), let found = try? Identifier(String(column[..<colon]), kind: .product) {
                product = found
                column = String(column[column.index(after: colon)...])
            }
            return RowScope(product: product, column: column, values: values.split(separator: ",").map(String.init))
        }
    }
}

/// A public key in a file, as a JSON Web Key.
enum KeyDocument {
    static func read(_ path: String) throws(ClientError) -> VerificationKey {
        let bytes = try LocalFiles.read(path, maximumCount: 64 << 10)
        do { return try VerificationKey(jwk: JSONCursor(JSONValue.parse(bytes))) } catch {
            throw .file(path: path, reason: "holds no public key as \"hexi keys jwk\" prints it: \(error)")
        }
    }
}
