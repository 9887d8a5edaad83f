/// The parts of a path that a route's pattern left open, percent-decoded.
public struct PathParameters: Sendable {
    var pairs: [(name: String, value: String)]

    /// The value of `{name}`; `nil` where the pattern has no such part.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The value of `{name}`.
    ///
    /// - Throws: a problem with status 500 where the pattern has no such part, which is a mistake in the program.
    public func value(_ name: String) throws(Problem) -> String {
        guard let value = self[name] else {
            throw Problem(
                code: "internal-error", status: 500, title: "The server made a mistake",
                detail: "the route has no part \"\(name)\"")
        }
        return value
    }
}

/// Finds the handler of a request by its method and path, and turns what handlers throw into problem documents.
///
/// Patterns are paths whose segments are literal, `{name}` (any one segment), or `{name...}` at the end (the rest, one
/// segment or more, joined with slashes). A literal segment is preferred to an open one. `HEAD` is answered by the `GET`
/// handler, `OPTIONS` from the table; an unknown path gets 404, a known one with another method 405 with `Allow`.
public struct Router: Sendable {
    public typealias Handler = @Sendable (HTTPRequest, PathParameters) async throws -> HTTPResponse
    /// Decides, when only the headers of a request with a body have come, whether to take the body. What it returns the
    /// handler finds in ``HTTPRequest/admission``; what it throws is the answer. Runs on a network thread; must not block.
    public typealias Admission = @Sendable (_ head: HTTPRequest) throws -> any Sendable

    /// Told of every error that was answered with status 500, with the request's identifier: the answer itself carries no
    /// inner detail.
    public var onInternalError: (@Sendable (_ requestIdentifier: String, _ error: any Error) -> Void)?

    private var tree = RouteTree()

    public init() {}

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - body: what to do with a request's body. Without a policy of its own, a route refuses any body.
    ///   - admission: asked before a body is taken, for routes whose bodies are large.
    /// - Precondition: the pattern starts with `/`, and the method has no handler there yet.
    public mutating func add(
        _ method: String, _ pattern: String, body: BodyPolicy = .refuse(.bodyNotExpected), admission: Admission? = nil,
        handler: @escaping Handler
    ) {
        tree.add(method, pattern, Route(body: body, admission: admission, handler: handler))
        routes.append((method, pattern))
    }

    /// Every route in the order of adding, as method and pattern.
    public private(set) var routes: [(method: String, pattern: String)] = []

    /// The found route's policy and what its admission says, or the refusal that the request will get anyway.
    public func bodyDecision(_ head: HTTPRequest) -> BodyDecision {
        switch find(head.method, head.path) {
        case .failure(let problem): return BodyDecision(.refuse(problem))
        case .success(let found):
            guard let admission = found.route.admission else { return BodyDecision(found.route.body) }
            do { return BodyDecision(found.route.body, admission: try admission(head)) } catch {
                return BodyDecision(.refuse(problem(for: error, head)))
            }
        }
    }

    /// Answers a request. Never fails: whatever goes wrong becomes a problem document.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse {
        switch find(request.method, request.path) {
        case .failure(let problem):
            if request.method == "OPTIONS", problem.status == 405 {
                return HTTPResponse(status: 204, headers: problem.headers)
            }
            return .problem(problem)
        case .success(let found):
            do {
                return try await found.route.handler(request, found.parameters)
            } catch {
                return .problem(problem(for: error, request))
            }
        }
    }

    private func problem(for error: any Error, _ request: HTTPRequest) -> Problem {
        if let known = error as? any ProblemConvertible {
            let problem = known.problem
            if problem.status >= 500 { onInternalError?(request.requestIdentifier, error) }
            return problem
        }
        if error is CancellationError { return .cancelled }
        onInternalError?(request.requestIdentifier, error)
        return .internalError(requestIdentifier: request.requestIdentifier)
    }

    private func find(
        _ method: String, _ path: String
    ) -> Result<(route: Route, parameters: PathParameters), Problem> {
        if path == "*" { return .failure(.methodNotAllowed(method, path, allowed: tree.allMethods)) }
        let segments: [String]
        do { segments = try HTTPPath.segments(of: path) } catch { return .failure(error.problem) }
        switch tree.find(method, segments) {
        case .found(let route, let parameters): return .success((route, PathParameters(pairs: parameters)))
        case .otherMethods(let allowed): return .failure(.methodNotAllowed(method, path, allowed: allowed))
        case .nothing: return .failure(.notFound(path))
        }
    }
}

/// What a pattern leads to.
struct Route: Sendable {
    var body: BodyPolicy
    var admission: Router.Admission?
    var handler: Router.Handler
}
