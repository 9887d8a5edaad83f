/// Where the server listens, and what it puts up with.
public struct HTTPServerConfiguration: Sendable, Hashable {
    /// A numeric IPv4 or IPv6 address; `0.0.0.0` or `::` for all.
    public var address = "127.0.0.1"
    /// 0 picks a free port, which `HTTPServer.port` then tells.
    public var port: UInt16 = 0
    /// Connections beyond so many are closed as they arrive.
    public var maximumConnections = 4096
    /// Connections beyond so many from one address are closed as they arrive. Behind a proxy, all come from the proxy's.
    public var maximumConnectionsPerAddress = 4096
    /// How long a client may take to send a request's headers (this is also how long an idle connection is kept), how long
    /// it may pause in a body or while it takes the answer; seconds, at least 1.
    public var requestTimeoutSeconds = 30
    /// A body must arrive, after the first `requestTimeoutSeconds`, at this average rate; bytes a second.
    public var minimumBodyRate = 1024
    /// How long the request line and headers may be together.
    public var maximumHeaderBytes = 16 << 10
    /// How much memory the bodies that are being received may take together.
    public var maximumBufferedBodyBytes = 256 << 20
    /// Threads that do the network's work, and start the handlers; 1 to 64.
    public var threads = 2
    /// Header fields added to every answer that does not have them already.
    public var responseHeaders: HTTPHeaders = ["X-Content-Type-Options": "nosniff"]

    public init() {}
}

/// One answered request, for the access log.
public struct AccessRecord: Sendable {
    public var requestIdentifier: String
    public var remoteAddress: String
    public var method: String
    public var path: String
    public var status: Int
    /// Length of the answer's body.
    public var responseBytes: Int
    /// From the headers' arrival until the last byte was handed to the system.
    public var milliseconds: Double
    /// Whether the answer was sent as a whole.
    public var isComplete: Bool
}

/// Where the server tells what happens. The closures are called on its network threads and must return at once.
public struct HTTPServerLog: Sendable {
    public var access: (@Sendable (AccessRecord) -> Void)?
    /// What the transport has to say of malformed input and failures of the system.
    public var message: (@Sendable (String) -> Void)?

    public init(
        access: (@Sendable (AccessRecord) -> Void)? = nil, message: (@Sendable (String) -> Void)? = nil
    ) {
        self.access = access
        self.message = message
    }
}

/// Why the server did not start.
public enum HTTPServerError: Error, Sendable, Hashable, CustomStringConvertible {
    case badAddress(String)
    case cannotListen(address: String, port: UInt16, reason: String)
    case badConfiguration(String)
    case tooFewDescriptors(needed: Int, allowed: Int)
    case notStarted
    case alreadyStarted

    public var description: String {
        switch self {
        case .badAddress(let text): "\"\(text)\" is not a numeric IPv4 or IPv6 address; write for example 127.0.0.1"
        case .cannotListen(let address, let port, let reason): "cannot listen on \(address) port \(port): \(reason)"
        case .badConfiguration(let reason): reason
        case .tooFewDescriptors(let needed, let allowed):
            "\(needed) connections need as many open files, and the system allows this process \(allowed); raise "
                + "the limit (ulimit -n) or lower the number of connections"
        case .notStarted: "the HTTP server could not be started; the log says why"
        case .alreadyStarted: "the HTTP server was started before"
        }
    }
}
