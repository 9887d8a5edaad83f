/// One request as a handler sees it: complete, with its body within the limits that its policy set.
public struct HTTPRequest: Sendable {
    /// The method as written, for example `GET`.
    public var method: String
    /// The path as written, percent-encoded, without the query; starts with `/`, or is `*`.
    public var path: String
    /// What follows the `?` as written, or `nil` if there is no `?`.
    public var query: String?
    public var headers: HTTPHeaders
    public var body: HTTPBody
    /// The numeric address of the other end of the connection (a proxy's, if there is one), without port.
    public var remoteAddress: String
    /// Names the request in the log and in the answer's `X-Request-Id`.
    public var requestIdentifier: String
    /// What the route's admission found out when only the headers had come; `nil` without one, or without a body.
    public var admission: (any Sendable)?

    public init(
        method: String, path: String, query: String? = nil, headers: HTTPHeaders = HTTPHeaders(),
        body: HTTPBody = .none, remoteAddress: String = "", requestIdentifier: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.requestIdentifier = requestIdentifier
    }

    /// The path's segments, each percent-decoded; none for `/`.
    ///
    /// - Throws: where a segment is empty, is `.` or `..` in any spelling, holds an encoded `/`, a control character, a
    ///   malformed escape, or bytes that are not UTF-8. So a segment can never lead out of the folder it is looked up in.
    public var pathSegments: [String] { get throws(HTTPPathError) { try HTTPPath.segments(of: path) } }

    /// The query's items in order, in the form `name=value&…`, percent-decoded, `+` read as a space.
    public var queryItems: [(name: String, value: String)] {
        get throws(HTTPPathError) { try HTTPPath.queryItems(of: query ?? "") }
    }

    /// The value of a query item, or `nil` if there is none.
    ///
    /// - Throws: also where the item is there more than once.
    public func queryValue(_ name: String) throws(HTTPPathError) -> String? {
        var found: String?
        for item in try queryItems where item.name == name {
            guard found == nil else { throw .repeatedItem(name: name) }
            found = item.value
        }
        return found
    }

    /// The target in origin form, as it is signed: the path, and `?` with the query if there is one.
    public var target: String { query.map { "\(path)?\($0)" } ?? path }
}
