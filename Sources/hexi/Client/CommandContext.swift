import CommandLineInterface
import Encoding
import Exchange
import Signing

/// What a running command works with.
struct CommandContext: Sendable {
    let arguments: ParsedArguments
    let environment: CommandEnvironment

    var console: Console { environment.console }
    var wantsJSON: Bool { arguments.flag("json") }
    var isQuiet: Bool { arguments.flag("quiet") }

    /// The options that every command takes.
    static let commonOptions: [CommandOption] = [
        .value(
            "profile", "DIR", about: "your profile: the folder with your key and the node's address; else HEXI_PROFILE, else ~/.hexi",
            completion: .directory),
        .value("node", "URL", about: "the node's address instead of the profile's, such as \(Profile.defaultNode)"),
        .value(
            "passphrase-file", "FILE", about: "a file whose first line is the key's passphrase; else HEXI_PASSPHRASE, else it is asked for",
            completion: .file),
        .flag("json", about: "print JSON for programs instead of text for people"),
        .flag("quiet", short: "q", about: "print results only, no progress and no remarks"),
    ]

    static let yes = CommandOption.flag("yes", short: "y", about: "sign without asking")
    static let limit = CommandOption.value("limit", "N", about: "how many to list at most, 1 to 10000", default: "100")

    /// A remark for people, on standard error.
    func note(_ text: String) { if !isQuiet { console.note(text) } }

    /// Prints a result: JSON if it was asked for, else what `human` prints.
    func show(_ json: JSONValue, human: () -> Void) {
        if wantsJSON { console.print(json: json) } else { human() }
    }

    /// Prints a table as wide as it is: an identifier that is cut to the terminal's width is of no use to anybody.
    func show(_ table: Table) { console.write(table.render(width: nil), to: .output) }

    /// Prints an error and gives its exit code.
    func report(_ error: ClientError, sql: String? = nil) -> ExitCode {
        if wantsJSON { console.print(json: error.json) }
        ProblemText.lines(error, sql: sql).forEach(console.note)
        return error.exitCode
    }

    // MARK: Who and where

    func profileDirectory() throws(ClientError) -> String { try Profile.directory(given: arguments.value("profile")) }

    /// The profile, with the node that `--node` names in place of its own.
    func profile() throws(ClientError) -> Profile {
        var profile = try Profile(directory: try profileDirectory())
        if let node = arguments.value("node") { profile.node = node }
        return profile
    }

    var passphrase: PassphraseSource { PassphraseSource(file: arguments.value("passphrase-file")) }

    /// The session of the profile's user.
    func session() throws(ClientError) -> Session {
        let profile = try profile()
        return try session(profile, key: try passphrase.readKey(profile.keyPath))
    }

    func session(_ profile: Profile, key: SigningKey) throws(ClientError) -> Session {
        let client = try NodeClient(
            node: profile.node, key: key, transport: environment.makeTransport(), time: environment.time,
            offline: OfflineFolder.existing(in: profile.directory))
        let console = console
        let sender = StatementSender(
            profile: profile, key: key, client: client, time: environment.time, note: { console.note("hexi: \($0)") },
            pause: environment.pause)
        return Session(profile: profile, key: key, client: client, sender: sender)
    }

    /// A client for what everybody may read. It needs no key, and no profile where `--node` is given.
    func publicClient() throws(ClientError) -> NodeClient {
        let directory = try? profileDirectory()
        let node: String
        if let given = arguments.value("node") {
            node = given
        } else if let directory, Profile.exists(in: directory) {
            node = try Profile(directory: directory).node
        } else {
            node = Profile.defaultNode
        }
        return try NodeClient(
            node: node, key: nil, transport: environment.makeTransport(), time: environment.time,
            offline: arguments.value("node") == nil ? directory.flatMap { OfflineFolder.existing(in: $0) } : nil)
    }

    // MARK: Reading and asking

    /// An identifier given as the argument of a name.
    func identifier(_ name: String, _ kind: IdentifierKind) throws -> Identifier {
        try Notation.identifier(try arguments.requiredArgument(name), kind, of: "<\(name)>")
    }

    /// The items of a list, page by page, up to `--limit`; also the first page as it came, for its other members.
    func items(_ client: NodeClient, _ path: String, _ query: [(String, String?)] = []) async throws -> [JSONValue] {
        let limit = try arguments.integer("limit", in: 1...10_000) ?? 100
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let size = String(min(limit - items.count, 200))
            let page = try await client.get(RequestTarget(path, query + [("limit", size), ("cursor", cursor)]))
            guard let found = page["items"]?.arrayValue else {
                throw ClientError.unexpectedAnswer(node: client.address.base, reason: "a list without \"items\"")
            }
            items += found
            cursor = found.isEmpty ? nil : page["next"]?.stringValue
        } while cursor != nil && items.count < limit
        if cursor != nil || items.count > limit { note("There are more; raise --limit to see them.") }
        return Array(items.prefix(limit))
    }

    /// Returns if the user agrees to sign. What is to be signed has been shown before.
    func confirmSigning(_ question: String) throws(ClientError) {
        if arguments.flag("yes") { return }
        guard try environment.confirm(question) else { throw .refused("nothing was signed", hint: "") }
    }

    /// Prints the answer to a statement: what it made, and the receipt.
    func showAnswer(_ answer: StatementAnswer, _ sentence: String) {
        show(answer.body) {
            console.print(sentence)
            if let receipt = answer.body["receipt"] { ReceiptText.lines(receipt).forEach(console.print) }
            if answer.isDuplicate { console.print("This very statement had been recorded before; nothing was recorded twice.") }
        }
    }
}

extension ClientError {
    /// The exit code a script sees: 1 for a no, 2 for no answer, 64 for a command line that makes no sense.
    var exitCode: ExitCode {
        switch self {
        case .problem(let problem): problem.status >= 500 || problem.status == 429 ? .failure : .negative
        case .unreachable, .unexpectedAnswer, .profile, .file, .failed: .failure
        case .usage: .usage
        case .refused: .negative
        case .queued: .notReady
        }
    }
}
