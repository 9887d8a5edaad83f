// The functions that libcurl calls, with a `Transfer` as their context, which the loop keeps alive until libcurl is done.

import CCurl

private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

func receiveBody(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    return transfer(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

func receiveHeader(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    return transfer(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

func readUpload(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return Int(CURL_READFUNC_ABORT) }
    return transfer(context).giveUpload(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

func repositionUpload(context: UnsafeMutableRawPointer?, offset: curl_off_t, origin: Int32) -> Int32 {
    guard let context, transfer(context).seekUpload(Int(offset), origin) else { return CURL_SEEKFUNC_CANTSEEK }
    return CURL_SEEKFUNC_OK
}

/// What all clients share.
enum Curl {
    /// libcurl's process-wide set-up, done once.
    static let isReady = hexi_curl_global_begin() == CURLE_OK

    /// The host of an absolute `http` or `https` URL, as libcurl itself reads it.
    static func host(of url: String) throws(HTTPClientError) -> String {
        guard let parsed = curl_url() else { throw .unavailable(reason: "out of memory") }
        defer { curl_url_cleanup(parsed) }
        let code = curl_url_set(parsed, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard code == CURLUE_OK else { throw .badURL(url: url, reason: String(cString: curl_url_strerror(code))) }
        let scheme = part(parsed, CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https" else {
            throw .badURL(url: url, reason: "it must start with http:// or https://")
        }
        guard part(parsed, CURLUPART_USER) == nil else {
            throw .badURL(url: url, reason: "it holds a user name")
        }
        guard let host = part(parsed, CURLUPART_HOST) else { throw .badURL(url: url, reason: "it names no host") }
        return host
    }

    private static func part(_ parsed: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parsed, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    }
}
