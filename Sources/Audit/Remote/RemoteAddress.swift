import CCurl

/// A log's address on the network.
struct RemoteAddress: Sendable {
    /// The address without a slash at its end.
    let base: String
    /// Whether it is this machine's own.
    let isLoopback: Bool

    /// Refuses anything but a plain http or https address.
    init(_ url: String) throws(AuditFailure) {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        guard let parsed = curl_url() else { throw .network(url: url, reason: "out of memory") }
        defer { curl_url_cleanup(parsed) }
        let code = curl_url_set(parsed, CURLUPART_URL, base, 0)
        guard code == CURLUE_OK else { throw .badURL(url: url, reason: String(cString: curl_url_strerror(code))) }
        let scheme = Self.part(parsed, CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https" else {
            throw .badURL(url: url, reason: "it must begin with http:// or https://")
        }
        for (name, unwanted) in [("a user name", CURLUPART_USER), ("a query", CURLUPART_QUERY), ("a fragment", CURLUPART_FRAGMENT)]
        where Self.part(parsed, unwanted) != nil {
            throw .badURL(url: url, reason: "it holds \(name); give the node's address alone, for example http://127.0.0.1:8620")
        }
        let host = Self.part(parsed, CURLUPART_HOST) ?? ""
        self.base = base
        isLoopback = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    }

    private static func part(_ parsed: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parsed, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
