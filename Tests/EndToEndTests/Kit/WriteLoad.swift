import Encoding
import Exchange
import HTTPTransport
import Signing
import Synchronization

/// Posts signed statements to a node over several connections, and remembers what the node acknowledged.
final class WriteLoad: Sendable {
    /// Acknowledged entries: their number in the ledger and their leaf hash, as the receipt has them.
    private let receipts = Mutex<[UInt64: String]>([:])
    private let running = Mutex<Int>(0)
    private let space: String
    private let client = HTTPClient()

    init(space: String) { self.space = space }

    var acknowledged: [UInt64: String] { receipts.withLock { $0 } }

    /// Posts until the node no longer answers, which is how every round of the load ends.
    func run(against address: String, connections: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<connections {
                group.addTask { while await self.post(to: address) {} }
            }
        }
    }

    /// An application of somebody new, with a key of its own.
    private func application() throws -> SignedStatement {
        let key = SigningKey.generate()
        let content = ParticipantApplication(
            name: "Somebody", type: .institution, country: "DE", creditCode: nil, roles: [.buyer],
            keys: [key.verificationKey])
        return try SignedStatement.sign(
            .participantApplication(content), space: space, issuedAt: Now.timestamp,
            nonce: Base64.encodeURL(RandomBytes.generate(18)), key: key)
    }

    /// Returns whether the node acknowledged.
    private func post(to address: String) async -> Bool { await answer(from: address)?.status == 201 }

    /// Posts an application; gives the answer, or `nil` if there was none. An acknowledgement is remembered.
    func answer(from address: String) async -> HTTPClientResponse? {
        do {
            let body: JSONValue = ["statement": try application().json]
            let answer = try await client.send(
                HTTPClientRequest(
                    method: "POST", url: "\(address)/api/v1/participants", headers: ["Content-Type": "application/json"],
                    body: .bytes(body.serialized())))
            guard answer.status == 201 else { return answer }
            guard let receipt = try JSONValue.parse(answer.body)["receipt"],
                let seq = receipt["seq"]?.integerValue.flatMap({ UInt64(exactly: $0) }), let hash = receipt["leafHash"]?.stringValue
            else { return nil }
            receipts.withLock { $0[seq] = hash }
            return answer
        } catch {
            return nil
        }
    }
}
