import Signing

/// Hands out a ledger's entries in order, without judging them.
protocol LedgerReader: AnyObject {
    /// The next step. Bytes in it are lent until the next call.
    func next() throws(AuditFailure) -> ReaderStep

    /// The `prev` of the entry behind the one last given, where there is a readable one; it moves nothing.
    func followingPrevious() throws(AuditFailure) -> SHA256Digest?

    /// Where the next entry lies in the journal; `nil` where the entries do not come from one.
    var place: JournalPosition? { get }
}

extension LedgerReader {
    var place: JournalPosition? { nil }
}

enum ReaderStep {
    /// `offset` is where the entry's first byte lies in the journal; `nil` for a node.
    case entry(UnsafeRawBufferPointer, offset: UInt64?)
    case end
    /// The journal goes on with something that is no sound frame.
    case badFrame(BadFrame)
    /// What comes next cannot be an entry. The problem's `seq` is for the caller to fill in.
    case unsound(AuditProblem)
}

/// A frame of the journal whose length or checksum does not fit.
struct BadFrame {
    enum Fault: Equatable {
        case checksum
        /// A length that no frame can have.
        case length(UInt32)
        /// The file ends within the header or within the payload.
        case incomplete
    }

    var fault: Fault
    /// Where its header begins.
    var offset: UInt64
    /// What its header says.
    var length: UInt32
    var checksum: UInt32
    /// How many bytes of it, or of what may be it, are in the file.
    var byteCount: UInt64
    /// The bytes behind the header that may belong to it.
    var payload: UnsafeRawBufferPointer
    /// The `prev` of the first entry of the frame behind it, where there is one.
    var following: SHA256Digest?

    var payloadOffset: UInt64 { offset + UInt64(JournalFile.frameHeaderLength) }

    /// What is wrong with the frame itself.
    var reason: String {
        switch fault {
        case .checksum: "the checksum of the frame at byte \(offset) does not fit its \(length) bytes"
        case .length: "the frame at byte \(offset) cannot have \(length) bytes"
        case .incomplete: "the journal ends within the frame at byte \(offset)"
        }
    }
}
