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
    /// For staff the organisation, with those of its roles that the delegation gives.
    var caller: Caller
    var keyIdentifier: String
    /// By which a member of staff acts; `nil` for a key of the participant's own, and for operators.
    var delegation: Delegation?

    /// Whether what the key may read is narrower than what its participant may.
    var isScoped: Bool { delegation.map { $0.fieldSet != nil || $0.rowScope != nil } ?? false }
}

/// The key that signed a request, where its participant need not be active.
struct AdmittedApplicant: Sendable {
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
        try counted(request) {
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
        try counted(head) { try bundled(head) ?? verify(head, hasContent: true) }
    }

    /// The participant that signed a request without body with a key of its own, also one that is not active yet: an
    /// applicant sees to its evidence.
    func applicant(_ request: HTTPRequest) throws -> Participant {
        try counted(request) { try applicant(try signer(request, hasContent: false)) }
    }

    /// The key of a participant's own that signed a request whose body is still to come.
    func admitApplicant(_ head: HTTPRequest) throws -> AdmittedApplicant {
        try counted(head) {
            let keyIdentifier = try signer(head, hasContent: true)
            _ = try applicant(keyIdentifier)
            return AdmittedApplicant(keyIdentifier: keyIdentifier)
        }
    }

    /// Compares the body of an admitted request with the digest that was signed.
    func authenticateBody(_ admitted: AdmittedApplicant, of request: HTTPRequest) throws -> Participant {
        try counted(request) {
            try checkBody(request)
            return try applicant(admitted.keyIdentifier)
        }
    }

    private func applicant(_ keyIdentifier: String) throws(Refusal) -> Participant {
        if let participant = services.directory.owner(of: keyIdentifier),
            [.applied, .checked, .active, .suspended].contains(participant.status)
        {
            return participant
        }
        // Says why, for keys of staff and of operators, and for those that count no longer.
        _ = try services.directory.caller(keyIdentifier)
        throw Refusal(
            .signerNotNamed, "this is for participants, each for what it named itself, signed with a key of its own and not of its staff")
    }

    /// Compares the body of an admitted request with the digest that was signed. Whoever was suspended while the body
    /// came is refused now.
    func authenticateBody(_ admitted: Authenticated, of request: HTTPRequest) throws -> Authenticated {
        try counted(request) {
            try checkBody(request)
            return try authenticated(admitted.keyIdentifier)
        }
    }

    /// Who signed the bundle that a request came in; `nil` for one that came by itself.
    private func bundled(_ request: HTTPRequest) throws -> Authenticated? {
        guard let bundle = request.admission as? BundleCaller else { return nil }
        return try authenticated(bundle.keyIdentifier)
    }

    private func authenticated(_ keyIdentifier: String) throws(Refusal) -> Authenticated {
        let holder = try services.directory.holder(of: keyIdentifier, at: Clock.now())
        return Authenticated(caller: holder.caller, keyIdentifier: keyIdentifier, delegation: holder.delegation)
    }

    /// Counts what is refused: a signature that does not hold against the key in whose name it was made, and a signer who
    /// may not act as a refusal.
    private func counted<Value>(_ request: HTTPRequest, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            services.metrics.countRefusedSignature()
            let claimed = try? HTTPMessageSignature.select(
                signatureInput: request.headers.combined("Signature-Input"), signature: request.headers.combined("Signature"))
            services.alarms.noteRefused(error, claimedKey: claimed?.keyIdentifier)
            throw error
        }
    }

    private func verify(_ request: HTTPRequest, hasContent: Bool) throws -> Authenticated {
        try authenticated(try signer(request, hasContent: hasContent))
    }

    /// The identifier of the key whose signature of the request holds.
    private func signer(_ request: HTTPRequest, hasContent: Bool) throws -> String {
        if let bundle = request.admission as? BundleCaller { return bundle.keyIdentifier }
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
        do {
            return try HTTPMessageSignature.verify(
                signatureInput: request.headers.combined("Signature-Input"), signature: request.headers.combined("Signature"),
                components: message, now: Clock.now().milliseconds / 1000, nonceMemory: services.nonces,
                resolveKey: { services.directory.key($0) }
            ).keyIdentifier
        } catch {
            throw Self.problem("signature", error.description, hint: nil)
        }
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
