import Encoding
import Exchange
import HTTPTransport
import Signing

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
struct Authenticator: Sendable {
    let services: NodeServices
    /// Host names, with ports, that requests may be signed for: one signed for another node is worth nothing here.
    let authorities: Set<String>

    func authenticate(_ request: HTTPRequest) async throws -> Authenticated {
        do { return try await verify(request) } catch {
            services.metrics.countRefusedSignature()
            throw error
        }
    }

    private func verify(_ request: HTTPRequest) async throws -> Authenticated {
        guard let host = request.headers["Host"],
            authorities.contains(HTTPMessageComponents.normalizedAuthority(host))
        else {
            throw Self.problem(
                "wrong-authority", "the request is for the host \"\(request.headers["Host"]?.prefix(100) ?? "")\", which is not this node",
                hint: "This node answers to \(authorities.sorted().joined(separator: ", ")).")
        }
        try checkBody(request)
        let hasContent = request.body.count > 0
        let message = HTTPMessageComponents(
            method: request.method, authority: host, target: request.target, hasContent: hasContent,
            fields: request.headers.fields.map { ($0.name, $0.value) })
        let parameters: HTTPSignatureParameters
        do {
            let signature = try HTTPMessageSignature.select(
                signatureInput: request.headers.combined("Signature-Input"), signature: request.headers.combined("Signature"))
            guard let identifier = signature.keyIdentifier else { throw HTTPMessageSignatureError.missingParameter("keyid") }
            guard let key = await services.sequencer.read({ $0.verificationKey(identifier) }) else {
                throw HTTPMessageSignatureError.unknownKey(identifier)
            }
            parameters = try HTTPMessageSignature.verify(
                signature, components: message, with: key, now: Clock.now().milliseconds / 1000,
                nonceMemory: services.nonces)
        } catch let error as HTTPMessageSignatureError {
            throw Self.problem("signature", error.description, hint: nil)
        }
        return Authenticated(
            caller: try await caller(parameters.keyIdentifier), keyIdentifier: parameters.keyIdentifier)
    }

    private func checkBody(_ request: HTTPRequest) throws {
        guard request.body.count > 0 else { return }
        guard let field = request.headers.combined("Content-Digest") else {
            throw Self.problem("content-digest", "the request has a body but no Content-Digest", hint: "Send Content-Digest: sha-256=:…: and sign it.")
        }
        do {
            switch request.body {
            case .none: break
            case .bytes(let bytes): try ContentDigest.verify(field, body: bytes)
            case .file(_, _, let digest): try ContentDigest.verify(field, digest: digest)
            }
        } catch { throw Self.problem("content-digest", "\(error)", hint: nil) }
    }

    private func caller(_ keyIdentifier: String) async throws -> Caller {
        let found: Result<Caller, Refusal> = await services.sequencer.read { state in
            if state.space?.operatorKeyIdentifier == keyIdentifier { return .success(.spaceOperator) }
            guard let owner = state.keys[keyIdentifier], let participant = state.participants[owner.participant] else {
                return .failure(Refusal(.signerUnknown, "the signing key is not registered"))
            }
            guard participant.status == .active else {
                return .failure(
                    Refusal(.signerNotActive, "\(participant.name) (\(participant.identifier)) is \(participant.status.rawValue), not active"))
            }
            return .success(.participant(participant))
        }
        return try found.get()
    }

    static func problem(_ code: String, _ detail: String, hint: String?) -> Problem {
        Problem(
            code: code, status: 401, title: "The request's signature is not accepted", detail: detail, hint: hint,
            headers: ["WWW-Authenticate": "Signature realm=\"hexi\""])
    }
}
