import Encoding
import Exchange
import Signing
import TransparencyLog

/// What an entry says, read from its bytes alone: neither its statement's signatures nor the rules are asked.
public struct EntrySummary: Sendable, Hashable {
    public let seq: UInt64
    public let time: Timestamp
    /// The type as the entry has it; a later release may know types that this one does not.
    public let type: String
    public let subject: String
    public let actor: String
    public let body: JSONObject

    /// Reads an entry. Throws an ``AuditProblem`` of kind `entry`.
    public init(_ bytes: [UInt8]) throws(AuditProblem) {
        do throws(JSONMismatch) { self = try Self.read(bytes) } catch {
            throw AuditProblem(.entry, reason: "it is no ledger entry: \(error)")
        }
    }

    private init(_ cursor: JSONCursor) throws(JSONMismatch) {
        seq = UInt64(try cursor.member("seq").integer(in: 0...Int64.max))
        let time = try cursor.member("time")
        guard let instant = Timestamp(try time.string(maximumCount: 24)) else {
            throw time.mismatch("must be a time such as 2026-11-21T08:30:00.000Z")
        }
        self.time = instant
        type = try cursor.member("type").string(minimumCount: 1, maximumCount: 64)
        subject = try cursor.member("subject").string(minimumCount: 1, maximumCount: 128)
        actor = try cursor.member("actor").string(minimumCount: 1, maximumCount: 128)
        guard let body = try cursor.member("body").value.objectValue else {
            throw try cursor.member("body").mismatch("must be an object")
        }
        self.body = body
    }

    private static func read(_ bytes: [UInt8]) throws(JSONMismatch) -> EntrySummary {
        let document: JSONValue
        do { document = try JSONValue.parse(bytes, maximumDepth: 16, maximumCount: LedgerEntry.maximumCount) } catch {
            throw JSONMismatch(pointer: "", reason: "it is \(error)")
        }
        let cursor = JSONCursor(document)
        guard document.objectValue?.names == LedgerEntry.memberNames else {
            throw cursor.mismatch("its members are not \(LedgerEntry.memberNames.joined(separator: ", "))")
        }
        // Otherwise two people could read two things in one entry.
        guard document.serialized() == bytes else {
            throw cursor.mismatch("it is not written as the ledger writes it (white space or other escapes)")
        }
        return try EntrySummary(cursor)
    }

    /// The type of an entry that commits to a batch of usage records.
    public static let batchType = "usage.batch"

    /// What an entry of type `usage.batch` says of its batch: `records` and `root` in its body.
    /// Throws an ``AuditProblem`` of kind `entry`.
    public func batchCommitment() throws(AuditProblem) -> BatchCommitment {
        guard type == Self.batchType else {
            throw AuditProblem(
                .entry, seq: seq, type: type, subject: subject, reason: "it does not commit to a batch of records; an entry of type \(Self.batchType) does")
        }
        do throws(JSONMismatch) {
            let cursor = JSONCursor(.object(body), pointer: "/body")
            let count = try cursor.member("records").integer(in: 1...Int64(MerkleTree.maximumSize))
            let member = try cursor.member("root")
            guard let root = Hexadecimal.decode(try member.string(maximumCount: 64)).flatMap({ SHA256Digest($0) }) else {
                throw member.mismatch("must be a SHA-256 digest of 64 lower-case hexadecimal digits")
            }
            return BatchCommitment(count: UInt64(count), root: root)
        } catch { throw AuditProblem(.entry, seq: seq, type: type, subject: subject, reason: error.description) }
    }
}
