/// Lower-case hexadecimal.
public enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes, or `nil` unless the text is an even number of lower-case hexadecimal digits.
    public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.underestimatedCount / 2)
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

    public static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    /// Whether a text is an even number of lower-case hexadecimal digits.
    public static func isValid(_ text: String) -> Bool {
        text.utf8.count % 2 == 0 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
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
    /// The same without the calls that generic code of another module costs.
    package static func decodeURL(array text: [UInt8]) -> [UInt8]? { decode(text, urlSafeValues) }
    public static func decodeURL(_ text: String) -> [UInt8]? { decode(Array(text.utf8), urlSafeValues) }

    private static func values(of alphabet: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }

    // Arrays, not collections: from another module a generic function costs a call for each byte.
    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> String {
        let count = padded ? (bytes.count + 2) / 3 * 4 : (bytes.count * 4 + 2) / 3
        return String(unsafeUninitializedCapacity: count) { output in
            var position = 0
            var buffer: UInt32 = 0
            var bits = 0
            for byte in bytes {
                buffer = buffer << 8 | UInt32(byte)
                bits += 8
                while bits >= 6 {
                    bits -= 6
                    output[position] = alphabet[Int(buffer >> UInt32(bits)) & 63]
                    position += 1
                }
                buffer &= 0xFF
            }
            if bits > 0 {
                output[position] = alphabet[Int(buffer << UInt32(6 - bits)) & 63]
                position += 1
            }
            while position < count {
                output[position] = 0x3D
                position += 1
            }
            return count
        }
    }

    private static func decode(_ text: [UInt8], _ table: [UInt8]) -> [UInt8]? {
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        return text.withUnsafeBufferPointer { text in
            table.withUnsafeBufferPointer { table in decode(text, table, rest) }
        }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>, _ rest: Int) -> [UInt8]? {
        let whole = text.count - rest
        // An unknown character's value has the two upper bits, which no other has.
        var unknown: UInt8 = 0
        func value(_ index: Int) -> UInt32 {
            let value = table[Int(text[index])]
            unknown |= value
            return UInt32(value & 63)
        }
        var unused: UInt32 = 0
        let output = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 2) { output, count in
            for index in stride(from: 0, to: whole, by: 4) {
                let group = value(index) << 18 | value(index + 1) << 12 | value(index + 2) << 6 | value(index + 3)
                output[count] = UInt8(truncatingIfNeeded: group >> 16)
                output[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                output[count + 2] = UInt8(truncatingIfNeeded: group)
                count += 3
            }
            guard rest >= 2 else { return }
            let group = value(whole) << 12 | value(whole + 1) << 6 | (rest == 3 ? value(whole + 2) : 0)
            output[count] = UInt8(truncatingIfNeeded: group >> 10)
            count += 1
            if rest == 3 {
                output[count] = UInt8(truncatingIfNeeded: group >> 2)
                count += 1
            }
            unused = rest == 2 ? group & 0x3FF : group & 3
        }
        return unknown & 0xC0 == 0 && unused == 0 ? output : nil
    }
}

extension String {
    /// The number of Unicode scalars: of the bytes that do not continue one.
    package var scalarCount: Int {
        var count = 0
        for byte in utf8 where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
