/// The path and query of a request, encoded as they go over the wire, because that is what is signed.
struct RequestTarget: Sendable, Hashable {
    /// Percent-encoded, with a slash at its start.
    let path: String
    /// Percent-encoded, without the question mark; empty if there is none.
    let query: String

    /// - Parameter items: names and values as text; those without a value are left out.
    init(_ path: String, _ items: [(String, String?)] = []) {
        self.path = path
        query = items.compactMap { name, value in value.map { "\(Self.encode(name))=\(Self.encode($0))" } }.joined(separator: "&")
    }

    var text: String { query.isEmpty ? path : "\(path)?\(query)" }

    /// Percent-encodes everything but the unreserved characters (RFC 3986 section 2.3).
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
