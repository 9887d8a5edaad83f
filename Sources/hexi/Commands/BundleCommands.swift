import CommandLineInterface
import Encoding
import Exchange
import HTTPTransport
import Signing

/// `hexi bundle`: exchange by file, where the network is physically apart from the node's.
struct BundleCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/bundles"

    var command: Command {
        Command(
            name: "bundle", about: "exchange requests and answers as signed files, for networks that are apart",
            discussion: """
                1. Where the node can be reached: "hexi bundle welcome FILE" writes what a new user needs to know. 2. Carry the \
                file over; "hexi bundle import FILE --node-key KEY --profile DIR" makes DIR a profile that is offline. 3. Every \
                command now signs and keeps its requests instead of sending them; "hexi bundle export FILE" puts them into one \
                signed file. 4. Carry it back; "hexi bundle deliver FILE --out ANSWERS" has the node carry it out. 5. "hexi bundle \
                import ANSWERS" takes the answers in: receipts, results, and what the commands had asked. Delivering a file \
                twice does nothing twice.
                """,
            subcommands: [welcome, export, deliver, take, list, discard])
    }

    private var file: CommandArgument { CommandArgument("file", about: "the bundle's file", completion: .file) }

    private var welcome: Command {
        Command(
            name: "welcome", about: "write the file that somebody without a connection begins with",
            arguments: [file], examples: ["hexi bundle welcome welcome.bundle --profile ./node/operator"],
            run: environment.action { context in
                let path = try context.arguments.requiredArgument("file")
                let session = try context.session()
                let space = try await session.space()
                let bytes = try await session.client.download(RequestTarget("\(Self.path)/welcome"), maximumCount: 64 << 20)
                try LocalFiles.write(bytes, to: path)
                let keys = (space.json["nodeKeys"]?.arrayValue ?? []).compactMap { try? VerificationKey(jwk: JSONCursor($0)) }
                context.show(["file": .string(path), "nodeKeys": .array(keys.map { .string($0.keyIdentifier) })]) {
                    context.console.print("Written: \(path)")
                    for key in keys { context.console.print("The node's key: \(key.keyIdentifier)") }
                    context.note("Tell the key by another way than the file, so that its reader can compare the two.")
                }
                return .success
            })
    }

    private var export: Command {
        Command(
            name: "export", about: "write all that waits into one signed file",
            options: [.value("valid-days", "N", about: "how many days the node may take it, 1 to 90", default: "30")],
            arguments: [file], examples: ["hexi bundle export monday.bundle"],
            run: environment.action { context in
                let path = try context.arguments.requiredArgument("file")
                let days = try context.arguments.integer("valid-days", in: 1...OfflinePolicy.longestDays.intValue) ?? 30
                let session = try context.session()
                let exchange = try Self.exchange(session.profile, context)
                let count = try exchange.export(to: path, days: Int64(days), key: session.key)
                context.show(["file": .string(path), "requests": .integer(Int64(count))]) {
                    context.console.print("\(path): \(count) requests, to be delivered within \(days) days")
                }
                return .success
            })
    }

    private var deliver: Command {
        Command(
            name: "deliver", about: "have the node carry out somebody's bundle, and write its answers",
            discussion: """
                Whoever is registered with the node may deliver; what is in the file is signed by whoever made it. Delivering \
                the same file again gives the same answers.
                """,
            options: [.value("out", "FILE", about: "where the answers go", isRequired: true, completion: .file)],
            arguments: [file], examples: ["hexi bundle deliver monday.bundle --out monday.answers --profile ./node/operator"],
            run: environment.action { context in
                let path = try context.arguments.requiredArgument("file")
                let output = try context.arguments.required("out")
                let session = try context.session()
                _ = try await session.space()
                let digest = try FileDigest.compute(path) { _ in }
                let bytes = try await session.client.deliver(RequestTarget(Self.path), file: path, digest: digest)
                try LocalFiles.write(bytes, to: output)
                let answered = try Self.summary(of: output)
                context.show(["file": .string(output), "answers": .array(answered.map { .integer(Int64($0)) })]) {
                    let refused = answered.count { $0 >= 400 }
                    context.console.print("\(output): \(answered.count) answers, \(refused) of them refusals")
                }
                return .success
            })
    }

    private var take: Command {
        Command(
            name: "import", about: "take in the answers that came back, or a welcome",
            options: [.value("node-key", "KEY", about: "the node's key as its operator told you, for a first import", isRepeated: true)],
            arguments: [file],
            examples: ["hexi bundle import monday.answers", "hexi bundle import welcome.bundle --node-key 8Xq… --profile ./insurer"],
            run: environment.action { context in try await BundleImport(context: context).run() })
    }

    private var list: Command {
        Command(
            name: "list", about: "list what waits to be carried to the node", examples: ["hexi bundle list"],
            run: environment.action { context in
                let waiting = try Self.folder(context.profile()).waiting()
                context.show([
                    "items": .array(waiting.map { ["name": .string($0.name), "request": $0.request.json] })
                ]) {
                    var table = Table(["name", "request", "bytes"])
                    for item in waiting {
                        table.append([String(item.name.prefix(16)), "\(item.request.method) \(item.request.target)", "\(item.request.body.count)"])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var discard: Command {
        Command(
            name: "discard", about: "take a waiting request back; in a bundle that is on its way it stays",
            arguments: [CommandArgument("name", about: "the beginning of its name in the list")],
            examples: ["hexi bundle discard 0f3a"],
            run: environment.action { context in
                let name = try context.arguments.requiredArgument("name")
                let folder = try Self.folder(context.profile())
                let found = try folder.waiting().filter { $0.name.hasPrefix(name) }
                guard let item = found.first, found.count == 1 else {
                    throw ClientError.refused(
                        found.isEmpty ? "nothing that waits has a name that begins with \(name)" : "\(found.count) names begin with \(name)",
                        hint: "See: hexi bundle list")
                }
                folder.discard(item.name)
                context.note("Taken back: \(item.request.method) \(item.request.target)")
                return .success
            })
    }

    // MARK: Parts

    static func folder(_ profile: Profile) throws(ClientError) -> OfflineFolder {
        guard let folder = OfflineFolder.existing(in: profile.directory) else {
            throw .refused(
                "the profile \(profile.directory) is not offline: its commands speak with the node at \(profile.node)",
                hint: "Begin with the node's welcome: hexi bundle import welcome.bundle --node-key KEY")
        }
        return folder
    }

    static func exchange(_ profile: Profile, _ context: CommandContext) throws(ClientError) -> BundleExchange {
        BundleExchange(folder: try folder(profile), profile: profile, time: context.environment.time)
    }

    /// The status of each answer in a file.
    private static func summary(of path: String) throws(ClientError) -> [Int] {
        do throws(BundleError) {
            return try BundleFile<ResponseBundleManifest>(path: path) { _, manifest in manifest.key }.manifest.answers.map(\.status)
        } catch { throw .failed(error.description) }
    }
}

extension Int64 {
    fileprivate var intValue: Int { Int(clamping: self) }
}
