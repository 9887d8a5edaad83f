import CSodium

/// Hashes that only the holder of a key can make or compare: keyed BLAKE2b (RFC 7693).
public enum KeyedHash {
    /// - Parameters:
    ///   - key: 16 to 64 bytes.
    ///   - count: of the hash, 16 to 64 bytes.
    /// - Returns: `nil` where a size is out of range.
    public static func hash(_ message: [UInt8], key: SecretBytes, count: Int = 32) -> [UInt8]? {
        Sodium.makeReady()
        guard (16...64).contains(count), (16...64).contains(key.count) else { return nil }
        var hash = [UInt8](repeating: 0, count: count)
        let result = key.withUnsafeBytes { keyBytes in
            crypto_generichash(
                &hash, count, message, UInt64(message.count), keyBytes.bindMemory(to: UInt8.self).baseAddress, keyBytes.count)
        }
        return result == 0 ? hash : nil
    }

    /// A key of 32 bytes for one purpose, from a key that serves several.
    ///
    /// - Returns: `nil` where the key has less than 16 bytes, or more than 64.
    public static func derivedKey(_ purpose: String, from key: SecretBytes) -> SecretBytes? {
        hash(Array(purpose.utf8), key: key).map { bytes in
            var bytes = bytes
            defer { bytes.wipe() }
            return SecretBytes(copying: bytes)
        }
    }
}
