import Signing

/// Reads an archive of ``ArchiveHeader``s member by member, whatever its length.
struct ArchiveReader {
    /// One member.
    struct Member: Sendable, Hashable {
        var header: ArchiveHeader
        /// Where its contents begin, in bytes from the archive's start.
        var offset: UInt64

        var name: String { header.name }
        var size: UInt64 { header.size }
        /// Where the next header begins.
        var end: UInt64 { offset + size + UInt64(header.paddingLength) }
    }

    private static let endLength = 2 * ArchiveHeader.blockLength
    private static let pieceLength = 1 << 20

    let file: JournalFile
    /// Where the next header is.
    private(set) var position: UInt64

    init(_ file: JournalFile, at position: UInt64 = 0) {
        self.file = file
        self.position = position
    }

    /// The next member; `nil` at the archive's end, which two blocks of zeros mark, and nothing behind them.
    mutating func next() throws -> Member? {
        let block = try file.read(ArchiveHeader.blockLength, at: position)
        if !block.contains(where: { $0 != 0 }) {
            let rest = try file.read(Self.endLength + 1, at: position)
            guard rest.count == Self.endLength, !rest.contains(where: { $0 != 0 }) else {
                throw problem("the archive does not end with two blocks of zeros")
            }
            return nil
        }
        guard let header = ArchiveHeader(block) else {
            throw problem("there is no member's header in the form of an evidence bundle")
        }
        let member = Member(header: header, offset: position + UInt64(ArchiveHeader.blockLength))
        guard member.end <= file.size else { throw problem("the archive ends within \(member.name)") }
        let padding = try file.read(header.paddingLength, at: member.offset + member.size)
        guard !padding.contains(where: { $0 != 0 }) else { throw problem("\(member.name) is not followed by zeros") }
        position = member.end
        return member
    }

    /// The contents of a member that may have at most so many bytes.
    func contents(of member: Member, maximumCount: Int) throws -> [UInt8] {
        guard member.size <= UInt64(maximumCount) else {
            throw Self.problem("\(member.name) has \(member.size) bytes, more than the \(maximumCount) that are read", at: member.offset)
        }
        let bytes = try file.read(Int(member.size), at: member.offset)
        guard UInt64(bytes.count) == member.size else { throw Self.problem("\(member.name) is cut off", at: member.offset) }
        return bytes
    }

    /// SHA-256 of a member's contents, read piece by piece.
    func hash(of member: Member) throws -> SHA256Digest {
        var hash = SHA256.Incremental()
        var done: UInt64 = 0
        while done < member.size {
            let piece = try file.read(Int(min(UInt64(Self.pieceLength), member.size - done)), at: member.offset + done)
            guard !piece.isEmpty else { throw Self.problem("\(member.name) is cut off", at: member.offset) }
            hash.update(piece)
            done += UInt64(piece.count)
        }
        return hash.finish()
    }

    private func problem(_ reason: String) -> AuditProblem { Self.problem(reason, at: position) }

    static func problem(_ reason: String, at offset: UInt64? = nil) -> AuditProblem {
        AuditProblem(.bundle, offset: offset, reason: reason)
    }
}
