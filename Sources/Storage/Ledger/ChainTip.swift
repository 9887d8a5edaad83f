import Signing
import TransparencyLog

/// The end of the chain: all that is needed to add the next entry.
struct ChainTip: Sendable, Equatable {
    /// The right edge of the Merkle tree; its count is the `seq` of the next entry.
    var frontier = MerkleFrontier()
    /// The leaf hash of the last entry, which the next one has as `prev`.
    var lastHash = ChainedEntry.firstPreviousHash
    /// Where the next frame begins in the journal.
    var journalEnd = UInt64(JournalFormat.header.count)

    var size: UInt64 { frontier.count }
    var root: SHA256Digest { frontier.root }
}
