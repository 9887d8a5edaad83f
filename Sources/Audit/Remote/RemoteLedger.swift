import CCurl
import TransparencyLog

/// A node's ledger over HTTP: its checkpoint and ranges of its entries. Used by one task at a time.
///
/// Certificates are verified, redirects are not followed, loopback addresses are not reached through a proxy, and every
/// answer has a limit of bytes and of time.
final class RemoteLedger {
    /// How many entries are asked for at once; what a node gives at most.
    static let maximumEntries: UInt64 = 1000
    /// A node stops at 4 MiB, after the entry that passes it.
    private static let maximumEntriesAnswer = 5 << 20

    private let base: String
    private let handle: UnsafeMutableRawPointer
    private let timeoutSeconds: Double

    private static let isReady = hexi_curl_global_begin() == CURLE_OK

    /// - Parameter url: the node's address; `/ledger/…` is added to it.
    init(_ url: String, timeoutSeconds: Double) throws(AuditFailure) {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        let isLoopback = try Self.checkAddress(base)
        guard Self.isReady, let handle = curl_easy_init() else {
            throw .network(url: url, reason: "libcurl did not start")
        }
        self.base = base
        self.handle = handle
        self.timeoutSeconds = max(0.1, min(timeoutSeconds, 86_400))
        hexi_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        hexi_curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
        hexi_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        hexi_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        hexi_curl_set_number(handle, CURLOPT_TIMEOUT_MS, Int(self.timeoutSeconds * 1000))
        hexi_curl_set_text(handle, CURLOPT_USERAGENT, "hexi-audit")
        hexi_curl_set_number(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // Waiting ends when the task is cancelled.
        hexi_curl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        hexi_curl_set_progress_callback(handle, watchCancellation)
        if isLoopback { hexi_curl_set_text(handle, CURLOPT_PROXY, "") }
    }

    deinit { curl_easy_cleanup(handle) }

    func checkpoint() throws(AuditFailure) -> [UInt8] {
        try get("/ledger/checkpoint", maximumBytes: CheckpointCheck.maximumLength)
    }

    /// One line for each entry, at most so many from `start` on.
    func entries(from start: UInt64, count: UInt64) throws(AuditFailure) -> [UInt8] {
        try get("/ledger/entries?start=\(start)&count=\(count)", maximumBytes: Self.maximumEntriesAnswer)
    }

    /// The proof of an entry by the node's published checkpoint (C2SP tlog-proof).
    func logProof(of seq: UInt64) throws(AuditFailure) -> [UInt8] {
        try get("/ledger/proof/tlog?seq=\(seq)", maximumBytes: LogProof.maximumLength)
    }

    /// Where an answer comes from, for messages.
    func address(_ path: String) -> String { base + path }

    private func get(_ path: String, maximumBytes: Int) throws(AuditFailure) -> [UInt8] {
        let url = address(path)
        let answer = Answer(limit: maximumBytes)
        hexi_curl_set_text(handle, CURLOPT_URL, url)
        hexi_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION, receiveAnswer)
        hexi_curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(answer).toOpaque())
        let code = withExtendedLifetime(answer) { curl_easy_perform(handle) }
        if answer.isTooLarge { throw .answerTooLarge(url: url, limitBytes: maximumBytes) }
        guard code == CURLE_OK else {
            let reason = code == CURLE_OPERATION_TIMEDOUT
                ? "no complete answer within \(Int(timeoutSeconds)) s" : String(cString: curl_easy_strerror(code))
            throw .network(url: url, reason: reason)
        }
        let status = hexi_curl_response_code(handle)
        guard status == 200 else { throw .wrongStatus(url: url, status: status) }
        return answer.bytes
    }

    /// Refuses anything but a plain http or https address; tells whether it is this machine's own.
    private static func checkAddress(_ url: String) throws(AuditFailure) -> Bool {
        guard let parsed = curl_url() else { throw .network(url: url, reason: "out of memory") }
        defer { curl_url_cleanup(parsed) }
        let code = curl_url_set(parsed, CURLUPART_URL, url, 0)
        guard code == CURLUE_OK else { throw .badURL(url: url, reason: String(cString: curl_url_strerror(code))) }
        let scheme = part(parsed, CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https" else {
            throw .badURL(url: url, reason: "it must begin with http:// or https://")
        }
        for (name, unwanted) in [("a user name", CURLUPART_USER), ("a query", CURLUPART_QUERY), ("a fragment", CURLUPART_FRAGMENT)]
        where part(parsed, unwanted) != nil {
            throw .badURL(url: url, reason: "it holds \(name); give the node's address alone, for example http://127.0.0.1:8620")
        }
        let host = part(parsed, CURLUPART_HOST) ?? ""
        return host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    }

    private static func part(_ parsed: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parsed, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

/// Called by libcurl on the task's own thread, at least every second; anything but 0 breaks off.
private func watchCancellation(
    context: UnsafeMutableRawPointer?, down: curl_off_t, downloaded: curl_off_t, up: curl_off_t, uploaded: curl_off_t
) -> Int32 { Task.isCancelled ? 1 : 0 }

/// An answer while it comes in.
private final class Answer {
    let limit: Int
    var bytes: [UInt8] = []
    var isTooLarge = false

    init(limit: Int) { self.limit = limit }
}

/// Called by libcurl with a piece of the answer; gives back how many bytes it took, fewer to break off.
private func receiveAnswer(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
    let total = size * count
    guard total <= answer.limit - answer.bytes.count else {
        answer.isTooLarge = true
        return 0
    }
    answer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: total))
    return total
}
