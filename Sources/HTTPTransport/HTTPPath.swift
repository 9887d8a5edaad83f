/// Why a path or a query is refused.
public enum HTTPPathError: Error, Sendable, Hashable, CustomStringConvertible, ProblemConvertible {
    case notAbsolute
    case emptySegment
    case malformedEscape(text: String)
    case notUTF8(text: String)
    /// A segment `.` or `..`, however it is written.
    case traversal(text: String)
    /// A slash written as `%2F`.
    case encodedSlash(text: String)
    case controlCharacter(text: String)
    case tooManyItems(limit: Int)
    case repeatedItem(name: String)

    public var description: String {
        switch self {
        case .notAbsolute: "the path does not start with \"/\""
        case .emptySegment: "the path has an empty segment; write single slashes, and none at the end"
        case .malformedEscape(let text): "\"\(text)\" has a \"%\" that two hexadecimal digits do not follow"
        case .notUTF8(let text): "\"\(text)\" is not UTF-8 once its escapes are decoded"
        case .traversal(let text): "the path segment \"\(text)\" leads to another folder"
        case .encodedSlash(let text): "the path segment \"\(text)\" holds an encoded slash"
        case .controlCharacter(let text): "\"\(text)\" holds a control character"
        case .tooManyItems(let limit): "the query has more than \(limit) items"
        case .repeatedItem(let name): "the query names \"\(name)\" more than once; name it once"
        }
    }

    public var problem: Problem {
        Problem(code: "malformed-target", status: 400, title: "The address is malformed", detail: description)
    }
}

/// Percent-decoding (RFC 3986 section 2.1), strict: what cannot be decoded in exactly one way is refused.
enum HTTPPath {
    static let maximumQueryItems = 256

    static func segments(of path: String) throws(HTTPPathError) -> [String] {
        var rest = path.utf8[...]
        guard rest.popFirst() == 0x2F else { throw .notAbsolute }
        if rest.isEmpty { return [] }
        var segments: [String] = []
        while true {
            let end = rest.firstIndex(of: 0x2F)
            segments.append(try segment(rest[..<(end ?? rest.endIndex)]))
            guard let end else { return segments }
            rest = rest[rest.index(after: end)...]
        }
    }

    private static func segment(_ text: Substring.UTF8View) throws(HTTPPathError) -> String {
        if text.isEmpty { throw .emptySegment }
        let decoded = try decode(text, plusIsSpace: false)
        if decoded == "." || decoded == ".." { throw .traversal(text: shown(text)) }
        if decoded.utf8.contains(0x2F) { throw .encodedSlash(text: shown(text)) }
        return decoded
    }

    static func queryItems(of query: String) throws(HTTPPathError) -> [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        for part in query.utf8.split(separator: 0x26, omittingEmptySubsequences: true) {
            if items.count == maximumQueryItems { throw .tooManyItems(limit: maximumQueryItems) }
            let equals = part.firstIndex(of: 0x3D)
            let name = try decode(part[..<(equals ?? part.endIndex)], plusIsSpace: true)
            let value = try equals.map { index throws(HTTPPathError) in
                try decode(part[part.index(after: index)...], plusIsSpace: true)
            }
            items.append((name, value ?? ""))
        }
        return items
    }

    static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool) throws(HTTPPathError) -> String {
        var isPlain = true
        for byte in text {
            if byte == 0x25 || byte >= 0x80 || (byte == 0x2B && plusIsSpace) { isPlain = false }
            if byte < 0x20 || byte == 0x7F { throw .controlCharacter(text: shown(text)) }
        }
        if isPlain { return String(Substring(text)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case 0x25:
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    throw .malformedEscape(text: shown(text))
                }
                let value = high << 4 | low
                if value < 0x20 || value == 0x7F { throw .controlCharacter(text: shown(text)) }
                bytes.append(value)
            case 0x2B where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(text: shown(text)) }
        return decoded
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }

    /// The start of the text, for a message.
    private static func shown(_ text: Substring.UTF8View) -> String { String(Substring(text).prefix(80)) }

    /// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3: fit for a path segment or a query value.
    static func encode(_ text: String) -> String {
        var output: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: output.append(byte)
            default: output += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

extension String {
    /// The text percent-encoded so that it is one path segment or one query value (RFC 3986 section 2.3).
    public var percentEncoded: String { HTTPPath.encode(self) }
}
