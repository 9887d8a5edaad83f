import Encoding
import Signing

/// What a participant may do in the space.
public enum Role: String, Sendable, CaseIterable, Codable {
    case provider, processor, buyer, auditor, regulator, witness
}

public enum ParticipantType: String, Sendable, CaseIterable, Codable {
    case enterprise, government, institution, individual
}

/// The operator's founding statement.
public struct SpaceCharter: Sendable, Hashable {
    /// The space's name by language tag.
    public var name: [String: String]
    /// The checkpoint origin of the space's ledger.
    public var origin: String
    /// Verifier keys (C2SP signed-note) of the ledger.
    public var logKeys: [String]
    public var operatorKey: VerificationKey
    /// ISO 4217 code of the currency of every price.
    public var currency: String
    /// The keys of the node itself, which signs credentials, quality reports and alarms with one of them.
    public var nodeKeys: [VerificationKey]

    public init(
        name: [String: String], origin: String, logKeys: [String], operatorKey: VerificationKey, currency: String,
        nodeKeys: [VerificationKey] = []
    ) {
        self.name = name
        self.origin = origin
        self.logKeys = logKeys
        self.operatorKey = operatorKey
        self.currency = currency
        self.nodeKeys = nodeKeys
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").languageMap(maximumCount: 300)
        origin = try cursor.member("origin").text(1...128)
        var keys: [String] = []
        for element in try cursor.member("logKeys").array(minimumCount: 1, maximumCount: 8) {
            keys.append(try element.text(1...256))
        }
        logKeys = keys
        operatorKey = try VerificationKey(jwk: cursor.member("operatorKey"))
        currency = try cursor.member("currency").string(minimumCount: 3, maximumCount: 3)
        var nodeKeys: [VerificationKey] = []
        for element in try cursor.optionalMember("nodeKeys")?.array(minimumCount: 1, maximumCount: 4) ?? [] {
            let key = try VerificationKey(jwk: element)
            if nodeKeys.contains(key) || key == operatorKey { throw element.mismatch("repeats a key") }
            nodeKeys.append(key)
        }
        self.nodeKeys = nodeKeys
    }

    public var members: [(String, JSONValue?)] {
        [
            ("name", .languageMap(name)), ("origin", .string(origin)), ("logKeys", .array(logKeys.map { .string($0) })),
            ("operatorKey", operatorKey.jwk), ("currency", .string(currency)),
            ("nodeKeys", nodeKeys.isEmpty ? nil : .array(nodeKeys.map(\.jwk))),
        ]
    }
}

/// A request to be registered: with one key in the compact form, with several in the general form.
public struct ParticipantApplication: Sendable, Hashable {
    public var name: String
    public var type: ParticipantType
    /// ISO 3166-1 alpha-2 code.
    public var country: String
    public var creditCode: UnifiedSocialCreditCode?
    /// Of a government body, and of nobody else.
    public var level: GovernmentLevel?
    public var roles: [Role]
    /// Each signs the application, which proves that the applicant holds it.
    public var keys: [VerificationKey]
    /// What the operator is shown, at most sixteen files.
    public var evidence: [EvidenceReference]

    public init(
        name: String, type: ParticipantType, country: String, creditCode: UnifiedSocialCreditCode?, roles: [Role],
        keys: [VerificationKey], level: GovernmentLevel? = nil, evidence: [EvidenceReference] = []
    ) {
        self.name = name
        self.type = type
        self.country = country
        self.creditCode = creditCode
        self.roles = roles
        self.keys = keys
        self.level = level
        self.evidence = evidence
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").text(1...200)
        type = try cursor.member("type").oneOf(ParticipantType.self)
        country = try cursor.member("country").string(minimumCount: 2, maximumCount: 2)
        if let member = try cursor.optionalMember("creditCode") {
            do { creditCode = try UnifiedSocialCreditCode(member.string(maximumCount: 64)) } catch let fault as JSONMismatch {
                throw fault
            } catch { throw member.mismatch("\(error)") }
        }
        roles = try cursor.member("roles").choices(Role.self, minimumCount: 1)
        keys = try cursor.member("keys").verificationKeys(1...ParticipantKeys.maximumCount)
        evidence = try cursor.evidence()
        level = try cursor.optionalMember("level").map { (member) throws(JSONMismatch) in try member.oneOf(GovernmentLevel.self) }
        try checkType(cursor)
    }

    /// What goes with one type of participant and not with another.
    private func checkType(_ cursor: JSONCursor) throws(JSONMismatch) {
        let levels = GovernmentLevel.allCases.map(\.rawValue).joined(separator: ", ")
        if type == .government, level == nil {
            throw cursor.mismatch("a government body gives its level as \"level\", one of \(levels)")
        }
        if type != .government, let member = try cursor.optionalMember("level") {
            throw member.mismatch("is for government bodies; leave it out for type \(type.rawValue)")
        }
        if type == .individual, let member = try cursor.optionalMember("creditCode") {
            throw member.mismatch("is an organisation's; a person gives none, and a sole proprietor applies with type enterprise")
        }
        if country == "CN", type != .individual, creditCode == nil {
            throw cursor.mismatch("a Chinese organisation gives its unified social credit code as \"creditCode\"")
        }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("name", .string(name)), ("type", .string(type.rawValue)), ("country", .string(country)),
            ("creditCode", creditCode.map { .string($0.text) }), ("level", level.map { .string($0.rawValue) }),
            ("roles", .array(roles.map { .string($0.rawValue) })), ("keys", .array(keys.map(\.jwk))),
            ("evidence", evidence.isEmpty ? nil : .array(evidence.map(\.json))),
        ]
    }
}

public enum ParticipantVerdict: String, Sendable, CaseIterable, Codable {
    case approve, refuse, suspend, resume
    /// Ends a registration for good.
    case revoke
    /// Sets the assurance level.
    case assure
}

/// The operator's word on a participant.
public struct ParticipantDecision: Sendable, Hashable {
    public var participant: Identifier
    public var decision: ParticipantVerdict
    public var reason: String
    /// The assurance level, 1 to 4: with `assure` always, with `approve` where it is another than the lowest.
    public var assurance: Int64?

    public init(participant: Identifier, decision: ParticipantVerdict, reason: String, assurance: Int64? = nil) {
        self.participant = participant
        self.decision = decision
        self.reason = reason
        self.assurance = assurance
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        decision = try cursor.member("decision").oneOf(ParticipantVerdict.self)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
        let member = try cursor.optionalMember("assurance")
        assurance = try member.map { (level) throws(JSONMismatch) in try level.integer(in: Assurance.levels) }
        switch decision {
        case .approve: break
        case .assure: if member == nil { throw cursor.mismatch("the decision \"assure\" gives the new level, 1 to 4, as \"assurance\"") }
        default: if let member { throw member.mismatch("goes with the decisions approve and assure only") }
        }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("participant", .string(participant.text)), ("decision", .string(decision.rawValue)),
            ("reason", .string(reason)), ("assurance", assurance.map { .integer($0) }),
        ]
    }
}

extension JSONCursor {
    /// Texts by language tag (BCP 47), at least one.
    func languageMap(maximumCount: Int, allowsLines: Bool = false) throws(JSONMismatch) -> [String: String] {
        var texts: [String: String] = [:]
        let found = try members()
        if found.isEmpty { throw mismatch("must give a text in at least one language, such as \"en\" or \"zh\"") }
        for (language, cursor) in found {
            let isTag = (2...16).contains(language.utf8.count)
                && language.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || (0x30...0x39).contains($0) }
            if !isTag { throw cursor.mismatch("is not a language tag such as \"en\" or \"zh\"") }
            texts[language] = try cursor.text(1...maximumCount, allowsLines: allowsLines)
        }
        return texts
    }
}

extension JSONValue {
    /// Texts by language tag, in the tags' order, so that equal maps give equal bytes.
    static func languageMap(_ texts: [String: String]) -> JSONValue {
        .object(JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
