import Encoding
import Signing

/// What an identifier names; the first character of its suffix.
public enum IdentifierKind: String, Sendable, CaseIterable, Codable {
    case participant = "P"
    case resource = "R"
    case product = "D"
    case contract = "C"
    case query = "Q"
    case right = "T"
    case run = "X"
}

/// Why a text is not an identifier of a space.
public enum IdentifierError: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed(String)
    case wrongCheckCharacter(text: String, expected: String)
    case wrongKind(text: String, expected: String)

    public var description: String {
        switch self {
        case .malformed(let text):
            "\"\(text.prefix(80))\" is not an identifier; one looks like 86.gs.qingyang/D, then 26 characters, then a check character"
        case .wrongCheckCharacter(let text, let expected):
            "\"\(text.prefix(80))\" is mistyped: its check character would be \(expected)"
        case .wrongKind(let text, let expected): "\"\(text.prefix(80))\" does not name a \(expected)"
        }
    }
}

/// A unified catalogue identifier, `<prefix>/<suffix>`.
///
/// The prefix names the space. The suffix is the kind's letter, the first 130 bits of SHA-256 of the payload of the
/// signed statement that created the thing as 26 Crockford base-32 characters, and one ISO 7064 MOD 37,36 check
/// character over the 27 before it. Whoever holds the statement can so check that the identifier is its own.
public struct Identifier: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public let text: String

    public var description: String { text }
    public static func < (left: Identifier, right: Identifier) -> Bool { left.text < right.text }

    static let digestCharacterCount = 26
    static let crockford = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The identifier of what a statement with this payload creates.
    public init(kind: IdentifierKind, prefix: String, payload: [UInt8]) {
        let digest = SHA256.hash(payload).bytes
        var suffix = Array(kind.rawValue.utf8)
        var buffer: UInt32 = 0
        var bits = 0
        var next = digest.makeIterator()
        while suffix.count < 1 + Self.digestCharacterCount {
            if bits < 5, let byte = next.next() {
                buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
                bits += 8
            }
            bits -= 5
            suffix.append(Self.crockford[Int(buffer >> UInt32(bits)) & 31])
        }
        // The alphabet of Crockford base 32 lies within that of MOD 37,36, so there always is a check character.
        if let check = ISO7064Mod37_36.checkCharacter(for: suffix) { suffix.append(check) }
        text = "\(prefix)/\(String(decoding: suffix, as: UTF8.self))"
    }

    /// Reads an identifier and checks its form and its check character.
    public init(_ text: String) throws(IdentifierError) {
        let parts = text.utf8.split(separator: 0x2F, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 128, Self.isPrefix(String(parts[0]) ?? "") else {
            throw .malformed(text)
        }
        let suffix = Array(parts[1])
        guard suffix.count == Self.digestCharacterCount + 2,
            IdentifierKind(rawValue: String(decoding: suffix.prefix(1), as: UTF8.self)) != nil,
            suffix.dropFirst().dropLast().allSatisfy({ Self.crockford.contains($0) }),
            let expected = ISO7064Mod37_36.checkCharacter(for: suffix.dropLast())
        else { throw .malformed(text) }
        guard expected == suffix.last else {
            throw .wrongCheckCharacter(text: text, expected: String(decoding: [expected], as: UTF8.self))
        }
        self.text = text
    }

    /// Reads an identifier that must name a thing of one kind.
    public init(_ text: String, kind: IdentifierKind) throws(IdentifierError) {
        try self.init(text)
        guard self.kind == kind else { throw .wrongKind(text: text, expected: "\(kind)") }
    }

    public var prefix: String { String(text.prefix { $0 != "/" }) }
    public var suffix: String { String(text.drop { $0 != "/" }.dropFirst()) }
    public var kind: IdentifierKind? { IdentifierKind(rawValue: String(suffix.prefix(1))) }

    /// Whether a text may name a space: labels of lower-case letters, digits and inner hyphens, joined by dots;
    /// at most 63 bytes.
    public static func isPrefix(_ text: String) -> Bool {
        guard (1...63).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last, first != 0x2D, last != 0x2D else { return false }
            return label.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        }
    }

    // An identifier in stored state was checked when it entered; it is stored as its text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(text)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension JSONCursor {
    /// An identifier of one kind.
    func identifier(_ kind: IdentifierKind) throws(JSONMismatch) -> Identifier {
        let text = try string(maximumCount: 128)
        do { return try Identifier(text, kind: kind) } catch { throw mismatch(error.description) }
    }
}
