import Encoding
import Exchange
import HTTPTransport
import Signing

/// Takes statements out of requests, and answers with receipts.
struct StatementIntake: Sendable {
    let services: NodeServices
    let authenticator: Authenticator

    static let maximumBodyBytes = 128 << 10
    static let body = BodyPolicy.memory(limitBytes: maximumBodyBytes)

    /// The body's JSON.
    static func document(_ request: HTTPRequest, maximumCount: Int = maximumBodyBytes) throws -> JSONCursor {
        try TargetQuery.allow(request, [])
        if request.body.count == 0 {
            throw Problem(
                code: "body-missing", status: 400, title: "The request needs a body", detail: "the body is missing; send a JSON document",
                pointer: "")
        }
        if let type = request.headers["Content-Type"], !type.lowercased().hasPrefix("application/json") {
            throw Problem(
                code: "unsupported-media-type", status: 415, title: "The body must be JSON",
                detail: "the Content-Type is \"\(type.prefix(100))\"", hint: "Send Content-Type: application/json.")
        }
        return JSONCursor(try JSONValue.parse(request.body.bytes, maximumDepth: 16, maximumCount: maximumCount))
    }

    /// The statement in a request's body, `{"statement": …}`, with its signatures verified.
    func statement(_ request: HTTPRequest, _ kind: StatementKind) throws -> VerifiedStatement {
        let document = try Self.document(request)
        try document.allowMembers(["statement"])
        let statement = try SignedStatement(document.member("statement").value)
        guard statement.kind == kind else {
            throw Problem(
                code: "wrong-statement", status: 400, title: "Another kind of statement belongs here",
                detail: "this route takes a \(kind.rawValue), the statement is a \(statement.kind.rawValue)",
                pointer: "/statement")
        }
        return try statement.verified { services.directory.key($0) }
    }

    /// The statement of a signed request, which must be signed with one of the statement's own keys: nobody can hand in
    /// what somebody else has signed.
    func signedStatement(_ request: HTTPRequest, _ kind: StatementKind) throws -> VerifiedStatement {
        let authenticated = try authenticator.authenticate(request)
        let verified = try statement(request, kind)
        guard verified.statement.keyIdentifiers.contains(authenticated.keyIdentifier) else {
            throw Problem(
                code: "signer-differs", status: 403, title: "The request and the statement have different signers",
                detail: "the request is signed with key \(authenticated.keyIdentifier), which did not sign the statement")
        }
        return verified
    }

    /// Records a command and answers with its receipt; a repetition gets the receipt of the first time.
    ///
    /// - Parameter condition: what must hold beside the rules, asked once the rules allow the command.
    func record(_ command: Command, if condition: (() throws -> Void)? = nil) async throws -> HTTPResponse {
        do {
            if let condition {
                try await services.sequencer.rehearse(command)
                try condition()
            }
            return Self.answer(try await services.sequencer.submit(command), isDuplicate: false)
        } catch let refusal as Refusal {
            guard refusal.code == .duplicate, let seq = refusal.recordedAt else {
                if let key = command.statement.keyIdentifiers.first, services.directory.key(key) != nil {
                    services.alarms.noteRefusal(of: key)
                }
                throw refusal
            }
            return Self.answer(try services.recorded(seq), isDuplicate: true)
        }
    }

    static func receipt(_ recorded: Recorded) -> JSONValue {
        [
            "seq": .integer(Int64(recorded.seq)), "leafHash": .string(recorded.leafHash),
            "time": .string(recorded.time.description), "type": .string(recorded.event.type.rawValue),
            "subject": .string(recorded.event.subject), "proof": .string(LogProofRoute.target(recorded.seq)),
        ]
    }

    static func answer(_ recorded: Recorded, isDuplicate: Bool, _ members: [(String, JSONValue)] = []) -> HTTPResponse {
        var object: JSONObject = [
            "identifier": .string(recorded.event.subject), "receipt": receipt(recorded), "duplicate": .bool(isDuplicate),
        ]
        for (name, value) in members { object[name] = value }
        return .json(isDuplicate ? 200 : 201, .object(object))
    }

    /// The identifier in a route's path must be the one that the statement is about.
    func checkPath(_ parameters: PathParameters, _ kind: IdentifierKind, is identifier: Identifier) throws {
        let named = try Self.identifier(parameters, kind)
        guard named == identifier else {
            throw Problem(
                code: "path-differs", status: 400, title: "The path and the statement are about different things",
                detail: "the path names \(named), the statement \(identifier)")
        }
    }

    /// The identifier that a path names with its two last parts.
    static func identifier(_ parameters: PathParameters, _ kind: IdentifierKind) throws -> Identifier {
        let text = "\(try parameters.value("prefix"))/\(try parameters.value("suffix"))"
        do { return try Identifier(text, kind: kind) } catch {
            throw Problem(
                code: "invalid-identifier", status: 400, title: "The path holds no valid identifier", detail: error.description)
        }
    }
}
