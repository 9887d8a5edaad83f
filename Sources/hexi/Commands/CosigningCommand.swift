import CommandLineInterface
import Encoding
import Exchange
import Signing

/// Statements that take a second signature: written to a file by the first signer, completed and sent by the second.
struct Cosigning: Sendable {
    let context: CommandContext
    let session: Session

    /// For what the space's policy may want two operators for.
    static let option = CommandOption.value(
        "cosign", "FILE", about: "sign it and write it to FILE for a second operator, who completes it with: hexi cosign FILE",
        completion: .file)
    /// For what somebody else's key signs too.
    static let outOption = CommandOption.value(
        "out", "FILE", about: "sign it and write it to FILE for the holder of the other key, who signs it with: hexi cosign FILE",
        completion: .file)
    /// How long a statement that goes round as a file may take, in days.
    private static let days = 14

    /// Signs a statement and sends it; or writes it to a file where `--cosign` or `--out` says so.
    ///
    /// - Parameter others: keys that are at hand and sign as well.
    func send(
        _ content: StatementContent, others: [SigningKey] = [], file: String?, done: (StatementAnswer) -> String
    ) async throws {
        guard let path = StatementAddress.path(of: content) else {
            throw ClientError.refused("a \(content.kind.rawValue) is not sent this way", hint: "")
        }
        var signed = try session.sender.sign(content, validForDays: file == nil ? nil : Self.days)
        do { for key in others { signed = try signed.signedAlso(by: key) } } catch {
            throw ClientError.refused("the \(content.kind.rawValue) cannot be signed with the second key: \(error)", hint: "")
        }
        guard let file else {
            let answer = try await session.sender.send(signed, to: path)
            return context.showAnswer(answer, done(answer))
        }
        try write(signed, to: file)
    }

    func write(_ signed: SignedStatement, to file: String) throws(ClientError) {
        try StatementFile(signed).write(to: file)
        context.show(["file": .string(file), "signatures": .array(signed.keyIdentifiers.map { .string($0) })]) {
            context.console.print("Written to \(file), signed by \(signed.keyIdentifiers.count). Nothing is recorded yet.")
            context.console.print("The next signer, within \(Self.days) days: hexi cosign \(file)")
        }
    }
}

/// `hexi cosign FILE`.
struct CosigningCommand: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "cosign", about: "sign what somebody else has signed first, and send it",
            discussion: """
                For a statement in a file, as --cosign and --out of other commands write it: an action for which the \
                space's policy wants two operators, a delegation of a staff key, or the recovery of keys. What it says is \
                shown before you sign. If your key has signed it already it is sent as it is.
                """,
            options: [
                .value("out", "FILE", about: "write it for a further signer instead of sending it", completion: .file),
                CommandContext.yes,
            ],
            arguments: [CommandArgument("file", about: "the statement", completion: .file)],
            examples: ["hexi cosign revocation.json --profile ./second-operator"],
            run: environment.action { context in
                let name = try context.arguments.requiredArgument("file")
                let session = try context.session()
                let file = try StatementFile(readingFrom: name)
                guard let path = StatementAddress.path(of: file.statement.content) else {
                    throw ClientError.refused(
                        "\(name) holds a \(file.statement.kind.rawValue), which has a command of its own", hint: "See: hexi --help")
                }
                guard file.statement.header.space == session.profile.space else {
                    throw ClientError.refused(
                        "the statement is for the space \(file.statement.header.space), not \(session.profile.space)", hint: "")
                }
                try Self.show(file.statement, context)
                try context.confirmSigning("Sign this as \(session.profile.name)?")
                let signed = try file.signedAlso(by: session.key)
                if let out = context.arguments.value("out") {
                    try Cosigning(context: context, session: session).write(signed, to: out)
                    return .success
                }
                let answer = try await session.sender.send(signed, to: path)
                context.showAnswer(answer, "Recorded: \(file.statement.kind.rawValue) for \(answer.identifier).")
                return .success
            })
    }

    /// Shows every member of the signed bytes, on standard error so that the result stays clean.
    private static func show(_ statement: SignedStatement, _ context: CommandContext) throws(ClientError) {
        if context.isQuiet && context.arguments.flag("yes") { return }
        var details = DetailList()
        let document: JSONValue
        do { document = try JSONValue.parse(statement.payload, maximumDepth: 16, maximumCount: StatementFile.maximumCount) } catch {
            throw .refused("the statement cannot be read: \(error)", hint: "")
        }
        for member in document.objectValue?.members ?? [] where member.name != "nonce" {
            details.add(TextWidth.printable(member.name), member.value.shown)
        }
        details.add("signed by", statement.keyIdentifiers.joined(separator: ", "))
        context.console.note("The statement:\n\n\(details.render())\n")
    }
}
