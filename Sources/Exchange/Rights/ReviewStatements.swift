import Encoding

/// The operator's formal check of an application. Once it is passed, the public notice runs.
public struct RightCheck: Sendable, Hashable {
    public var right: Identifier
    public var verdict: CheckVerdict
    /// Of a failure, and of nothing else.
    public var ground: RightRefusalGround?
    public var reason: String

    public init(right: Identifier, verdict: CheckVerdict, ground: RightRefusalGround? = nil, reason: String) {
        self.right = right
        self.verdict = verdict
        self.ground = ground
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        verdict = try cursor.member("verdict").oneOf(CheckVerdict.self)
        ground = try cursor.ground(of: verdict.rawValue, isRefusal: verdict == .fail)
        reason = try cursor.reason()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("verdict", .string(verdict.rawValue)),
            ("ground", ground.map { .string($0.rawValue) }), ("reason", .string(reason)),
        ]
    }
}

/// A participant objects to an application that is shown to the public.
public struct RightObjection: Sendable, Hashable {
    public var right: Identifier
    public var ground: ObjectionGround
    /// What the objector has to say; on the ledger for all to read, so without personal data.
    public var statement: String
    public var evidence: [EvidenceReference]

    public init(right: Identifier, ground: ObjectionGround, statement: String, evidence: [EvidenceReference] = []) {
        self.right = right
        self.ground = ground
        self.statement = statement
        self.evidence = evidence
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        ground = try cursor.member("ground").oneOf(ObjectionGround.self)
        statement = try cursor.member("statement").text(1...4000, allowsLines: true)
        evidence = try cursor.evidence()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("ground", .string(ground.rawValue)), ("statement", .string(statement)),
            ("evidence", .evidence(evidence)),
        ]
    }
}

/// The operator's word on an objection. One that is upheld refuses the application.
public struct ObjectionDecision: Sendable, Hashable {
    public var right: Identifier
    public var objector: Identifier
    public var verdict: ObjectionVerdict
    public var reason: String

    public init(right: Identifier, objector: Identifier, verdict: ObjectionVerdict, reason: String) {
        self.right = right
        self.objector = objector
        self.verdict = verdict
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        objector = try cursor.member("objector").identifier(.participant)
        verdict = try cursor.member("verdict").oneOf(ObjectionVerdict.self)
        reason = try cursor.member("reason").text(1...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("objector", .string(objector.text)),
            ("verdict", .string(verdict.rawValue)), ("reason", .string(reason)),
        ]
    }
}

/// The operator's decision once the notice is over and no objection is open.
public struct RightDecision: Sendable, Hashable {
    public var right: Identifier
    public var verdict: RightVerdict
    /// Of a refusal, and of nothing else.
    public var ground: RightRefusalGround?
    public var reason: String

    public init(right: Identifier, verdict: RightVerdict, ground: RightRefusalGround? = nil, reason: String) {
        self.right = right
        self.verdict = verdict
        self.ground = ground
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        verdict = try cursor.member("verdict").oneOf(RightVerdict.self)
        ground = try cursor.ground(of: verdict.rawValue, isRefusal: verdict == .refuse)
        reason = try cursor.reason()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("verdict", .string(verdict.rawValue)),
            ("ground", ground.map { .string($0.rawValue) }), ("reason", .string(reason)),
        ]
    }
}
