import COpenSSL

/// SHA-256 (FIPS 180-4), computed by OpenSSL with the processor's SHA extensions. A digest has 32 bytes.
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    // Four words rather than an array: a digest then needs no allocation of its own.
    private var words: (UInt64, UInt64, UInt64, UInt64)

    public static let count = 32

    /// `nil` unless there are 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    fileprivate init() { words = (0, 0, 0, 0) }

    /// Thirty-two zero bytes.
    public static let zero = SHA256Digest()

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// Sixty-four lower-case hexadecimal digits.
    public var description: String {
        withUnsafeBytes { buffer in
            String(unsafeUninitializedCapacity: 64) { output in
                var index = 0
                for byte in buffer {
                    output[index] = Self.digit(byte >> 4)
                    output[index + 1] = Self.digit(byte & 15)
                    index += 2
                }
                return 64
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

    public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    fileprivate mutating func fill(_ body: (UnsafeMutablePointer<UInt8>) -> Void) {
        withUnsafeMutableBytes(of: &words) { buffer in
            if let base = buffer.bindMemory(to: UInt8.self).baseAddress { body(base) }
        }
    }
}

public enum SHA256 {
    public static func hash(_ bytes: some Collection<UInt8>) -> SHA256Digest {
        bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { hash($0) }
    }

    /// The same for an array, which is what nearly every caller has: generic code of another module costs more calls.
    public static func hash(_ bytes: [UInt8]) -> SHA256Digest { bytes.withUnsafeBytes { hash($0) } }

    public static func hash(_ buffer: UnsafeRawBufferPointer) -> SHA256Digest {
        var digest = SHA256Digest()
        digest.fill { hexi_sha256($0, buffer.baseAddress, buffer.count) }
        return digest
    }

    /// The hash of one prefix byte and then the bytes: RFC 6962 section 2.1 separates leaves (0) from nodes (1) so.
    public static func hash(prefix: UInt8, _ buffer: UnsafeRawBufferPointer) -> SHA256Digest {
        var digest = SHA256Digest()
        digest.fill { hexi_sha256_prefixed($0, prefix, buffer.baseAddress, buffer.count) }
        return digest
    }

    /// Hashes a long input piece by piece.
    public struct Incremental: ~Copyable {
        private var context = SHA256_CTX()

        public init() { hexi_sha256_begin(&context) }

        public mutating func update(_ buffer: UnsafeRawBufferPointer) {
            hexi_sha256_update(&context, buffer.baseAddress, buffer.count)
        }

        public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

        public consuming func finish() -> SHA256Digest {
            var digest = SHA256Digest()
            digest.fill { hexi_sha256_finish($0, &context) }
            return digest
        }
    }
}
