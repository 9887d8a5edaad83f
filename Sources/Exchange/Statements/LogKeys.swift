import Encoding
import Signing
import TransparencyLog

/// The operator's statement of the keys that sign the ledger's checkpoints from its entry on.
///
/// A rotation is two of them, so that both keys sign for a while: one adds the new key, a later one leaves out the old.
public struct LogKeys: Sendable, Hashable {
    /// How many keys may be in force at once.
    public static let maximumCount = 4
    /// The longest handover that is read, in bytes: a text with the keys before and after, and a signature by each.
    public static let maximumHandoverCount = 8192

    /// All the keys in force afterwards, none of them twice.
    public var logKeys: [NoteVerifier]
    public var reason: String
    /// A note over ``handoverText(origin:from:to:)``, signed with every one of the keys in force afterwards. As one of
    /// them was in force before, whoever trusted that key has its word for the others, and each proves that it is held.
    public var handover: SignedNote

    public init(logKeys: [NoteVerifier], reason: String, handover: SignedNote) {
        self.logKeys = logKeys
        self.reason = reason
        self.handover = handover
    }

    /// The statement's content with the handover made by the new keys' signers.
    ///
    /// - Parameters:
    ///   - origin: the ledger's.
    ///   - previous: the verifier keys in force until then, in the order in which the space has them.
    ///   - signers: of the keys in force afterwards.
    public init(
        handingOver origin: String, from previous: [String], to signers: [NoteSigner], reason: String
    ) throws(SignedNoteError) {
        let verifiers = signers.map(\.verifier)
        let text = Self.handoverText(origin: origin, from: previous, to: verifiers.map(\.description))
        self.init(logKeys: verifiers, reason: reason, handover: try SignedNote(text: text, signers: signers))
    }

    /// What a handover says. Its first line is no ledger's origin and its second no number, so that a signature on it
    /// can never pass for one on a checkpoint.
    ///
    ///     hexi log-keys/v1
    ///     origin
    ///     from verifier key        one line for each key in force before
    ///     to verifier key          one line for each key in force afterwards
    public static func handoverText(origin: String, from previous: [String], to next: [String]) -> String {
        let lines = ["hexi log-keys/v1", origin] + previous.map { "from \($0)" } + next.map { "to \($0)" }
        return lines.map { $0 + "\n" }.joined()
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        var keys: [NoteVerifier] = []
        for element in try cursor.member("logKeys").array(minimumCount: 1, maximumCount: Self.maximumCount) {
            let text = try element.string(minimumCount: 1, maximumCount: 256)
            let key: NoteVerifier
            do { key = try NoteVerifier(text) } catch { throw element.mismatch("\(error)") }
            guard key.description == text else { throw element.mismatch("is not written as a verifier key is: \(key)") }
            // Files and signatures name a key by its short identifier, so two may not share one.
            if keys.contains(where: { $0.name == key.name && $0.keyIdentifier == key.keyIdentifier }) {
                throw element.mismatch("repeats a key")
            }
            keys.append(key)
        }
        logKeys = keys
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
        let member = try cursor.member("handover")
        let bytes = Array(try member.string(minimumCount: 1, maximumCount: Self.maximumHandoverCount).utf8)
        do { handover = try SignedNote(bytes) } catch { throw member.mismatch("\(error)") }
        guard handover.bytes == bytes else { throw member.mismatch("is not written as a signed note is") }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("logKeys", .array(logKeys.map { .string($0.description) })), ("reason", .string(reason)),
            ("handover", .string(String(decoding: handover.bytes, as: UTF8.self))),
        ]
    }
}
