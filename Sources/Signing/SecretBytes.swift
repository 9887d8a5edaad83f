import CSodium

/// Bytes in guarded memory: never swapped out where the system allows locking, fenced by inaccessible pages,
/// read-only once filled, left out of core dumps, and wiped when the last owner lets go.
public final class SecretBytes: @unchecked Sendable {
    // Sendable: the memory is written in init alone and read-only from then on; the pointer never changes.
    private let pointer: UnsafeMutableRawPointer
    public let count: Int

    /// Memory of `count` bytes, filled by `body`. Where `body` throws, the memory is wiped and given back.
    public init<Failure: Error>(
        count: Int, filledBy body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        Sodium.makeReady()
        guard let pointer = sodium_malloc(max(1, count)) else {
            // As when Swift itself runs out of memory, there is nothing to go on with.
            Sodium.stop("out of memory for a secret of \(count) bytes")
        }
        self.pointer = pointer
        self.count = count
        // From here on deinit frees, also if body throws: every stored property is set.
        try body(UnsafeMutableRawBufferPointer(start: pointer, count: count))
        sodium_mprotect_readonly(pointer)
    }

    /// A copy of bytes that the caller should wipe.
    public convenience init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    deinit { sodium_free(pointer) }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: pointer, count: count))
    }
}

extension Array where Element == UInt8 {
    /// Overwrites with zeros in a way that the compiler cannot leave out, and empties the array.
    mutating func wipe() {
        withUnsafeMutableBytes { if let base = $0.baseAddress { sodium_memzero(base, $0.count) } }
        removeAll()
    }
}
