import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi participant apply`: makes profile and key where they are missing, and asks to be registered.
struct ParticipantApplying: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "apply", about: "ask to be registered in a space",
            discussion: """
                Makes the profile and its key if they do not exist, and sends an application signed with that key. Your \
                identifier follows from the application's own bytes and is kept in the profile. You can act as soon as \
                the operator has approved; "hexi participant whoami" shows the status.

                Evidence is sent once the application is recorded. If that fails, "hexi evidence put" sends what is left; \
                nobody can approve before it is there.
                """,
            options: [
                .value("name", "NAME", about: "your registered name", isRequired: true),
                .value(
                    "type", "TYPE", about: "what you are", default: ParticipantType.enterprise.rawValue,
                    choices: ParticipantType.allCases.map(\.rawValue)),
                .value("country", "CODE", about: "ISO 3166-1 alpha-2 code", default: "CN"),
                .value("credit-code", "CODE", about: "unified social credit code (GB 32100); Chinese organisations must give it"),
                .value(
                    "level", "LEVEL", about: "where a government body stands; such a body must say",
                    choices: GovernmentLevel.allCases.map(\.rawValue)),
                .value(
                    "role", "ROLE", about: "what you want to do", isRepeated: true, isRequired: true,
                    choices: Role.allCases.map(\.rawValue)),
                EvidenceBox.option,
                .flag("protect", about: "put a new key under a passphrase"),
            ],
            examples: [
                "hexi participant apply --profile ./airport --node \(Profile.defaultNode) --name \"Qingyang Airport\" --credit-code 91110000600037341L --role provider --evidence business-licence=licence.pdf",
                "hexi participant apply --profile ./bureau --name \"Statistics Bureau\" --type government --level city --country NL --role provider",
            ],
            run: environment.action { try await apply($0) })
    }

    private func apply(_ context: CommandContext) async throws -> ExitCode {
        let arguments = context.arguments
        let directory = try context.profileDirectory()
        let application = try application(arguments)
        var profile = try await profile(directory, context, name: application.name)
        let key = try key(directory, context)
        let session = try context.session(profile, key: key)
        try await refuseIfRegistered(session)

        let box = EvidenceBox(profile)
        let evidence = try box.prepare(arguments.values("evidence"))
        var named = application
        named.keys = [key.verificationKey]
        named.evidence = evidence.map(\.reference)
        let statement: SignedStatement
        do { statement = try session.sender.sign(.participantApplication(named)) } catch {
            box.discard(evidence)
            throw error
        }
        let identifier = statement.identifier(.participant)
        context.note("Signing an application of \(application.name) to \(profile.space), with key \(key.keyIdentifier).")
        // Kept before it is sent: were the answer lost, the profile still knows who it is.
        profile.participant = identifier
        try profile.save()
        let answer: StatementAnswer
        do throws(ClientError) {
            answer = try await session.sender.send(statement, to: ParticipantCommands.path)
        } catch {
            if case .problem(let problem) = error, problem.status < 500, problem.status != 429 {
                profile.participant = session.profile.participant
                try profile.save()
                box.discard(evidence)
            }
            throw error
        }
        guard answer.identifier == identifier.text else {
            throw ClientError.unexpectedAnswer(
                node: profile.node, reason: "the application's identifier is \(identifier), the node says \(answer.identifier)")
        }
        do { try await EvidenceCommands.upload(evidence.map(\.reference.sha256), box, session, context) } catch {
            context.note("The application is recorded; its evidence is not with the node yet. Send it with: hexi evidence put")
            throw error
        }
        context.showAnswer(answer, "Applied as \(identifier). The operator decides; see \"hexi participant whoami\".")
        return .success
    }

    private func application(_ arguments: ParsedArguments) throws -> ParticipantApplication {
        let creditCode: UnifiedSocialCreditCode?
        do { creditCode = try arguments.value("credit-code").map { try UnifiedSocialCreditCode($0) } } catch {
            throw UsageError.badValue(of: "--credit-code", value: arguments.value("credit-code") ?? "", reason: "\(error)")
        }
        // The parser has let only known words pass.
        return ParticipantApplication(
            name: try arguments.required("name"),
            type: ParticipantType(rawValue: try arguments.required("type")) ?? .enterprise,
            country: (arguments.value("country") ?? "CN").uppercased(), creditCode: creditCode,
            roles: arguments.values("role").compactMap { Role(rawValue: $0) }, keys: [],
            level: arguments.value("level").flatMap(GovernmentLevel.init))
    }

    /// The folder's profile, or a new one for the node's space.
    private func profile(_ directory: String, _ context: CommandContext, name: String) async throws -> Profile {
        if Profile.exists(in: directory) {
            var profile = try context.profile()
            profile.name = name
            return profile
        }
        let client = try context.publicClient()
        let space = try await SpaceInformation(fetchedWith: client)
        let profile = Profile(directory: directory, node: client.address.base, space: space.prefix, name: name)
        try profile.save()
        return profile
    }

    private func key(_ directory: String, _ context: CommandContext) throws -> SigningKey {
        let path = Profile.keyPath(in: directory)
        if LocalFiles.exists(path) { return try context.passphrase.readKey(path) }
        let wantsPassphrase = context.arguments.flag("protect") || context.arguments.value("passphrase-file") != nil
        let passphrase = wantsPassphrase ? try context.passphrase.obtainNew(prompt: "New passphrase") : nil
        return try KeysCommands.makeKey(in: directory, passphrase: passphrase)
    }

    /// A second application would make a second identity; only one whose first was refused, or never arrived, applies again.
    private func refuseIfRegistered(_ session: Session) async throws {
        guard let participant = session.profile.participant else { return }
        do throws(ClientError) {
            let view = try await session.client.withoutKey().get(RequestTarget("\(ParticipantCommands.path)/\(participant)"))
            let status = view.text("status")
            let isOver = [ParticipantStatus.refused, .returned, .revoked].map(\.rawValue).contains(status)
            if isOver { return }
            throw .refused(
                "this profile is registered already as \(participant) (\(status))",
                hint: "For another participant, give another folder with --profile DIR.")
        } catch {
            if case .problem(let problem) = error, problem.status == 404 { return }
            throw error
        }
    }
}
