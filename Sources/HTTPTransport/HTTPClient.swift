import CCurl

/// How a client connects, and what it accepts.
public struct HTTPClientConfiguration: Sendable, Hashable {
    public var connectTimeoutSeconds = 10.0
    /// How long a whole exchange may take.
    public var timeoutSeconds = 60.0
    /// How long an answer's body may be.
    public var maximumResponseBytes = 64 << 20
    /// Exchanges beyond so many wait for others to end.
    public var maximumConnections = 64
    /// A PEM file of certificate authorities to trust instead of the system's.
    public var authorityFile: String?
    /// PEM files of the certificate and key that the client shows.
    public var certificateFile: String?
    public var certificateKeyFile: String?
    public var userAgent = "hexi"

    public init() {}
}

/// An HTTP/1.1 client over libcurl: connections are kept for further requests, redirects are not followed, `https`
/// certificates are verified, and loopback addresses are never reached through a proxy.
///
/// All transfers of a client run on one thread of its own, side by side. The thread ends when the client goes.
public final class HTTPClient: Sendable {
    private let configuration: HTTPClientConfiguration
    private let loop: TransferLoop

    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = configuration
        loop = TransferLoop(maximumConnections: configuration.maximumConnections)
    }

    deinit { loop.stop() }

    /// Sends a request and waits for its complete answer, whatever its status.
    ///
    /// If the task is cancelled the transfer is broken off at once. Requests are not repeated, except where a kept
    /// connection turns out to have been closed before any byte of the answer came (libcurl's own rule).
    public func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        // The client stops its thread when it goes, so it must not go while somebody waits.
        defer { withExtendedLifetime(self) {} }
        let transfer = try Transfer(request, configuration)
        let result: Result<HTTPClientResponse, HTTPClientError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.setCompletion { continuation.resume(returning: $0) }
                loop.submit(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }
}
