import CSodium
import Glibc
import Signing

/// The form of one encrypted file.
///
/// ```
/// offset  bytes
///      0      8  "HEXIVLT1"
///      8     24  nonce of the description
///     32     57  description, sealed with XChaCha20-Poly1305 (IETF); the magic and the stream's header are its
///                additional data. Plain, 41 bytes: SHA-256 of the content (32), its size (u64, little-endian), kind (1)
///     89     24  header of the stream
///    113      …  libsodium secretstream (XChaCha20-Poly1305): chunks of 65,536 plain bytes, each 17 bytes longer when
///                encrypted; the last one, which may be shorter or empty, carries TAG_FINAL and no other does
/// ```
///
/// The description ties a file to its content hash, so files that were swapped are told apart at once; the chunks'
/// order and number are part of the stream, so nothing can be cut off, repeated or moved.
struct VaultContainer {
    static let magic = Array("HEXIVLT1".utf8)
    static let nonceCount = 24
    static let descriptionCount = 41
    static let tagCount = 16
    static let streamHeaderCount = 24
    static let headerCount = 8 + nonceCount + descriptionCount + tagCount + streamHeaderCount
    static let chunkCount = 65_536
    static let chunkOverhead = 17

    let keys: VaultKeys

    /// The size of the encrypted file for a content of `count` bytes; `nil` where no file can be so large.
    static func storedCount(of count: UInt64) -> UInt64? {
        let chunks = count == 0 ? 1 : (count - 1) / UInt64(chunkCount) + 1
        let (sum, overflow) = count.addingReportingOverflow(chunks * UInt64(chunkOverhead) + UInt64(headerCount))
        return overflow ? nil : sum
    }

    /// Encrypts everything that `source` gives into an empty file and returns what was stored.
    ///
    /// - Parameter source: fills the buffer and returns how many bytes it put there; fewer than asked means the end.
    func seal(
        _ file: borrowing VaultFile, kind: VaultKind,
        source: (UnsafeMutableRawBufferPointer) throws(VaultError) -> Int
    ) throws(VaultError) -> VaultItem {
        var state = crypto_secretstream_xchacha20poly1305_state()
        var streamHeader = [UInt8](repeating: 0, count: Self.streamHeaderCount)
        crypto_secretstream_xchacha20poly1305_init_push(&state, &streamHeader, keys.encryption)
        defer { sodium_memzero(&state, MemoryLayout.size(ofValue: state)) }
        // The description is known last: its place is filled when the content has been read.
        try file.writeAll([UInt8](repeating: 0, count: Self.headerCount))

        let buffers = VaultBuffers()
        var hash = SHA256.Incremental()
        var total: UInt64 = 0
        var pending = try source(buffers.plain)
        while true {
            // One chunk is read ahead, so that the last one is known to be the last when it is encrypted.
            let following = pending == Self.chunkCount ? try source(buffers.ahead) : 0
            hash.update(UnsafeRawBufferPointer(rebasing: buffers.plain[..<pending]))
            total += UInt64(pending)
            let tag = following == 0
                ? crypto_secretstream_xchacha20poly1305_tag_final() : crypto_secretstream_xchacha20poly1305_tag_message()
            var written: UInt64 = 0
            crypto_secretstream_xchacha20poly1305_push(
                &state, buffers.sealedBytes, &written, buffers.plainBytes, UInt64(pending), nil, 0, tag)
            try file.write(UnsafeRawBufferPointer(rebasing: buffers.sealed[..<Int(written)]))
            if following == 0 { break }
            buffers.exchange()
            pending = following
        }
        let item = VaultItem(
            digest: hash.finish(), kind: kind, count: total, storedCount: Self.storedCount(of: total) ?? 0)
        try file.overwriteStart(header(item, streamHeader))
        return item
    }

    private func header(_ item: VaultItem, _ streamHeader: [UInt8]) -> [UInt8] {
        let description = item.digest.bytes + (0..<8).map { UInt8(truncatingIfNeeded: item.count >> (8 * $0)) }
            + [item.kind.rawValue]
        var nonce = [UInt8](repeating: 0, count: Self.nonceCount)
        randombytes_buf(&nonce, nonce.count)
        var sealed = [UInt8](repeating: 0, count: Self.descriptionCount + Self.tagCount)
        let bound = Self.magic + streamHeader
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, nil, description, UInt64(description.count), bound, UInt64(bound.count), nil, nonce, keys.encryption)
        return Self.magic + nonce + sealed + streamHeader
    }

    /// Reads and checks the header of a file; the file is then at its first chunk.
    ///
    /// - Parameter digest: the content that the file must hold; `nil` to take what it says.
    func open(
        _ file: borrowing VaultFile, expecting digest: SHA256Digest?
    ) throws(VaultError) -> (item: VaultItem, streamHeader: [UInt8]) {
        let path = file.path
        func damaged(_ reason: String) -> VaultError { .damaged(digest, path: path, reason: reason) }
        let header = try Self.readHeader(file)
        guard header.count == Self.headerCount else { throw damaged("it ends within its header") }
        guard header.starts(with: Self.magic) else { throw damaged("it does not begin as a vault file does") }
        let streamHeader = Array(header.suffix(Self.streamHeaderCount))
        let nonce = Array(header[8..<8 + Self.nonceCount])
        let sealed = Array(header[8 + Self.nonceCount..<Self.headerCount - Self.streamHeaderCount])
        let bound = Self.magic + streamHeader
        var plain = [UInt8](repeating: 0, count: Self.descriptionCount)
        let opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
            &plain, nil, nil, sealed, UInt64(sealed.count), bound, UInt64(bound.count), nonce, keys.encryption)
        guard opened == 0, let held = SHA256Digest(plain[..<32]), let kind = VaultKind(rawValue: plain[40]) else {
            throw damaged("its header fails authentication")
        }
        let count = plain[32..<40].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if let digest, held != digest { throw damaged("it holds other content, \(held)") }
        let size = UInt64(clamping: try file.status().st_size)
        guard let expected = Self.storedCount(of: count), expected == size else {
            throw damaged("it has \(size) bytes where content of \(count) bytes needs \(Self.storedCount(of: count) ?? .max)")
        }
        return (VaultItem(digest: held, kind: kind, count: count, storedCount: size), streamHeader)
    }

    /// Decrypts a file from its first chunk on, hands each piece to `sink`, and checks the content's hash at the end.
    /// What `sink` got may be used only after this has returned.
    func unseal(
        _ file: borrowing VaultFile, _ item: VaultItem, streamHeader: [UInt8],
        sink: (UnsafeRawBufferPointer) throws(VaultError) -> Void
    ) throws(VaultError) {
        let path = file.path
        func damaged(_ reason: String) -> VaultError { .damaged(item.digest, path: path, reason: reason) }
        var state = crypto_secretstream_xchacha20poly1305_state()
        defer { sodium_memzero(&state, MemoryLayout.size(ofValue: state)) }
        guard crypto_secretstream_xchacha20poly1305_init_pull(&state, streamHeader, keys.encryption) == 0 else {
            throw damaged("its stream header is not acceptable")
        }
        let buffers = VaultBuffers()
        var hash = SHA256.Incremental()
        var remaining = item.count
        while true {
            let count = try file.read(into: buffers.sealed)
            let plainCount = Int(min(remaining, UInt64(Self.chunkCount)))
            guard count == plainCount + Self.chunkOverhead else { throw damaged("it is cut off") }
            var decrypted: UInt64 = 0
            var tag: UInt8 = 0
            let result = crypto_secretstream_xchacha20poly1305_pull(
                &state, buffers.plainBytes, &decrypted, &tag, buffers.sealedBytes, UInt64(count), nil, 0)
            guard result == 0, decrypted == UInt64(plainCount) else {
                throw damaged("bytes \(item.count - remaining) and after fail authentication")
            }
            let piece = UnsafeRawBufferPointer(rebasing: buffers.plain[..<plainCount])
            hash.update(piece)
            try sink(piece)
            remaining -= UInt64(plainCount)
            let isFinal = tag == crypto_secretstream_xchacha20poly1305_tag_final()
            guard isFinal == (remaining == 0) else { throw damaged("its stream ends at the wrong place") }
            if isFinal { break }
        }
        guard hash.finish() == item.digest else { throw damaged("the content does not have its hash") }
    }

    private static func readHeader(_ file: borrowing VaultFile) throws(VaultError) -> [UInt8] {
        let buffers = UnsafeMutableRawBufferPointer.allocate(byteCount: headerCount, alignment: 16)
        defer { buffers.deallocate() }
        let count = try file.read(into: buffers)
        return Array(buffers[..<count])
    }
}
