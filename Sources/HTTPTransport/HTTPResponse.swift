import Encoding

/// What a handler answers.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(FileBody)
    }

    /// 200 to 599. `Content-Length`, `Date`, `Connection` and `X-Request-Id` are added by the server.
    public var status: Int
    public var headers: HTTPHeaders
    public var body: Body

    public init(status: Int = 200, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public static func json(_ status: Int, _ value: JSONValue, headers: HTTPHeaders = HTTPHeaders()) -> HTTPResponse {
        typed(status, "application/json", value.serialized(), headers)
    }

    /// JSON that is already text, for example an entry of the ledger as it is stored.
    public static func json(_ status: Int, bytes: [UInt8], headers: HTTPHeaders = HTTPHeaders()) -> HTTPResponse {
        typed(status, "application/json", bytes, headers)
    }

    public static func text(_ status: Int, _ text: String, headers: HTTPHeaders = HTTPHeaders()) -> HTTPResponse {
        typed(status, "text/plain; charset=utf-8", Array(text.utf8), headers)
    }

    /// Bytes of any media type, for example `application/octet-stream`.
    public static func bytes(
        _ status: Int, type: String, _ bytes: [UInt8], headers: HTTPHeaders = HTTPHeaders()
    ) -> HTTPResponse {
        typed(status, type, bytes, headers)
    }

    public static func file(
        _ status: Int, type: String, _ file: FileBody, headers: HTTPHeaders = HTTPHeaders()
    ) -> HTTPResponse {
        var response = HTTPResponse(status: status, headers: headers, body: .file(file))
        response.headers["Content-Type"] = type
        return response
    }

    /// A problem document (RFC 9457) with the problem's own status and header fields.
    public static func problem(_ problem: Problem) -> HTTPResponse {
        typed(problem.status, "application/problem+json", problem.json.serialized(), problem.headers)
    }

    private static func typed(_ status: Int, _ type: String, _ bytes: [UInt8], _ headers: HTTPHeaders) -> HTTPResponse {
        var response = HTTPResponse(status: status, headers: headers, body: .bytes(bytes))
        response.headers["Content-Type"] = type
        return response
    }
}
