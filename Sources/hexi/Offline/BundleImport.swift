import CommandLineInterface
import Encoding
import Signing

/// `hexi bundle import`: answers go to where the commands find them, and statements that were waiting get their receipts.
struct BundleImport: Sendable {
    let context: CommandContext

    func run() async throws -> ExitCode {
        let path = try context.arguments.requiredArgument("file")
        let trusted = context.arguments.values("node-key")
        let profile = try profile(path, trusted)
        let exchange = try BundleCommands.exchange(profile, context)
        let taken = try exchange.take(path, trusting: trusted)
        if taken.isWelcome {
            context.show(["profile": .string(profile.directory), "space": .string(profile.space), "at": .string(taken.at.description)]) {
                context.console.print("\(profile.directory) is an offline profile of the space \(profile.space).")
                context.note("Next: hexi participant apply …, then hexi bundle export FILE")
            }
            return .success
        }
        context.note("Took in \(taken.count) answers of \(taken.at).")
        return try await settle()
    }

    /// The profile; for a first import one is made where the node's key is the one that the user was told.
    private func profile(_ path: String, _ trusted: [String]) throws -> Profile {
        let directory = try context.profileDirectory()
        if Profile.exists(in: directory), OfflineFolder(in: directory).hasNodeKeys { return try context.profile() }
        let (space, key) = try BundleExchange.introduction(path)
        guard trusted.contains(key.keyIdentifier) else {
            throw ClientError.refused(
                trusted.isEmpty
                    ? "this profile knows no key of the node yet; the file says that it is \(key.keyIdentifier)"
                    : "the file is signed with the key \(key.keyIdentifier), which is not the one given with --node-key",
                hint: "Ask the operator, by another way, for the node's key; if it is that one, repeat with --node-key \(key.keyIdentifier).")
        }
        let folder = OfflineFolder(in: directory)
        let profile: Profile
        if Profile.exists(in: directory) {
            profile = try context.profile()
        } else {
            profile = Profile(directory: directory, node: context.arguments.value("node") ?? Profile.defaultNode, space: space, name: space)
            try profile.save()
        }
        try folder.make()
        try folder.trust([key])
        return profile
    }

    /// Gives the statements that were waiting their answers.
    private func settle() async throws -> ExitCode {
        let session = try context.session()
        var worst = ExitCode.success
        for item in try session.sender.outbox.items() {
            do throws(ClientError) {
                let answer = try await session.sender.deliver(item)
                context.showAnswer(answer, "\(item.name): \(answer.identifier)")
            } catch {
                if case .queued = error { continue }
                context.console.note("\(item.name):")
                let code = context.report(error)
                if code.rawValue > worst.rawValue { worst = code }
            }
        }
        return worst
    }
}
