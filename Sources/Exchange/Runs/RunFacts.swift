import Encoding

/// What a completed run did, as the ledger records it.
public struct RunFacts: Sendable, Hashable {
    /// SHA-256 of the snapshot used, by table name.
    public var snapshots: [String: String]
    public var policy: String
    public var engine: String
    /// How many rows were released; of a program, how many numbers.
    public var rowCount: Int64
    public var suppressedGroups: Int64
    /// SHA-256 of the result's bytes as computed, in the clear.
    public var result: String
    public var milliseconds: Int64
    /// The entries of the earlier runs that this one was held against, in order.
    public var comparedWith: [UInt64] = []
    /// What was spent, in private mode.
    public var privacy: PrivacyCost?
    /// The files that a program made, which are held.
    public var artefacts: [RunArtefact] = []
    /// `nil` only in entries of ledgers from before there were tasks.
    public var method: RunMethod?
    /// SHA-256 of the result as it is kept and delivered, lower-case hexadecimal, where it is encrypted to the key that signed the
    /// request; then only that is kept.
    public var sealed: String?
    /// Whether another run of the same on the same snapshots gives the same result, bit for bit.
    public var isExact = true

    public init(
        snapshots: [String: String], policy: String, engine: String, rowCount: Int64, suppressedGroups: Int64,
        result: String, milliseconds: Int64
    ) {
        self.snapshots = snapshots
        self.policy = policy
        self.engine = engine
        self.rowCount = rowCount
        self.suppressedGroups = suppressedGroups
        self.result = result
        self.milliseconds = milliseconds
    }
}

/// A file that a run made.
public struct RunArtefact: Sendable, Hashable, Codable {
    public var name: String
    /// Lower-case hexadecimal.
    public var sha256: String
    public var bytes: Int64

    public init(name: String, sha256: String, bytes: Int64) {
        self.name = name
        self.sha256 = sha256
        self.bytes = bytes
    }

    var json: JSONValue { ["name": .string(name), "sha256": .string(sha256), "bytes": .integer(bytes)] }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").simpleName()
        sha256 = try cursor.member("sha256").hexadecimalDigest()
        bytes = try cursor.member("bytes").integer(in: 0...Int64.max)
    }
}

/// By which method a result came to be.
public struct RunMethod: Sendable, Hashable, Codable {
    public var mode: QueryMode
    /// The number of the method of disclosure control, 1 or more.
    public var version: Int64
    /// SHA-256 of the policy document (which functions and syntax a query may use), lower-case hexadecimal.
    public var document: String

    public init(mode: QueryMode, version: Int64, document: String) {
        self.mode = mode
        self.version = version
        self.document = document
    }

    var json: JSONValue {
        ["mode": .string(mode.rawValue), "version": .integer(version), "document": .string(document)]
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        mode = try cursor.member("mode").oneOf(QueryMode.self)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        document = try cursor.member("document").hexadecimalDigest()
    }
}

extension RunFacts {
    /// How many earlier runs one can be held against at most, whatever a space's policy says.
    static let maximumComparisons = 256

    /// Reads the facts back from the body of an entry.
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        snapshots = [:]
        for (table, digest) in try cursor.member("snapshots").members() {
            snapshots[table] = try digest.hexadecimalDigest()
        }
        policy = try cursor.member("policy").hexadecimalDigest()
        engine = try cursor.member("engine").string(maximumCount: 100)
        rowCount = try cursor.member("rows").integer(in: 0...Int64.max)
        suppressedGroups = try cursor.member("suppressedGroups").integer(in: 0...Int64.max)
        result = try cursor.member("result").hexadecimalDigest()
        milliseconds = try cursor.member("milliseconds").integer(in: 0...Int64.max)
        for element in try cursor.optionalMember("comparedWith")?.array(maximumCount: Self.maximumComparisons) ?? [] {
            comparedWith.append(UInt64(try element.integer(in: 0...Int64.max)))
        }
        if let member = try cursor.optionalMember("privacy") { privacy = try PrivacyCost(spent: member) }
        for element in try cursor.optionalMember("artefacts")?.array(maximumCount: 16) ?? [] {
            artefacts.append(try RunArtefact(element))
        }
        if let member = try cursor.optionalMember("method") { method = try RunMethod(member) }
        sealed = try cursor.optionalMember("sealed")?.hexadecimalDigest()
        isExact = try cursor.optionalMember("exact")?.bool() ?? true
    }

    /// The members of the facts in the body of an entry, those left out that say nothing.
    var members: [(String, JSONValue?)] {
        let used = snapshots.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        let entries = comparedWith.map { JSONValue.integer(Int64(clamping: $0)) }
        return [
            ("policy", .string(policy)), ("engine", .string(engine)), ("snapshots", .object(JSONObject(used))),
            ("result", .string(result)), ("rows", .integer(rowCount)), ("suppressedGroups", .integer(suppressedGroups)),
            ("milliseconds", .integer(milliseconds)), ("comparedWith", entries.isEmpty ? nil : .array(entries)),
            ("privacy", privacy?.spentJSON), ("artefacts", artefacts.isEmpty ? nil : .array(artefacts.map(\.json))),
            ("sealed", sealed.map { .string($0) }), ("method", method?.json), ("exact", method == nil ? nil : .bool(isExact)),
        ]
    }
}
