import HTTPTransport

/// What carries a request to the node: libcurl in the program, a script of answers in tests.
protocol NodeTransport: Sendable {
    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse
}

extension HTTPClient: NodeTransport {}
