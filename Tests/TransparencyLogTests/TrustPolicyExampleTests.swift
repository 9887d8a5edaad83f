import Foundation
import Testing
import TransparencyLog

/// Keeps the example in Keys/ from rotting.
@Suite struct TrustPolicyExampleTests {
    @Test func theExampleIsAPolicyOfOneLogAndTwoOfThreeWitnesses() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/\(root)/Keys/trust-policy.example")))
        let policy = try TrustPolicy(bytes)
        #expect(policy.logs.map(\.verifier.name) == ["node.example/hexi"])
        #expect(policy.logs.map(\.url) == ["https://node.example/ledger/"])
        #expect(policy.witnesses.map(\.name) == ["regulator", "university", "neighbour"])
        #expect(policy.witnesses.allSatisfy { $0.url?.hasPrefix("https://") == true })
        #expect(policy.quorumName == "independent")
        #expect(!policy.isQuorumReached(cosignedBy: [1]))
        #expect(policy.isQuorumReached(cosignedBy: [0, 2]))
    }
}
