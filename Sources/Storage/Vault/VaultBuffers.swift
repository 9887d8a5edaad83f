import CSodium

/// The chunk buffers of one pass over a file: two for plain text, wiped when freed, and one for the encrypted chunk.
/// Used by one function call at a time.
final class VaultBuffers {
    private(set) var plain: UnsafeMutableRawBufferPointer
    private(set) var ahead: UnsafeMutableRawBufferPointer
    let sealed: UnsafeMutableRawBufferPointer

    init() {
        let chunk = VaultContainer.chunkCount
        plain = .allocate(byteCount: chunk, alignment: 64)
        ahead = .allocate(byteCount: chunk, alignment: 64)
        sealed = .allocate(byteCount: chunk + VaultContainer.chunkOverhead, alignment: 64)
    }

    deinit {
        for buffer in [plain, ahead] {
            if let base = buffer.baseAddress { sodium_memzero(base, buffer.count) }
            buffer.deallocate()
        }
        sealed.deallocate()
    }

    /// Makes the chunk that was read ahead the present one.
    func exchange() { swap(&plain, &ahead) }

    var plainBytes: UnsafeMutablePointer<UInt8>? { plain.bindMemory(to: UInt8.self).baseAddress }
    var sealedBytes: UnsafeMutablePointer<UInt8>? { sealed.bindMemory(to: UInt8.self).baseAddress }
}
