import CSodium

/// Bytes from the system's cryptographic random generator (`getrandom`), through libsodium.
public enum RandomBytes {
    public static func generate(_ count: Int) -> [UInt8] {
        Sodium.makeReady()
        return [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, initializedCount in
            if let base = buffer.baseAddress { randombytes_buf(base, buffer.count) }
            initializedCount = max(0, count)
        }
    }
}

public enum ConstantTime {
    /// Whether two byte strings are equal, in time that depends on their length only. Use it wherever one side is
    /// secret: a tag, a token, a passphrase's hash.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        if left.isEmpty { return true }
        return sodium_memcmp(left, right, left.count) == 0
    }
}
