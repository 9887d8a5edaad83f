import Encoding
import Signing

/// Why bytes are no entry of a ledger.
public enum LedgerEntryError: Error, Sendable, Hashable, CustomStringConvertible {
    case notJSON(String)
    case invalid(JSONMismatch)
    case wrongMembers([String])
    case notCanonical
    case statement(StatementError)

    public var description: String {
        switch self {
        case .notJSON(let reason): "the entry is \(reason)"
        case .invalid(let mismatch): "the entry is invalid at \(mismatch)"
        case .wrongMembers(let names):
            "the entry's members are \(names.prefix(12).joined(separator: ", ")), not \(LedgerEntry.memberNames.joined(separator: ", "))"
        case .notCanonical: "the entry is not written as the ledger writes it (white space or other escapes)"
        case .statement(let error): "the entry's statement is not acceptable: \(error)"
        }
    }
}

/// One line of the ledger: JSON, UTF-8, at most 65,535 bytes, with its members in a fixed order.
///
/// What is hashed is the bytes as stored. To be sure that nobody hides a second reading in them, the bytes must also
/// be exactly those that writing the parsed entry gives.
public struct LedgerEntry: Sendable {
    public static let memberNames = ["prev", "seq", "time", "type", "subject", "actor", "body", "statement"]
    public static let maximumCount = 65_535

    public let previous: SHA256Digest
    public let seq: UInt64
    public let time: Timestamp
    public let event: Event

    /// Parses an entry. The statement's signatures are not checked here.
    public init(_ bytes: some Collection<UInt8>) throws(LedgerEntryError) {
        // Comparing through a generic collection would cost a call for each byte.
        let bytes = Array(bytes)
        let canonical = bytes.count <= Self.maximumCount ? JSONValue.parseCanonical(bytes, maximumDepth: 16) : nil
        let document: JSONValue
        if let canonical {
            document = canonical
        } else {
            do { document = try JSONValue.parse(bytes, maximumDepth: 16, maximumCount: Self.maximumCount) } catch {
                throw .notJSON(error.description)
            }
        }
        guard let names = document.objectValue?.names, names == Self.memberNames else {
            throw .wrongMembers(document.objectValue?.names ?? [])
        }
        guard canonical != nil || document.serialized() == bytes else { throw .notCanonical }
        let cursor = JSONCursor(document)
        let json: JSONValue
        let type: EventType, subject: String, actor: String, body: JSONObject
        do throws(JSONMismatch) {
            guard let digits = Hexadecimal.decode(try cursor.member("prev").hexadecimalDigest()),
                let digest = SHA256Digest(digits)
            else { throw try cursor.member("prev").mismatch("must be a SHA-256 digest") }
            previous = digest
            seq = UInt64(try cursor.member("seq").integer(in: 0...Int64.max))
            time = try cursor.member("time").timestamp()
            type = try cursor.member("type").oneOf(EventType.self)
            subject = try cursor.member("subject").string(minimumCount: 1, maximumCount: 128)
            actor = try cursor.member("actor").string(minimumCount: 1, maximumCount: 128)
            guard let object = try cursor.member("body").value.objectValue else {
                throw try cursor.member("body").mismatch("must be an object")
            }
            body = object
            json = try cursor.member("statement").value
        } catch { throw .invalid(error) }
        do {
            event = Event(
                type: type, subject: subject, actor: actor, body: body, statement: try SignedStatement(json))
        } catch { throw .statement(error) }
    }

    /// An entry's bytes after its `prev` and `seq`: `"time":…,"type":…}`. The ledger puts those two before.
    public static func content(_ event: Event, time: Timestamp) -> [UInt8] {
        let object: JSONValue = [
            "time": .string(time.description), "type": .string(event.type.rawValue), "subject": .string(event.subject),
            "actor": .string(event.actor), "body": .object(event.body), "statement": event.statement.json,
        ]
        return Array(object.serialized().dropFirst())
    }
}
