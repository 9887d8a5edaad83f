import Encoding

/// The parts of an HTTP request that a signature can cover (RFC 9421 section 2).
public struct HTTPMessageComponents: Sendable, Hashable {
    /// `@method`: in upper case as sent, such as `POST`.
    public var method: String
    /// `@authority`: host and port as ``normalizedAuthority(_:)`` gives them.
    public var authority: String
    /// `@path`: as sent, with its percent-encoding; `/` if empty.
    public var path: String
    /// `@query`: as sent with the leading question mark; a question mark alone if there is none.
    public var query: String
    /// Whether the request has a body; then ``HTTPSignaturePolicy`` wants `content-digest` covered.
    public var hasContent: Bool
    /// Header fields by lower-case name. A field that was sent several times has its values joined by a comma and a
    /// space (RFC 9421 section 2.1).
    public private(set) var fields: [String: String]

    /// - Parameters:
    ///   - target: the request's target in origin form, such as `/api/v1/products?page=2`.
    ///   - fields: header fields in the order of the message, names in any case.
    public init(
        method: String, authority: String, target: String, hasContent: Bool, fields: [(name: String, value: String)]
    ) {
        self.method = method
        self.authority = Self.normalizedAuthority(authority)
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.utf8.endIndex
        path = mark == target.utf8.startIndex ? "/" : String(target[..<mark])
        query = mark == target.utf8.endIndex ? "?" : String(target[mark...])
        self.hasContent = hasContent
        self.fields = [:]
        for field in fields { add(field.name, field.value) }
    }

    /// Adds a header field after those of the same name.
    public mutating func add(_ name: String, _ value: String) {
        let name = name.lowercased()
        let value = Self.trimmed(value)
        fields[name] = fields[name].map { "\($0), \(value)" } ?? value
    }

    /// `content-digest`.
    public var contentDigest: String? { fields["content-digest"] }

    /// Lower case, without the default port of http or https (RFC 9421 section 2.2.3). The scheme is not asked, since a
    /// server behind a proxy that ends TLS cannot know it.
    public static func normalizedAuthority(_ text: String) -> String {
        let text = text.lowercased()
        for port in [":443", ":80"] where text.hasSuffix(port) { return String(text.dropLast(port.count)) }
        return text
    }

    private static func trimmed(_ value: String) -> String {
        let isBlank = { (character: UInt8) in character == 0x20 || character == 0x09 }
        guard let first = value.utf8.first, let last = value.utf8.last, isBlank(first) || isBlank(last) else { return value }
        let start = value.utf8.drop(while: isBlank)
        let end = start.lastIndex { !isBlank($0) }.map { start.index(after: $0) } ?? start.startIndex
        return String(decoding: start[..<end], as: UTF8.self)
    }

    /// A component's value for the signature base.
    func value(of name: String) throws(HTTPMessageSignatureError) -> String {
        let value: String
        switch name {
        case "@method": value = method
        case "@authority": value = authority
        case "@path": value = path
        case "@query": value = query
        case "@request-target": value = query == "?" ? path : path + query
        default:
            guard !name.hasPrefix("@") else { throw .unsupportedComponent(name) }
            guard let field = fields[name] else { throw .fieldAbsent(name) }
            value = field
        }
        // A line break in a value could forge the lines that follow it in the signature base.
        guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { throw .componentNotSignable(name) }
        return value
    }
}
