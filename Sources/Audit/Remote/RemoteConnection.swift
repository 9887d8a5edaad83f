import CCurl
import Glibc

/// What a server answered.
struct RemoteAnswer: Sendable {
    var status: Int
    var body: [UInt8]
}

/// Gets resources from a log's address, one after the other. Used by one thread or task at a time.
///
/// Certificates are verified, redirects are not followed, loopback addresses are not reached through a proxy, and every
/// answer has a limit of bytes, counted behind any compression, and of time.
final class RemoteConnection {
    /// How often something is tried, and how long to wait in between.
    struct Patience: Sendable, Hashable {
        /// At least 1.
        var attempts: Int
        /// Before the second attempt; twice as long before each further one.
        var firstDelaySeconds: Double

        static let standard = Patience(attempts: 5, firstDelaySeconds: 0.25)
        /// For the first word with a server, whose address may be wrong.
        static let brief = Patience(attempts: 2, firstDelaySeconds: 0.25)
    }

    private let handle: UnsafeMutableRawPointer
    private let timeoutSeconds: Double
    private let isStopped: @Sendable () -> Bool

    private static let isReady = hexi_curl_global_begin() == CURLE_OK

    /// - Parameters:
    ///   - timeoutSeconds: how long one answer may take in all.
    ///   - isStopped: whether to break off; asked at least every second.
    init(_ address: RemoteAddress, timeoutSeconds: Double, isStopped: @escaping @Sendable () -> Bool) throws(AuditFailure) {
        guard Self.isReady, let handle = curl_easy_init() else {
            throw .network(url: address.base, reason: "libcurl did not start")
        }
        self.handle = handle
        self.timeoutSeconds = max(0.1, min(timeoutSeconds, 86_400))
        self.isStopped = isStopped
        hexi_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        hexi_curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
        hexi_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        hexi_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        hexi_curl_set_number(handle, CURLOPT_TIMEOUT_MS, Int(self.timeoutSeconds * 1000))
        hexi_curl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        hexi_curl_set_text(handle, CURLOPT_USERAGENT, "hexi-audit")
        // C2SP tlog-tiles, "Log entries": clients should accept gzip; libcurl unpacks it.
        hexi_curl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "gzip")
        hexi_curl_set_number(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if address.isLoopback { hexi_curl_set_text(handle, CURLOPT_PROXY, "") }
    }

    deinit { curl_easy_cleanup(handle) }

    /// Gets a resource; tries again after faults that may pass: of the network, and of a server that says it is its own.
    func get(_ url: String, maximumBytes: Int, _ patience: Patience) throws(AuditFailure) -> RemoteAnswer {
        var delay = patience.firstDelaySeconds
        for attempt in 1...max(1, patience.attempts) {
            let isLast = attempt >= patience.attempts
            do throws(AuditFailure) {
                let answer = try get(url, maximumBytes: maximumBytes)
                if isLast || !Self.mayPass(answer.status) { return answer }
            } catch {
                guard case .network = error, !isLast, !isStopped() else { throw error }
            }
            try wait(delay, url)
            delay *= 2
        }
        throw .network(url: url, reason: "no attempt was made")
    }

    /// Too many requests, or a fault of the server (RFC 9110 section 15.6).
    private static func mayPass(_ status: Int) -> Bool { status == 408 || status == 429 || (500...599).contains(status) }

    private func wait(_ seconds: Double, _ url: String) throws(AuditFailure) {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if isStopped() { throw .network(url: url, reason: "stopped") }
            usleep(20_000)
        }
    }

    private func get(_ url: String, maximumBytes: Int) throws(AuditFailure) -> RemoteAnswer {
        let transfer = Transfer(limit: maximumBytes, isStopped: isStopped)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        hexi_curl_set_text(handle, CURLOPT_URL, url)
        hexi_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION, receive)
        hexi_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        hexi_curl_set_progress_callback(handle, watch)
        hexi_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
        let code = withExtendedLifetime(transfer) { curl_easy_perform(handle) }
        if transfer.isTooLarge { throw .answerTooLarge(url: url, limitBytes: maximumBytes) }
        guard code == CURLE_OK else {
            let reason = code == CURLE_OPERATION_TIMEDOUT
                ? "no complete answer within \(Int(timeoutSeconds)) s" : String(cString: curl_easy_strerror(code))
            throw .network(url: url, reason: reason)
        }
        return RemoteAnswer(status: hexi_curl_response_code(handle), body: transfer.bytes)
    }
}

/// An answer while it comes in.
private final class Transfer {
    let limit: Int
    let isStopped: @Sendable () -> Bool
    var bytes: [UInt8] = []
    var isTooLarge = false

    init(limit: Int, isStopped: @escaping @Sendable () -> Bool) {
        self.limit = limit
        self.isStopped = isStopped
    }
}

/// Called by libcurl with a piece of the answer; gives back how many bytes it took, fewer to break off.
private func receive(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let total = size * count
    guard total <= transfer.limit - transfer.bytes.count else {
        transfer.isTooLarge = true
        return 0
    }
    transfer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: total))
    return total
}

/// Called by libcurl at least every second; anything but 0 breaks off.
private func watch(
    context: UnsafeMutableRawPointer?, down: curl_off_t, downloaded: curl_off_t, up: curl_off_t, uploaded: curl_off_t
) -> Int32 {
    guard let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isStopped() ? 1 : 0
}
