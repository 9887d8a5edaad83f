import Encoding

/// A holder lets somebody else use a right; both sign, and the pledgee too where the right is pledged.
public struct RightLicence: Sendable, Hashable {
    public var right: Identifier
    public var licensee: Identifier
    /// What the licensee may do, in words.
    public var scope: String
    /// Whether nobody else may have a licence of this right meanwhile.
    public var isExclusive: Bool
    public var until: Timestamp

    public init(right: Identifier, licensee: Identifier, scope: String, isExclusive: Bool, until: Timestamp) {
        self.right = right
        self.licensee = licensee
        self.scope = scope
        self.isExclusive = isExclusive
        self.until = until
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        licensee = try cursor.member("licensee").identifier(.participant)
        scope = try cursor.member("scope").text(1...2000, allowsLines: true)
        isExclusive = try cursor.member("exclusive").bool()
        until = try cursor.member("until").timestamp()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("licensee", .string(licensee.text)), ("scope", .string(scope)),
            ("exclusive", .bool(isExclusive)), ("until", .string(until.description)),
        ]
    }
}

/// The licensee gives a licence up, or the operator ends it on a ground.
public struct RightLicenceEnd: Sendable, Hashable {
    public var right: Identifier
    public var licensee: Identifier
    /// Of an end by the operator, and of nothing else.
    public var ground: CancellationGround?
    public var reason: String

    public init(right: Identifier, licensee: Identifier, ground: CancellationGround? = nil, reason: String) {
        self.right = right
        self.licensee = licensee
        self.ground = ground
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        licensee = try cursor.member("licensee").identifier(.participant)
        ground = try cursor.optionalMember("ground")?.oneOf(CancellationGround.self)
        reason = try cursor.reason()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("licensee", .string(licensee.text)),
            ("ground", ground.map { .string($0.rawValue) }), ("reason", .string(reason)),
        ]
    }
}

/// A holder pledges a right as security; holder and pledgee sign.
public struct RightPledge: Sendable, Hashable {
    public var right: Identifier
    public var pledgee: Identifier
    /// What it secures, in words.
    public var secures: String
    /// The secured amount, in minor units of the space's currency.
    public var amount: Int64?
    /// When the pledge ends by itself; without it, the pledgee's release ends it.
    public var until: Timestamp?

    public init(right: Identifier, pledgee: Identifier, secures: String, amount: Int64? = nil, until: Timestamp? = nil) {
        self.right = right
        self.pledgee = pledgee
        self.secures = secures
        self.amount = amount
        self.until = until
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        pledgee = try cursor.member("pledgee").identifier(.participant)
        secures = try cursor.member("secures").text(1...1000, allowsLines: true)
        amount = try cursor.optionalMember("amount")?.integer(in: 0...Self.maximumAmount)
        until = try cursor.optionalMember("until")?.timestamp()
    }

    static let maximumAmount: Int64 = 1_000_000_000_000_000

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("pledgee", .string(pledgee.text)), ("secures", .string(secures)),
            ("amount", amount.map { .integer($0) }), ("until", until.map { .string($0.description) }),
        ]
    }
}

/// A pledgee releases a pledge, or the operator does on a ground.
public struct RightPledgeRelease: Sendable, Hashable {
    public var right: Identifier
    /// Of a release by the operator, and of nothing else.
    public var ground: CancellationGround?
    public var reason: String

    public init(right: Identifier, ground: CancellationGround? = nil, reason: String) {
        self.right = right
        self.ground = ground
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        ground = try cursor.optionalMember("ground")?.oneOf(CancellationGround.self)
        reason = try cursor.reason()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("ground", ground.map { .string($0.rawValue) }),
            ("reason", .string(reason)),
        ]
    }
}

/// A regulator stops everything that could happen to a right.
public struct RightFreeze: Sendable, Hashable {
    public var right: Identifier
    public var reason: String

    public init(right: Identifier, reason: String) {
        self.right = right
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        reason = try cursor.member("reason").text(1...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] { [("right", .string(right.text)), ("reason", .string(reason))] }
}

/// A regulator lifts a freeze: its own, or that of another which is not active any more.
public struct RightUnfreeze: Sendable, Hashable {
    public var right: Identifier
    /// Whose freeze; the signer's own if nothing is said.
    public var regulator: Identifier?
    public var reason: String

    public init(right: Identifier, regulator: Identifier? = nil, reason: String) {
        self.right = right
        self.regulator = regulator
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        regulator = try cursor.optionalMember("regulator")?.identifier(.participant)
        reason = try cursor.member("reason").text(1...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("regulator", regulator.map { .string($0.text) }),
            ("reason", .string(reason)),
        ]
    }
}

/// A right ends before its time: at the holder's wish, or by the operator on another ground.
public struct RightCancellation: Sendable, Hashable {
    public var right: Identifier
    public var ground: CancellationGround
    public var reason: String

    public init(right: Identifier, ground: CancellationGround, reason: String) {
        self.right = right
        self.ground = ground
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        ground = try cursor.member("ground").oneOf(CancellationGround.self)
        reason = try cursor.reason()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("ground", .string(ground.rawValue)), ("reason", .string(reason)),
        ]
    }
}
