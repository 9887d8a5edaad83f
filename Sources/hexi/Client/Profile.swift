import Encoding
import Exchange
import Glibc

/// Who the user is towards one node: a folder with `profile.json`, the key `key.pem`, and the statements on their way.
struct Profile: Sendable, Hashable {
    /// The folder, without a slash at its end.
    let directory: String
    /// The node's base URL.
    var node: String
    /// The prefix of the node's space.
    var space: String
    /// The name to show; an organisation's registered name.
    var name: String
    /// The identifier the user is registered under; none for the operator and before an application.
    var participant: Identifier?

    static let defaultNode = "http://127.0.0.1:8620"

    /// The folder that a command works with: the one given, else `HEXI_PROFILE`, else `~/.hexi`.
    static func directory(given: String?) throws(ClientError) -> String {
        var path = given ?? environment("HEXI_PROFILE")
        if path == nil, let home = environment("HOME") { path = "\(home)/.hexi" }
        guard var path, !path.isEmpty else {
            throw .usage("no profile folder is known", hint: "Give one with --profile DIR, or set HEXI_PROFILE.")
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    static func path(in directory: String) -> String { "\(directory)/profile.json" }
    static func keyPath(in directory: String) -> String { "\(directory)/key.pem" }
    var keyPath: String { Self.keyPath(in: directory) }
    var outboxDirectory: String { "\(directory)/outbox" }
    /// The receipts for the statements that the node has recorded.
    var receipts: ReceiptBook { ReceiptBook(path: "\(directory)/receipts.ndjson") }
    /// Whom the user believes about the ledger (C2SP tlog-policy); there need not be such a file.
    static func trustPolicyPath(in directory: String) -> String { "\(directory)/trust-policy" }
    /// Where descriptions of imported snapshots are kept for `product template`.
    var snapshotsDirectory: String { "\(directory)/snapshots" }

    /// Whether the folder holds a profile.
    static func exists(in directory: String) -> Bool { LocalFiles.exists(path(in: directory)) }

    init(directory: String, node: String, space: String, name: String, participant: Identifier? = nil) {
        self.directory = directory
        self.node = node
        self.space = space
        self.name = name
        self.participant = participant
    }

    /// Reads the profile of a folder.
    init(directory: String) throws(ClientError) {
        let path = Self.path(in: directory)
        guard LocalFiles.exists(path) else {
            throw .profile(
                path: directory, reason: "it has no profile.json",
                hint: "Make one with \"hexi participant apply\", or name another with --profile DIR.")
        }
        let bytes = try LocalFiles.read(path, maximumCount: 65_536)
        do {
            let cursor = JSONCursor(try JSONValue.parse(bytes))
            try cursor.allowMembers(["node", "space", "name", "participant"])
            let participant = try cursor.optionalMember("participant")?.string(maximumCount: 128)
            self.init(
                directory: directory, node: try cursor.member("node").string(minimumCount: 1, maximumCount: 1024),
                space: try cursor.member("space").string(minimumCount: 1, maximumCount: 63),
                name: try cursor.member("name").string(maximumCount: 200),
                participant: try participant.map { try Identifier($0, kind: .participant) })
        } catch {
            throw .profile(path: path, reason: "\(error)", hint: "Mend profile.json, or make the profile anew in another folder.")
        }
    }

    var json: JSONValue {
        var object: JSONObject = ["node": .string(node), "space": .string(space), "name": .string(name)]
        object["participant"] = participant.map { .string($0.text) }
        return .object(object)
    }

    func save() throws(ClientError) {
        try LocalFiles.makeFolder(directory)
        try LocalFiles.write(Array((json.prettyString() + "\n").utf8), to: Self.path(in: directory))
    }

    /// The user's own identifier, for statements that name it.
    func requireParticipant() throws(ClientError) -> Identifier {
        guard let participant else {
            throw .profile(
                path: directory, reason: "it is not registered as a participant of \(space)",
                hint: "Apply with \"hexi participant apply\", or name another profile with --profile DIR.")
        }
        return participant
    }
}
