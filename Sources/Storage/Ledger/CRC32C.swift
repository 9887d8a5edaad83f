import CChecksum

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), which guards journal frames against torn writes and rot. It is no
/// protection against intent: that is what the hash chain and the signed checkpoints are for.
enum CRC32C {
    /// Continues `checksum` (0 at the start) over more bytes.
    static func update(_ checksum: UInt32 = 0, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        hexi_crc32c(checksum, bytes.baseAddress, bytes.count)
    }

    /// The same, computed without the processor's instruction.
    static func updatePortably(_ checksum: UInt32 = 0, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        hexi_crc32c_portable(checksum, bytes.baseAddress, bytes.count)
    }
}
