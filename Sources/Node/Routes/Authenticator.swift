import Encoding
import Exchange
import HTTPTransport
import Signing
import Synchronization

/// Who made a request.
enum Caller: Sendable {
    case spaceOperator
    case participant(Participant)

    var identifier: Identifier? {
        if case .participant(let participant) = self { participant.identifier } else { nil }
    }

    /// Whether the caller may see what concerns other parties: the operator, auditors and regulators.
    var seesEverything: Bool {
        switch self {
        case .spaceOperator: true
        case .participant(let participant): participant.roles.contains(.auditor) || participant.roles.contains(.regulator)
        }
    }
}

/// A request whose signature holds, with the key that made it.
struct Authenticated: Sendable {
    var caller: Caller
    var keyIdentifier: String
}

/// Checks the signatures of requests (RFC 9421), and that their bodies are those that were signed (RFC 9530).
final class Authenticator: Sendable {
    private let services: NodeServices
    /// Host names, with ports, that requests may be signed for: one signed for another node is worth nothing here. Known
    /// when the server listens.
    let authorities = Mutex<Set<String>>([])

    init(services: NodeServices) { self.services = services }

    /// Who signed a complete request.
    func authenticate(_ request: HTTPRequest) throws -> Authenticated {
        try counted {
            if let bundled = try self.bundled(request) { return bundled }
            let hasContent = request.body.count > 0
            guard request.headers.contains("Signature-Input") else {
                throw Self.problem("signature", HTTPMessageSignatureError.missingField("Signature-Input").description, hint: nil)
            }
            if hasContent { try checkBody(request) }
            return try verify(request, hasContent: hasContent)
        }
    }

    /// Who signed a request whose body is still to come. The body must be compared with its digest afterwards, with
    /// ``authenticateBody(_:of:)``.
    func admit(_ head: HTTPRequest) throws -> Authenticated {
        try counted { try bundled(head) ?? verify(head, hasContent: true) }
    }

    /// Compares the body of an admitted request with the digest that was signed. Whoever was suspended while the body
    /// came is refused now.
    func authenticateBody(_ admitted: Authenticated, of request: HTTPRequest) throws -> Authenticated {
        try counted {
            try checkBody(request)
            return Authenticated(
                caller: try services.directory.caller(admitted.keyIdentifier), keyIdentifier: admitted.keyIdentifier)
        }
    }

    /// Who signed the bundle that a request came in; `nil` for one that came by itself.
    private func bundled(_ request: HTTPRequest) throws -> Authenticated? {
        guard let bundle = request.admission as? BundleCaller else { return nil }
        return Authenticated(caller: try services.directory.caller(bundle.keyIdentifier), keyIdentifier: bundle.keyIdentifier)
    }

    private func counted<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            services.metrics.countRefusedSignature()
            throw error
        }
    }

    private func verify(_ request: HTTPRequest, hasContent: Bool) throws -> Authenticated {
        let host = request.headers["Host"] ?? ""
        let known = authorities.withLock { $0 }
        guard known.contains(HTTPMessageComponents.normalizedAuthority(host)) else {
            throw Self.problem(
                "wrong-authority", "the request is for the host \"\(host.prefix(100))\", which is not this node",
                hint: "This node answers to \(known.sorted().joined(separator: ", ")).")
        }
        let message = HTTPMessageComponents(
            method: request.method, authority: host, target: request.target, hasContent: hasContent,
            fields: request.headers.fields.map { ($0.name, $0.value) })
        let parameters: HTTPSignatureParameters
        do {
            parameters = try HTTPMessageSignature.verify(
                signatureInput: request.headers.combined("Signature-Input"), signature: request.headers.combined("Signature"),
                components: message, now: Clock.now().milliseconds / 1000, nonceMemory: services.nonces,
                resolveKey: { services.directory.key($0) })
        } catch {
            throw Self.problem("signature", error.description, hint: nil)
        }
        return Authenticated(
            caller: try services.directory.caller(parameters.keyIdentifier), keyIdentifier: parameters.keyIdentifier)
    }

    private func checkBody(_ request: HTTPRequest) throws {
        guard let field = request.headers.combined("Content-Digest") else {
            throw Self.problem(
                "content-digest", "the request has a body but no Content-Digest", hint: "Send Content-Digest: sha-256=:…: and sign it.")
        }
        do {
            switch request.body {
            case .none: break
            case .bytes(let bytes): try ContentDigest.verify(field, body: bytes)
            case .file(_, _, let digest): try ContentDigest.verify(field, digest: digest)
            }
        } catch { throw Self.problem("content-digest", "\(error)", hint: nil) }
    }

    static func problem(_ code: String, _ detail: String, hint: String?) -> Problem {
        Problem(
            code: code, status: 401, title: "The request's signature is not accepted", detail: detail, hint: hint,
            headers: ["WWW-Authenticate": "Signature realm=\"hexi\""])
    }
}
