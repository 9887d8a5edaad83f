/// A request's line and headers, checked more strictly than libmicrohttpd 0.9.75 does: what two programs in a row could
/// understand differently (RFC 9112 section 11.2, request smuggling) is refused.
struct RequestHead {
    var method: String
    var path: String
    var query: String?
    var headers: HTTPHeaders
    /// `nil` where the length is not known beforehand (chunked).
    var contentLength: Int?
    var hasBody: Bool

    init(method: String, target: String, headers: HTTPHeaders, maximumHeaderBytes: Int) throws(Problem) {
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isTokenCharacter) else {
            throw .malformedRequest("the method is not a token")
        }
        try Self.check(headers, target, maximumHeaderBytes)
        self.method = method
        (path, query) = try Self.split(target)
        self.headers = headers
        (hasBody, contentLength) = try Self.framing(headers)
    }

    private static func check(_ headers: HTTPHeaders, _ target: String, _ limit: Int) throws(Problem) {
        var count = target.utf8.count
        for field in headers.fields {
            count += field.name.utf8.count + field.value.utf8.count + 4
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenCharacter) else {
                throw .malformedRequest("the header field name \"\(field.name.prefix(64))\" is not a token")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .malformedRequest("the header field \(field.name.prefix(64)) holds a control character")
            }
        }
        if count > limit { throw .headersTooLarge(limitBytes: limit) }
        if headers.values("Host").count > 1 { throw .malformedRequest("there is more than one Host field") }
    }

    /// Origin form, absolute form and asterisk form of RFC 9112 section 3.2.
    private static func split(_ target: String) throws(Problem) -> (path: String, query: String?) {
        var rest = target.utf8[...]
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformedRequest("the address holds a character that must be percent-encoded")
        }
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.utf8.count)
            rest = rest[(rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex)...]
            if rest.first != 0x2F { return ("/", rest.isEmpty ? nil : String(Substring(rest.dropFirst()))) }
        }
        guard rest.first == 0x2F || target == "*" else {
            throw .malformedRequest("the address must start with \"/\"")
        }
        guard let mark = rest.firstIndex(of: 0x3F) else { return (String(Substring(rest)), nil) }
        return (String(Substring(rest[..<mark])), String(Substring(rest[rest.index(after: mark)...])))
    }

    private static func framing(_ headers: HTTPHeaders) throws(Problem) -> (hasBody: Bool, length: Int?) {
        let codings = headers.values("Transfer-Encoding")
        let lengths = headers.values("Content-Length")
        if codings.isEmpty && lengths.isEmpty { return (false, 0) }
        if codings.count + lengths.count > 1 {
            throw .malformedRequest("the body's length is given in more than one way")
        }
        if let coding = codings.first {
            guard coding.lowercased() == "chunked" else { throw .unsupportedTransferCoding }
            return (true, nil)
        }
        guard let text = lengths.first, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text) else {
            throw .malformedRequest("Content-Length is not a number of bytes")
        }
        return (length > 0, length)
    }

    /// RFC 9110 section 5.6.2.
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }
}
