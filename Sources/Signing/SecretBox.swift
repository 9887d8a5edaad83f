import CSodium

/// Short secrets at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce in front.
public enum SecretBox {
    /// By how many bytes what is kept is longer than the message.
    public static let overhead = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
    private static let nonceCount = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)

    /// - Parameters:
    ///   - context: what the message belongs to; it opens only with the same.
    ///   - key: 32 bytes.
    /// - Returns: `nil` where the key has another size.
    public static func close(_ message: [UInt8], context: [UInt8], key: SecretBytes) -> [UInt8]? {
        Sodium.makeReady()
        guard key.count == Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES) else { return nil }
        let nonce = RandomBytes.generate(nonceCount)
        var cipher = [UInt8](repeating: 0, count: message.count + overhead - nonceCount)
        key.withUnsafeBytes { keyBytes in
            if let base = keyBytes.bindMemory(to: UInt8.self).baseAddress {
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &cipher, nil, message, UInt64(message.count), context, UInt64(context.count), nil, nonce, base)
            }
        }
        return nonce + cipher
    }

    /// The message; `nil` where it was changed, belongs to something else, or was closed with another key.
    public static func open(_ box: [UInt8], context: [UInt8], key: SecretBytes) -> [UInt8]? {
        Sodium.makeReady()
        guard box.count >= overhead, key.count == Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES) else { return nil }
        let cipher = Array(box.dropFirst(nonceCount))
        var message = [UInt8](repeating: 0, count: box.count - overhead)
        let isOpen = key.withUnsafeBytes { keyBytes in
            guard let base = keyBytes.bindMemory(to: UInt8.self).baseAddress else { return false }
            return crypto_aead_xchacha20poly1305_ietf_decrypt(
                &message, nil, nil, cipher, UInt64(cipher.count), context, UInt64(context.count), Array(box.prefix(nonceCount)), base) == 0
        }
        return isOpen ? message : nil
    }
}
