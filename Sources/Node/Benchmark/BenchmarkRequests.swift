import Encoding
import Exchange
import Glibc
import HTTPTransport
import Signing

/// Makes signed writes for a benchmark, ready to be sent: approvals of applicants, who are registered on the way.
struct BenchmarkRequests: Sendable {
    private let node: NodeServer
    private let operatorKey: SigningKey
    private let authority: String
    private let space: String

    init(_ node: NodeServer) throws {
        self.node = node
        operatorKey = try KeyFile.read(node.services.home.operatorKeyPath, passphrase: nil)
        authority = "127.0.0.1:\(node.port ?? 0)"
        space = node.services.home.configuration.space
    }

    /// The bytes of so many requests. They are good for some minutes.
    func prepare(_ count: Int) async throws -> [[UInt8]] {
        let pieces = 64
        let parts = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for piece in 0..<pieces {
                let share = count / pieces + (piece < count % pieces ? 1 : 0)
                group.addTask { try await prepareShare(share) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return parts.flatMap { $0 }
    }

    private func prepareShare(_ count: Int) async throws -> [[UInt8]] {
        var requests: [[UInt8]] = []
        requests.reserveCapacity(count)
        for _ in 0..<count { requests.append(try approval(of: try await applicant())) }
        return requests
    }

    private func applicant() async throws -> Identifier {
        let key = SigningKey.generate()
        let application = ParticipantApplication(
            name: "Applicant", type: .enterprise, country: "NL", creditCode: nil, roles: [.buyer], keys: [key.verificationKey])
        let statement = try sign(.participantApplication(application), key)
        _ = try await node.services.sequencer.submit(Command(statement.verified { _ in nil }))
        return statement.identifier(.participant)
    }

    private func sign(_ content: StatementContent, _ key: SigningKey) throws -> SignedStatement {
        try SignedStatement.sign(content, space: space, issuedAt: Clock.now(), nonce: Nonce.make(), key: key)
    }

    private func approval(of applicant: Identifier) throws -> [UInt8] {
        let decision = ParticipantDecision(participant: applicant, decision: .approve, reason: "benchmark")
        let statement = try sign(.participantDecision(decision), operatorKey)
        let body = JSONValue.object(["statement": statement.json]).serialized()
        let target = "/api/v1/participants/\(applicant)/decisions"
        let digest = ContentDigest.make(for: body)
        let message = HTTPMessageComponents(
            method: "POST", authority: authority, target: target, hasContent: true, fields: [("Content-Digest", digest)])
        let now = Clock.now().milliseconds / 1000
        let signature = try HTTPMessageSignature.sign(message, key: operatorKey, created: now, expires: now + 300)
        let head = """
            POST \(target) HTTP/1.1\r
            Host: \(authority)\r
            Content-Type: application/json\r
            Content-Length: \(body.count)\r
            Content-Digest: \(digest)\r
            Signature-Input: \(signature.signatureInput)\r
            Signature: \(signature.signature)\r
            \r

            """
        return Array(head.utf8) + body
    }
}
