import Signing
import TransparencyLog

/// An evidence bundle: a whole ledger, or single entries of one with their proofs, in one file that can still be opened
/// with common tools when this program is long gone. `README.md` beside this file describes the format.
///
/// Opening checks the archive's form, the order and the names of its members, and every byte against the manifest. That
/// shows accidents; what shows forgery is the signed checkpoint, once the entries have led to its root.
struct EvidenceBundle {
    enum Contents: Sendable, Hashable {
        /// Every entry that the checkpoint covers, in bundles of the tlog-tiles layout.
        case ledger
        /// So many single entries, each with its proof.
        case entries(count: Int)
    }

    /// The names of the members before the entries, in their order; the last two may be missing.
    static let heads = [readMe, checkpoint, policy, verifierKeys]
    static let readMe = "README.txt"
    static let checkpoint = "checkpoint"
    static let policy = "trust-policy"
    static let verifierKeys = "vkeys"
    /// The most bytes of a member before the entries.
    static let maximumHead = SignedNote.maximumLength

    let path: String
    let note: [UInt8]
    let contents: Contents
    /// Where the header of the first entry's member is.
    let entriesOffset: UInt64
    private let file: JournalFile

    /// Opens a bundle. Throws ``AuditFailure`` if it cannot be read or is none, ``AuditProblem`` if it was changed.
    init(_ path: String) throws {
        self.path = path
        file = try JournalFile(path)
        var archive = ArchiveReader(file)
        let block = try file.read(ArchiveHeader.blockLength, at: 0)
        guard ArchiveHeader(block)?.name == Self.readMe, let first = try archive.next() else {
            throw AuditFailure.unreadable(path: path, reason: "it is not an evidence bundle: such a file begins with the member \(Self.readMe)")
        }
        var heads: [String: ArchiveReader.Member] = [Self.readMe: first]
        var member = try archive.next()
        var order = Self.heads.dropFirst()
        while let head = member, let place = order.firstIndex(of: head.name) {
            guard head.size <= UInt64(Self.maximumHead) else { throw ArchiveReader.problem("\(head.name) is too long", at: head.offset) }
            heads[head.name] = head
            order = order[(place + 1)...]
            member = try archive.next()
        }
        guard let checkpoint = heads[Self.checkpoint] else { throw ArchiveReader.problem("it holds no checkpoint") }
        note = try archive.contents(of: checkpoint, maximumCount: Self.maximumHead)
        entriesOffset = member.map { $0.offset - UInt64(ArchiveHeader.blockLength) } ?? archive.position
        contents = try Self.walkEntries(member, &archive)
        try Self.checkManifest(file)
    }

    /// Goes over the members behind the head: bundles of entries, or entries with their proofs, and the manifest.
    private static func walkEntries(_ first: ArchiveReader.Member?, _ archive: inout ArchiveReader) throws -> Contents {
        var (bundles, pairs, last) = (UInt64(0), 0, UInt64?.none)
        var member = first
        while let current = member, current.name != ArchiveWriter.manifestName {
            if let tile = Tile(path: current.name), tile.content == .entries, pairs == 0 {
                guard tile.index == bundles, current.size <= UInt64(BundleSource.maximumBytes) else {
                    throw ArchiveReader.problem("\(current.name) does not follow in order, or is too long", at: current.offset)
                }
                bundles += 1
            } else {
                guard bundles == 0, let seq = ProvedEntry.sequence(current.name), last.map({ $0 < seq }) ?? true,
                    let proof = try archive.next(), proof.name == ProvedEntry.proofName(seq)
                else { throw ArchiveReader.problem("\(current.name) does not belong there", at: current.offset) }
                (pairs, last) = (pairs + 1, seq)
            }
            member = try archive.next()
        }
        guard member != nil else { throw ArchiveReader.problem("it has no \(ArchiveWriter.manifestName) at its end") }
        guard try archive.next() == nil else {
            throw ArchiveReader.problem("something follows \(ArchiveWriter.manifestName)", at: archive.position)
        }
        return pairs > 0 ? .entries(count: pairs) : .ledger
    }

    /// Compares the manifest with the members, line by line.
    private static func checkManifest(_ file: JournalFile) throws {
        var archive = ArchiveReader(file)
        var lines: ManifestLines?
        var search = ArchiveReader(file)
        while let member = try search.next() {
            if member.name == ArchiveWriter.manifestName { lines = ManifestLines(file, member) }
        }
        guard var lines else { throw ArchiveReader.problem("it has no \(ArchiveWriter.manifestName)") }
        while let member = try archive.next(), member.name != ArchiveWriter.manifestName {
            let expected = "\(try archive.hash(of: member))  \(member.name)\n"
            guard try lines.next(expected.utf8.count).elementsEqual(expected.utf8) else {
                throw ArchiveReader.problem(
                    "\(member.name) is not the file that \(ArchiveWriter.manifestName) lists in its place: one of them was changed since the bundle was made",
                    at: member.offset)
            }
        }
        guard try lines.next(1).isEmpty else { throw ArchiveReader.problem("\(ArchiveWriter.manifestName) lists more files than there are") }
    }

    func reader(from start: UInt64, size: UInt64) -> BundleFileReader {
        BundleFileReader(ArchiveReader(file, at: entriesOffset), from: start, size: size)
    }

    /// Hands the single entries to `body` in order.
    func forEachProvedEntry(_ body: (ProvedEntry) throws -> Void) throws {
        var archive = ArchiveReader(file, at: entriesOffset)
        while let member = try archive.next(), let seq = ProvedEntry.sequence(member.name), let proof = try archive.next() {
            try body(
                ProvedEntry(
                    seq: seq, entry: try archive.contents(of: member, maximumCount: ChainedEntry.maximumLength),
                    proof: try archive.contents(of: proof, maximumCount: LogProof.maximumLength), offset: member.offset))
        }
    }
}

/// The manifest, read piece by piece.
private struct ManifestLines {
    private let file: JournalFile
    private var rest: Range<UInt64>

    init(_ file: JournalFile, _ member: ArchiveReader.Member) {
        self.file = file
        rest = member.offset..<member.offset + member.size
    }

    /// So many bytes, or what there is.
    mutating func next(_ count: Int) throws(AuditFailure) -> [UInt8] {
        let count = min(UInt64(count), rest.upperBound - rest.lowerBound)
        defer { rest = rest.lowerBound + count..<rest.upperBound }
        return try file.read(Int(count), at: rest.lowerBound)
    }
}

/// A single entry in a bundle.
struct ProvedEntry: Sendable {
    var seq: UInt64
    var entry: [UInt8]
    /// The proof's file.
    var proof: [UInt8]
    /// Where the entry lies in the bundle.
    var offset: UInt64

    private static let (folder, entrySuffix) = ("entries/", ".json")

    static func entryName(_ seq: UInt64) -> String { "\(folder)\(seq)\(entrySuffix)" }
    static func proofName(_ seq: UInt64) -> String { "\(folder)\(seq).tlog-proof" }

    /// The number in an entry's name; `nil` unless it is one.
    static func sequence(_ name: String) -> UInt64? {
        guard name.hasPrefix(folder), name.hasSuffix(entrySuffix),
            let seq = UInt64(name.dropFirst(folder.count).dropLast(entrySuffix.count)), entryName(seq) == name
        else { return nil }
        return seq
    }
}

extension AuditSource {
    /// Whether the file at a path begins as an evidence bundle does. What follows may still be damaged.
    public static func isBundle(_ path: String) -> Bool {
        guard JournalFile.isRegular(path), let file = try? JournalFile(path),
            let block = try? file.read(ArchiveHeader.blockLength, at: 0)
        else { return false }
        return ArchiveHeader(block)?.name == EvidenceBundle.readMe
    }
}
