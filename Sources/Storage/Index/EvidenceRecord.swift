import Encoding

/// A file that a recorded statement names as evidence. The file itself is not in the index.
public struct EvidenceRecord: Sendable, Hashable {
    /// SHA-256 of the salted file, in hexadecimal.
    public var sha256: String
    /// The entry whose statement names it.
    public var seq: UInt64
    /// What the entry is about.
    public var subject: String
    /// Who named it, and may bring and see it.
    public var owner: String
    public var kind: String
    public var name: String
    public var mediaType: String
    /// Size in bytes of the file without its salt.
    public var size: Int64

    public init(
        sha256: String, seq: UInt64, subject: String, owner: String, kind: String, name: String, mediaType: String, size: Int64
    ) {
        self.sha256 = sha256
        self.seq = seq
        self.subject = subject
        self.owner = owner
        self.kind = kind
        self.name = name
        self.mediaType = mediaType
        self.size = size
    }
}

/// An alarm that the ledger records.
public struct AlarmRecord: Sendable, Hashable {
    public var seq: UInt64
    public var time: Timestamp
    public var kind: String
    /// The participant that it is about; empty where nobody is known.
    public var participant: String
    /// What the entry's statement says, as JSON.
    public var body: JSONValue

    public init(seq: UInt64, time: Timestamp, kind: String, participant: String, body: JSONValue) {
        self.seq = seq
        self.time = time
        self.kind = kind
        self.participant = participant
        self.body = body
    }
}
