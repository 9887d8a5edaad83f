import Signing
import TransparencyLog

/// Where an entry's `prev` is not the hash of the entry before it, one of the two was changed. This tells which.
enum ChainBreak {
    /// Whether the entry before is to blame rather than the one whose `prev` does not fit.
    ///
    /// - Parameters:
    ///   - previous: the entry's `prev`.
    ///   - expected: the hash of the entry before it.
    ///   - following: the `prev` of the entry behind it. If that still is this entry's hash, this entry is as it was.
    static func blamesEntryBefore(
        _ entry: UnsafeRawBufferPointer, previous: SHA256Digest, expected: SHA256Digest, following: SHA256Digest?
    ) -> Bool {
        if let following { return following == MerkleTree.leafHash(entry) }
        // Behind the last entry nothing vouches for it, so likeness decides: a changed byte leaves most of a hash as it
        // was; the hash of a changed entry has nothing in common with the old one.
        return zip(previous.bytes, expected.bytes).lazy.filter { $0 == $1 }.count < 16
    }
}
