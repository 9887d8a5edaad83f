/// A request to be sent.
public struct HTTPClientRequest: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A regular file, sent as it is read, never as a whole in memory.
        case file(path: String)
    }

    public var method: String
    /// An absolute `http` or `https` URL.
    public var url: String
    public var headers: HTTPHeaders
    public var body: Body
    /// How long the whole exchange may take, in seconds; the client's own setting if `nil`.
    public var timeoutSeconds: Double?
    /// How long the answer's body may be, in bytes; the client's own setting if `nil`.
    public var maximumResponseBytes: Int?
    /// Is told, on the client's thread, how many bytes of a file have been handed to the connection.
    public var uploadProgress: (@Sendable (UInt64) -> Void)?

    public init(
        method: String = "GET", url: String, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none,
        timeoutSeconds: Double? = nil, maximumResponseBytes: Int? = nil,
        uploadProgress: (@Sendable (UInt64) -> Void)? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
        self.maximumResponseBytes = maximumResponseBytes
        self.uploadProgress = uploadProgress
    }
}

/// An answer, complete.
public struct HTTPClientResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why there is no answer.
public enum HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    case badURL(url: String, reason: String)
    case badHeader(name: String)
    case unresolvedHost(host: String)
    case cannotConnect(url: String, reason: String)
    /// No complete answer came within so many seconds.
    case timedOut(url: String, seconds: Double)
    /// The other end's certificate was not accepted, or it did not accept ours, or the two could not agree.
    case insecure(url: String, reason: String)
    case responseTooLarge(url: String, limitBytes: Int)
    case unreadableFile(path: String, reason: String)
    case cancelled
    /// The connection broke, or what came was not HTTP.
    case broken(url: String, reason: String)
    /// The client could not be set up; the system is out of memory or threads.
    case unavailable(reason: String)

    public var description: String {
        switch self {
        case .badURL(let url, let reason): "\"\(url.prefix(200))\" is not a URL to send to: \(reason)"
        case .badHeader(let name): "the header field \"\(name.prefix(64))\" cannot be sent: its name must be a token, "
            + "and its value must be on one line"
        case .unresolvedHost(let host): "the host \"\(host)\" is not known"
        case .cannotConnect(let url, let reason): "cannot connect to \(url): \(reason)"
        case .timedOut(let url, let seconds): "\(url) gave no complete answer within \(seconds) s"
        case .insecure(let url, let reason): "no trusted connection to \(url): \(reason)"
        case .responseTooLarge(let url, let limit): "the answer of \(url) is longer than the \(limit) bytes allowed"
        case .unreadableFile(let path, let reason): "cannot read \"\(path)\": \(reason)"
        case .cancelled: "the request was cancelled"
        case .broken(let url, let reason): "the exchange with \(url) broke off: \(reason)"
        case .unavailable(let reason): "the HTTP client cannot work: \(reason)"
        }
    }
}
