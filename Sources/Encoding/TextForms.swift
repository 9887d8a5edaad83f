/// Lower-case hexadecimal.
public enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var output: [UInt8] = []
        for byte in bytes {
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes, or `nil` unless the text is an even number of lower-case hexadecimal digits.
    public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var high: UInt8?
        for character in text {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x61...0x66: digit = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                output.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? output : nil
    }

    public static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }
}

/// Base64 of RFC 4648: section 4 (with padding) and section 5 (URL-safe, without padding, as in JOSE).
///
/// Decoding is strict: no white space, no wrong padding, unused bits zero. So every byte string has exactly one
/// text, and a changed character never goes unnoticed.
public enum Base64 {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let standardValues = values(of: standard)
    private static let urlSafeValues = values(of: urlSafe)

    public static func encode(_ bytes: some Collection<UInt8>) -> String { encode(Array(bytes), standard, padded: true) }
    public static func encodeURL(_ bytes: some Collection<UInt8>) -> String { encode(Array(bytes), urlSafe, padded: false) }

    public static func decode(_ text: String) -> [UInt8]? {
        var text = Array(text.utf8)
        guard text.count % 4 == 0 else { return nil }
        for _ in 0..<2 where text.last == 0x3D { text.removeLast() }
        return decode(text, standardValues)
    }

    public static func decodeURL(_ text: some Collection<UInt8>) -> [UInt8]? { decode(Array(text), urlSafeValues) }
    public static func decodeURL(_ text: String) -> [UInt8]? { decode(Array(text.utf8), urlSafeValues) }

    private static func values(of alphabet: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }

    // Arrays, not collections: from another module a generic function costs a call for each byte.
    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(alphabet[Int(buffer >> UInt32(bits)) & 63])
            }
            buffer &= 0xFF
        }
        if bits > 0 { output.append(alphabet[Int(buffer << UInt32(6 - bits)) & 63]) }
        if padded { while output.count % 4 != 0 { output.append(0x3D) } }
        return String(decoding: output, as: UTF8.self)
    }

    private static func decode(_ text: [UInt8], _ table: [UInt8]) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.count * 3 / 4)
        var buffer: UInt32 = 0
        var bits = 0
        for character in text {
            let value = table[Int(character)]
            guard value != 0xFF else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
            buffer &= 0xFFF
        }
        let unused = buffer & ((1 << UInt32(bits)) - 1)
        return unused == 0 ? output : nil
    }
}
