import Encoding
import Exchange
import HTTPTransport
import Signing

/// A provider that lists made-up products over HTTP, in batches.
struct BenchmarkProvider: Sendable {
    private let node: NodeServer
    private let key = SigningKey.generate()
    private let identifier: Identifier
    private let client = HTTPClient()
    private let authority: String
    private let space: String

    /// Registers the provider, and has the operator admit it.
    init(_ node: NodeServer) async throws {
        self.node = node
        authority = "127.0.0.1:\(node.port ?? 0)"
        space = node.services.home.configuration.space
        let operatorKey = try KeyFile.read(node.services.home.operatorKeyPath, passphrase: nil)
        let application = ParticipantApplication(
            name: "Benchmark provider", type: .enterprise, country: "NL", creditCode: nil, roles: [.provider], keys: [key.verificationKey])
        let applied = try SignedStatement.sign(
            .participantApplication(application), space: space, issuedAt: Clock.now(), nonce: Nonce.make(), key: key)
        _ = try await node.services.sequencer.submit(Command(applied.verified { _ in nil }))
        identifier = applied.identifier(.participant)
        let decision = ParticipantDecision(participant: identifier, decision: .approve, reason: "benchmark")
        let decided = try SignedStatement.sign(
            .participantDecision(decision), space: space, issuedAt: Clock.now(), nonce: Nonce.make(), key: operatorKey)
        _ = try await node.services.sequencer.submit(Command(decided.verified { $0 == operatorKey.keyIdentifier ? operatorKey.verificationKey : nil }))
    }

    /// Signs and sends a batch, and returns the products' identifiers.
    func list(_ numbers: Range<Int>) async throws -> [String] {
        let statements = try numbers.map { number in
            try SignedStatement.sign(
                .productListing(CatalogueBenchmarkTexts.listing(number, provider: identifier)), space: space, issuedAt: Clock.now(),
                nonce: Nonce.make(), key: key)
        }
        let body = JSONValue.object(["statements": .array(statements.map(\.json))]).serialized()
        let target = "/api/v1/products/batch"
        let digest = ContentDigest.make(for: body)
        let message = HTTPMessageComponents(
            method: "POST", authority: authority, target: target, hasContent: true, fields: [("Content-Digest", digest)])
        let now = Clock.now().milliseconds / 1000
        let signature = try HTTPMessageSignature.sign(message, key: key, created: now, expires: now + 300)
        let answer = try await client.send(
            HTTPClientRequest(
                method: "POST", url: "http://\(authority)\(target)",
                headers: [
                    "Content-Type": "application/json", "Content-Digest": digest, "Signature-Input": signature.signatureInput,
                    "Signature": signature.signature,
                ], body: .bytes(body), timeoutSeconds: 600))
        let results = (try? JSONValue.parse(answer.body, maximumCount: 16 << 20))?["results"]?.arrayValue ?? []
        let identifiers = results.compactMap { $0["status"]?.integerValue == 201 ? $0["identifier"]?.stringValue : nil }
        guard identifiers.count == numbers.count else {
            throw NodeError.ledgerUnavailable(reason: "a batch was not recorded whole: \(String(decoding: answer.body.prefix(400), as: UTF8.self))")
        }
        return identifiers
    }
}
