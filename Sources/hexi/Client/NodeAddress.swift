/// Where a node listens, as its users write it: `http://host:port` or `https://host`.
struct NodeAddress: Sendable, Hashable {
    /// `http://host:port`, without a slash at its end.
    let base: String
    /// Host and port as a signed request names them (RFC 9421 section 2.2.3): lower case, a default port left out.
    let authority: String

    init(_ text: String) throws(ClientError) {
        let lower = text.lowercased()
        let scheme = lower.hasPrefix("https://") ? "https" : "http"
        guard lower.hasPrefix("\(scheme)://") else { throw Self.malformed(text, "it must begin with http:// or https://") }
        var rest = lower.dropFirst(scheme.utf8.count + 3)
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.isEmpty else { throw Self.malformed(text, "it names no host") }
        let isPlain = rest.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x3A, 0x61...0x7A, 0x2D, 0x2E, 0x5B, 0x5D, 0x5F: true
            default: false
            }
        }
        guard isPlain else { throw Self.malformed(text, "after the scheme come host and port only, no path, query or user name") }
        let (host, port) = try Self.split(String(rest), text)
        let isDefault = port == nil || port == (scheme == "https" ? 443 : 80)
        authority = isDefault ? host : "\(host):\(port ?? 0)"
        base = "\(scheme)://\(authority)"
    }

    /// The host, in brackets if it is an IPv6 address, and the port if one is given.
    private static func split(_ rest: String, _ text: String) throws(ClientError) -> (String, UInt16?) {
        let hostEnd: String.Index
        if rest.hasPrefix("[") {
            guard let bracket = rest.firstIndex(of: "]") else { throw malformed(text, "the bracket is not closed") }
            hostEnd = rest.index(after: bracket)
        } else {
            hostEnd = rest.firstIndex(of: ":") ?? rest.endIndex
        }
        let host = String(rest[..<hostEnd])
        let tail = rest[hostEnd...]
        if tail.isEmpty { return (host, nil) }
        guard !host.isEmpty, tail.hasPrefix(":"), let port = UInt16(tail.dropFirst()), port > 0 else {
            throw malformed(text, "the port must be a number from 1 to 65535")
        }
        return (host, port)
    }

    private static func malformed(_ text: String, _ reason: String) -> ClientError {
        .usage("\"\(text.prefix(200))\" is not the address of a node: \(reason)", hint: "One looks like \(Profile.defaultNode).")
    }
}
