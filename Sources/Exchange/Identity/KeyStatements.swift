import Encoding
import Signing

/// A participant's own change of its keys: signed with a key that it has and with every key that it adds.
public struct ParticipantKeys: Sendable, Hashable {
    /// How many keys a participant may have at once.
    public static let maximumCount = 8

    public var participant: Identifier
    public var add: [VerificationKey]
    /// Key identifiers (RFC 7638 thumbprints).
    public var remove: [String]
    public var reason: String

    public init(participant: Identifier, add: [VerificationKey], remove: [String], reason: String) {
        self.participant = participant
        self.add = add
        self.remove = remove
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        add = try cursor.member("add").verificationKeys(0...Self.maximumCount)
        var remove: [String] = []
        for element in try cursor.member("remove").array(maximumCount: Self.maximumCount) {
            let identifier = try element.keyIdentifier()
            if remove.contains(identifier) { throw element.mismatch("repeats a key") }
            if add.contains(where: { $0.keyIdentifier == identifier }) { throw element.mismatch("is added by the same statement") }
            remove.append(identifier)
        }
        self.remove = remove
        if add.isEmpty, remove.isEmpty { throw cursor.mismatch("must add a key or remove one") }
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [
            ("participant", .string(participant.text)), ("add", .array(add.map(\.jwk))),
            ("remove", .array(remove.map { .string($0) })), ("reason", .string(reason)),
        ]
    }
}

/// The operator's proposal to give new keys to a participant who has lost its own, signed with the new keys too. It takes
/// effect by a ``KeyRecoveryCompletion`` after a waiting time, unless the participant objects with a key that it has.
public struct KeyRecovery: Sendable, Hashable {
    public var participant: Identifier
    /// All the keys that the participant is to have.
    public var keys: [VerificationKey]
    /// Why, and how the operator made sure who asked.
    public var reason: String

    public init(participant: Identifier, keys: [VerificationKey], reason: String) {
        self.participant = participant
        self.keys = keys
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        keys = try cursor.member("keys").verificationKeys(1...ParticipantKeys.maximumCount)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [
            ("participant", .string(participant.text)), ("keys", .array(keys.map(\.jwk))), ("reason", .string(reason)),
        ]
    }
}

/// What ends a waiting ``KeyRecovery``: the participant's objection, or its completion.
public struct KeyRecoveryEnd: Sendable, Hashable {
    public var participant: Identifier
    public var reason: String

    public init(participant: Identifier, reason: String) {
        self.participant = participant
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("participant", .string(participant.text)), ("reason", .string(reason))]
    }
}

extension JSONCursor {
    /// Public keys as JWKs, none of them twice.
    func verificationKeys(_ counts: ClosedRange<Int>) throws(JSONMismatch) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for element in try array(minimumCount: counts.lowerBound, maximumCount: counts.upperBound) {
            let key = try VerificationKey(jwk: element)
            if keys.contains(key) { throw element.mismatch("repeats a key") }
            keys.append(key)
        }
        return keys
    }

    /// A key's thumbprint (RFC 7638 with SHA-256): 32 bytes in base64url.
    func keyIdentifier() throws(JSONMismatch) -> String {
        let text = try string(maximumCount: 64)
        guard Base64.decodeURL(text)?.count == 32 else {
            throw mismatch("must be a key's identifier, its JWK thumbprint of 43 characters in base64url")
        }
        return text
    }

    /// Different members of a closed list.
    func choices<Choice: RawRepresentable & CaseIterable & Equatable>(
        _ type: Choice.Type, minimumCount: Int = 0
    ) throws(JSONMismatch) -> [Choice] where Choice.RawValue == String {
        var choices: [Choice] = []
        for element in try array(minimumCount: minimumCount, maximumCount: Choice.allCases.count) {
            let choice = try element.oneOf(type)
            if choices.contains(choice) { throw element.mismatch("repeats \"\(choice.rawValue)\"") }
            choices.append(choice)
        }
        return choices
    }
}
