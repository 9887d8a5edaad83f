import Encoding
import Signing
import TransparencyLog

/// Where a walk along a ledger stands between two entries: all that is needed to go on from there.
struct WalkPosition: Sendable, Hashable {
    /// The tree over the entries before this place.
    var frontier = MerkleFrontier()
    /// The leaf hash of the entry before; what the next entry must have as `prev`.
    var lastHash = ChainedEntry.firstPreviousHash
    /// Where the next entry lies in the journal; `nil` where the entries do not come from one.
    var journal: JournalPosition?

    /// How many entries lie before this place.
    var count: UInt64 { frontier.count }
}

/// A place between two entries of a journal.
struct JournalPosition: Sendable, Hashable, Codable {
    /// Where the frame with the next entry begins, in bytes from the journal's start.
    var frame: UInt64
    /// How many bytes of that frame's payload lie before the next entry.
    var consumed: Int
}

extension WalkPosition: Codable {
    private enum CodingKeys: String, CodingKey { case frontier, lastHash, journal }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func bytes(_ key: CodingKeys) throws -> [UInt8] {
            guard let bytes = Hexadecimal.decode(try container.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not hexadecimal")
            }
            return bytes
        }
        guard let frontier = MerkleFrontier(encoded: try bytes(.frontier)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .frontier, in: container, debugDescription: "not the right edge of a tree")
        }
        guard let lastHash = SHA256Digest(try bytes(.lastHash)) else {
            throw DecodingError.dataCorruptedError(forKey: .lastHash, in: container, debugDescription: "not 32 bytes")
        }
        let journal = try container.decodeIfPresent(JournalPosition.self, forKey: .journal)
        if let journal, journal.consumed < 0 || journal.consumed > JournalFile.maximumPayload {
            throw DecodingError.dataCorruptedError(forKey: .journal, in: container, debugDescription: "outside a frame")
        }
        self.init(frontier: frontier, lastHash: lastHash, journal: journal)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Hexadecimal.encode(frontier.encoded()), forKey: .frontier)
        try container.encode(lastHash.description, forKey: .lastHash)
        try container.encodeIfPresent(journal, forKey: .journal)
    }
}
