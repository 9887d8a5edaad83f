import Encoding

/// A number as a statement writes it: a JSON integer, or a text of decimal digits such as `"-12.50"`. No floating point, so that
/// everybody who reads it has the same number.
public struct DecimalNumber: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The most digits that a text may have, on both sides of the point together.
    public static let maximumDigitCount = 18
    private static let scaleCount = 18

    /// As it is written, without a mark of its own for whether it was an integer or a text.
    public let text: String
    /// Whether it stands in the document as a JSON integer.
    public let isInteger: Bool

    public init(_ integer: Int64) {
        text = String(integer)
        isInteger = true
    }

    /// A minus sign at most, then digits, with a point and digits behind it or without; at most 18 digits, and no leading zero
    /// too many. `nil` for any other text.
    public init?(_ text: String) {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        let isWritten = (1...2).contains(parts.count) && parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard isWritten, parts.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumDigitCount,
            parts[0].utf8.count == 1 || parts[0].utf8.first != 0x30
        else { return nil }
        self.text = text
        isInteger = false
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        if case .integer(let number) = cursor.value {
            self.init(number)
            return
        }
        guard let number = DecimalNumber(try cursor.string(maximumCount: Self.maximumDigitCount + 2)) else {
            throw cursor.mismatch("must be an integer, or a text of at most 18 decimal digits such as \"12.50\"")
        }
        self = number
    }

    public var json: JSONValue {
        if isInteger, let number = Int64(text) { return .integer(number) }
        return .string(text)
    }

    public var description: String { text }

    /// Whether there is nothing but zeros behind the point.
    public var isWhole: Bool { scaled % Self.power(Self.scaleCount) == 0 }

    /// The number times 10^18. 18 digits, or those of 64 bits, and 18 more fit into 128 bits.
    private var scaled: Int128 {
        let isNegative = text.hasPrefix("-")
        let parts = (isNegative ? text.dropFirst() : text[...]).split(separator: ".")
        let fraction = parts.count == 2 ? parts[1] : ""
        var sum: Int128 = 0
        for digit in parts.joined().utf8 { sum = sum &* 10 &+ Int128(digit &- 0x30) }
        sum = sum &* Self.power(Self.scaleCount - fraction.utf8.count)
        return isNegative ? 0 &- sum : sum
    }

    private static func power(_ exponent: Int) -> Int128 {
        (0..<max(0, exponent)).reduce(1) { product, _ in product &* 10 }
    }

    public static func < (left: DecimalNumber, right: DecimalNumber) -> Bool { left.scaled < right.scaled }
}
