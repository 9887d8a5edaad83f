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
    case task = "K"

    init?(_ letter: UInt8) {
        switch letter {
        case UInt8(ascii: "P"): self = .participant
        case UInt8(ascii: "R"): self = .resource
        case UInt8(ascii: "D"): self = .product
        case UInt8(ascii: "C"): self = .contract
        case UInt8(ascii: "Q"): self = .query
        case UInt8(ascii: "T"): self = .right
        case UInt8(ascii: "X"): self = .run
        case UInt8(ascii: "K"): self = .task
        default: return nil
        }
    }
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
    /// By byte, whether it is one of these characters.
    private static let isCrockford = (0...255).map { crockford.contains(UInt8($0)) }

    /// The identifier of what a statement with this payload creates.
    public init(kind: IdentifierKind, prefix: String, payload: [UInt8]) {
        self.init(kind: kind, prefix: prefix, digest: SHA256.hash(payload))
    }

    /// The identifier of what a statement creates, from the digest of its payload.
    init(kind: IdentifierKind, prefix: String, digest: SHA256Digest) {
        var characters: [UInt8] = []
        characters.reserveCapacity(prefix.utf8.count + Self.digestCharacterCount + 3)
        characters.append(contentsOf: prefix.utf8)
        characters.append(0x2F)
        let start = characters.count
        characters.append(contentsOf: kind.rawValue.utf8)
        let end = characters.count + Self.digestCharacterCount
        digest.withUnsafeBytes { digest in
            var buffer: UInt32 = 0
            var bits = 0
            var next = digest.makeIterator()
            while characters.count < end {
                if bits < 5, let byte = next.next() {
                    buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
                    bits += 8
                }
                bits -= 5
                characters.append(Self.crockford[Int(buffer >> UInt32(bits)) & 31])
            }
        }
        // The alphabet of Crockford base 32 lies within that of MOD 37,36, so there always is a check character.
        if let check = ISO7064Mod37_36.checkCharacter(for: characters[start...]) { characters.append(check) }
        text = String(decoding: characters, as: UTF8.self)
    }

    /// Reads an identifier and checks its form and its check character.
    public init(_ text: String) throws(IdentifierError) {
        let characters = Array(text.utf8)
        guard characters.count <= 128, let slash = characters.firstIndex(of: 0x2F), Self.isPrefix(characters[..<slash]) else {
            throw .malformed(text)
        }
        let suffix = characters[(slash + 1)...]
        guard suffix.count == Self.digestCharacterCount + 2, let letter = suffix.first, IdentifierKind(letter) != nil,
            suffix.dropFirst().dropLast().allSatisfy({ Self.isCrockford[Int($0)] }),
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

    public var prefix: String { String(decoding: text.utf8.prefix { $0 != 0x2F }, as: UTF8.self) }
    public var suffix: String { String(decoding: text.utf8.drop { $0 != 0x2F }.dropFirst(), as: UTF8.self) }
    public var kind: IdentifierKind? {
        text.utf8.firstIndex(of: 0x2F).flatMap { IdentifierKind(text.utf8[text.utf8.index(after: $0)]) }
    }

    /// Whether a text may name a space: labels of lower-case letters, digits and inner hyphens, joined by dots;
    /// at most 63 bytes.
    public static func isPrefix(_ text: String) -> Bool {
        isPrefix(Array(text.utf8)[...])
    }

    private static func isPrefix(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...63).contains(text.count) else { return false }
        // A dot or an end stands beside neither a dot nor an end nor a hyphen.
        var previous = UInt8(ascii: ".")
        for character in text {
            switch character {
            case 0x61...0x7A, 0x30...0x39: break
            case UInt8(ascii: "-"): if previous == UInt8(ascii: ".") { return false }
            case UInt8(ascii: "."): if previous == UInt8(ascii: ".") || previous == UInt8(ascii: "-") { return false }
            default: return false
            }
            previous = character
        }
        return previous != UInt8(ascii: ".") && previous != UInt8(ascii: "-")
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
