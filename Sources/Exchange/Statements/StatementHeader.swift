import Encoding

/// What every statement says of itself, beside what its kind adds.
public struct StatementHeader: Sendable, Hashable {
    public var kind: StatementKind
    /// The prefix of the space the statement is made for; it is worth nothing in another.
    public var space: String
    /// When the signer says it was made.
    public var issuedAt: Timestamp
    /// Random text that makes two otherwise equal statements different; 16 to 64 characters.
    public var nonce: String
    /// Until when it may be recorded, where it travels as a file and not over the network; without this, for the minutes
    /// that every statement has (``ExchangeState/maximumStatementAge``).
    public var acceptUntil: Timestamp?

    public init(kind: StatementKind, space: String, issuedAt: Timestamp, nonce: String, acceptUntil: Timestamp? = nil) {
        self.kind = kind
        self.space = space
        self.issuedAt = issuedAt
        self.nonce = nonce
        self.acceptUntil = acceptUntil
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        kind = try cursor.member("kind").oneOf(StatementKind.self)
        let space = try cursor.member("space").string(maximumCount: 63)
        guard Identifier.isPrefix(space) else { throw try cursor.member("space").mismatch("is not the prefix of a space") }
        self.space = space
        issuedAt = try cursor.member("issuedAt").timestamp()
        nonce = try cursor.member("nonce").text(16...64)
        acceptUntil = try cursor.optionalMember("acceptUntil")?.timestamp()
        if let acceptUntil, acceptUntil <= issuedAt {
            throw try cursor.member("acceptUntil").mismatch("must be later than \"issuedAt\"")
        }
    }

    /// A payload: the header's members and then the kind's own.
    public func document(_ members: [(String, JSONValue?)]) -> JSONValue {
        var object = JSONObject([
            ("kind", .string(kind.rawValue)), ("space", .string(space)),
            ("issuedAt", .string(issuedAt.description)), ("nonce", .string(nonce)),
        ])
        if let acceptUntil { object["acceptUntil"] = .string(acceptUntil.description) }
        for (name, value) in members where value != nil { object[name] = value }
        return .object(object)
    }
}

extension JSONCursor {
    public func timestamp() throws(JSONMismatch) -> Timestamp {
        let text = try string(maximumCount: 32)
        guard let time = Timestamp(text) else {
            throw mismatch("must be a UTC time with milliseconds such as 2026-11-21T08:30:00.000Z")
        }
        return time
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}
