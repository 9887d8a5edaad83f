/// The problems that the transport itself reports.
extension Problem {
    /// For routes that take no body.
    public static let bodyNotExpected = Problem(
        code: "body-not-expected", status: 400, title: "No body is expected here",
        detail: "the request has a body, and this method takes none at this address")

    public static func notFound(_ path: String) -> Problem {
        Problem(
            code: "not-found", status: 404, title: "There is nothing at this address",
            detail: "no resource is known at \"\(path.prefix(200))\"")
    }

    static func methodNotAllowed(_ method: String, _ path: String, allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            code: "method-not-allowed", status: 405, title: "The method is not allowed here",
            detail: "\"\(path.prefix(200))\" does not answer \(method.prefix(32))", hint: "Allowed are \(list).",
            headers: ["Allow": list])
    }

    public static func bodyTooLarge(limitBytes: Int) -> Problem {
        Problem(
            code: "body-too-large", status: 413, title: "The body is too large",
            detail: "a body of at most \(limitBytes) bytes is accepted here",
            extensions: ["limitBytes": .integer(Int64(limitBytes))])
    }

    static func headersTooLarge(limitBytes: Int) -> Problem {
        Problem(
            code: "headers-too-large", status: 431, title: "The header fields are too large",
            detail: "header fields of at most \(limitBytes) bytes in all are accepted")
    }

    static func malformedRequest(_ detail: String) -> Problem {
        Problem(code: "malformed-request", status: 400, title: "The request is malformed", detail: detail)
    }

    static let unsupportedTransferCoding = Problem(
        code: "unsupported-transfer-coding", status: 501, title: "The transfer coding is not supported",
        detail: "the only transfer coding accepted is \"chunked\"")

    static let bodyNotStored = Problem(
        code: "insufficient-storage", status: 507, title: "The body could not be stored",
        detail: "the server could not write the body to its disk")

    static let tooManyBodies = Problem(
        code: "too-busy", status: 503, title: "The server is busy",
        detail: "too many large requests are being received at the same time", hint: "Try again in a moment.",
        headers: ["Retry-After": "1"])

    static let cancelled = Problem(
        code: "cancelled", status: 503, title: "The request was abandoned",
        detail: "the server stopped working on the request before it was answered", headers: ["Retry-After": "1"])

    static func internalError(requestIdentifier: String) -> Problem {
        Problem(
            code: "internal-error", status: 500, title: "The server made a mistake",
            detail: "the request could not be answered; the operator finds the reason in the log",
            instance: "urn:hexi:request:\(requestIdentifier)")
    }
}
