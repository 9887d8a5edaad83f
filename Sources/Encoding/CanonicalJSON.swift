import Glibc

/// Reads JSON that is written exactly as ``JSONValue/serialized()`` writes it: no white space, each character in its one
/// form, integers without needless digits.
///
/// Ledger entries are in this form by rule, and the statements of this project's own programs by habit, so most of what
/// is read takes one pass over the bytes here. Whatever is not in this form, well formed or not, gives `nil` and is for
/// the library to judge: this reader accepts nothing that the library would refuse, and words no error.
struct CanonicalJSONReader {
    /// Names are compared each with each, so objects with more members than this are left to the library's table.
    private static let maximumMemberCount = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var position = 0

    /// The value of a whole text.
    ///
    /// - Parameter maximumDepth: how deep arrays and objects may nest.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) -> JSONValue? {
        var reader = CanonicalJSONReader(bytes, maximumDepth)
        guard let value = reader.value(depth: 0), reader.position == bytes.count else { return nil }
        return value
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Recursion is bounded by the depth allowed.
    private mutating func value(depth: Int) -> JSONValue? {
        switch next {
        case UInt8(ascii: "\"")?: string().map { .string($0) }
        case UInt8(ascii: "{")?: depth < maximumDepth ? object(depth: depth + 1) : nil
        case UInt8(ascii: "[")?: depth < maximumDepth ? array(depth: depth + 1) : nil
        case UInt8(ascii: "-")?, (0x30...0x39)?: integer()
        case UInt8(ascii: "t")?: literal("true", .bool(true))
        case UInt8(ascii: "f")?: literal("false", .bool(false))
        case UInt8(ascii: "n")?: literal("null", .null)
        default: nil
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        position += 1
        var object = JSONObject()
        if take(UInt8(ascii: "}")) { return .object(object) }
        object.reserveCapacity(8)
        repeat {
            guard let name = string(), take(UInt8(ascii: ":")), let value = value(depth: depth),
                object.count < Self.maximumMemberCount, !object.contains(name)
            else { return nil }
            object.appendUnchecked(name, value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(object) : nil
    }

    private mutating func array(depth: Int) -> JSONValue? {
        position += 1
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            guard let value = value(depth: depth) else { return nil }
            elements.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .array(elements) : nil
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) -> JSONValue? {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return nil }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return nil }
        position += count
        return value
    }

    /// At most eighteen digits, which always fit; no leading zero, no minus zero. What makes it no integer (a fraction, an
    /// exponent) stands behind it, where nothing accepts it.
    private mutating func integer() -> JSONValue? {
        let isNegative = take(UInt8(ascii: "-"))
        let start = position
        var value: Int64 = 0
        while position < bytes.count, case let digit = bytes[position], (0x30...0x39).contains(digit) {
            guard position - start < 18 else { return nil }
            value = value * 10 + Int64(digit - 0x30)
            position += 1
        }
        let count = position - start
        guard count > 0, bytes[start] != 0x30 || (count == 1 && !isNegative) else { return nil }
        return .integer(isNegative ? -value : value)
    }

    // MARK: Strings

    private mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = Self.text(UnsafeBufferPointer(rebasing: bytes[start..<position]))
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return escapedString(from: start) }
            if byte < 0x20 { return nil }
            position += 1
        }
        return nil
    }

    /// A string with escapes, of which there is one for each character that needs one. The rare `\u00…` for other control
    /// characters is left to the library.
    private mutating func escapedString(from start: Int) -> String? {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return text.withUnsafeBufferPointer(Self.text)
            case UInt8(ascii: "\\"):
                guard let escaped = next, let meant = Self.character(escaped) else { return nil }
                position += 1
                text.append(meant)
            case 0x00..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private static func character(_ escape: UInt8) -> UInt8? {
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): escape
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// `nil` unless the bytes are UTF-8.
    private static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        // Decoding puts U+FFFD, three bytes, in place of what is not UTF-8; only then do the bytes change.
        guard text.utf8.count == bytes.count, let source = bytes.baseAddress else { return bytes.isEmpty ? text : nil }
        let isSame = text.utf8.withContiguousStorageIfAvailable { decoded in
            decoded.baseAddress.map { memcmp($0, source, decoded.count) == 0 } ?? false
        }
        return isSame == true ? text : nil
    }
}
