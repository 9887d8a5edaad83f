import CSodium
import Signing

/// The vault's two working keys, derived from its one key, in libsodium's guarded memory: surrounded by pages that
/// cannot be touched, kept out of core dumps and swap, wiped when freed.
///
/// `@unchecked Sendable`: the memory is written in `init` only, then made read-only.
final class VaultKeys: @unchecked Sendable {
    private static let keyCount = 32
    // Eight characters, as crypto_kdf wants: they separate these keys from all others derived from the same one.
    private static let context = "hexivlt1"

    private let memory: UnsafeMutablePointer<UInt8>

    /// - Parameter key: 32 bytes.
    init(_ key: [UInt8]) throws(VaultError) {
        guard sodium_init() >= 0 else { throw .cryptography(reason: "libsodium did not start") }
        guard key.count == Vault.keyCount else { throw .badKey(count: key.count) }
        guard let raw = sodium_malloc(Self.keyCount * 2) else { throw .cryptography(reason: "no guarded memory") }
        memory = raw.bindMemory(to: UInt8.self, capacity: Self.keyCount * 2)
        crypto_kdf_derive_from_key(memory, Self.keyCount, 1, Self.context, key)
        crypto_kdf_derive_from_key(memory + Self.keyCount, Self.keyCount, 2, Self.context, key)
        sodium_mprotect_readonly(raw)
    }

    deinit { sodium_free(memory) }

    /// Encrypts contents and their headers.
    var encryption: UnsafePointer<UInt8> { UnsafePointer(memory) }

    /// Keyed BLAKE2b-256 (RFC 7693): turns a content hash into a file name that only the key's holder can compute,
    /// so that somebody who sees the disk cannot tell whether a content that he knows is held.
    func name(of bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Self.keyCount)
        crypto_generichash(&output, output.count, bytes, UInt64(bytes.count), memory + Self.keyCount, Self.keyCount)
        return output
    }
}
