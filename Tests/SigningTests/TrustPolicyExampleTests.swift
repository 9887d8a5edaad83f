import Encoding
import Foundation
import Testing

@testable import Signing

/// Keeps the example in Keys/ from rotting: every key in it must be one that a reader of the format accepts.
@Suite struct TrustPolicyExampleTests {
    private func lines() throws -> [[String]] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try String(contentsOfFile: "/\(root)/Keys/trust-policy.example", encoding: .utf8)
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            .filter { $0.first?.hasPrefix("#") == false }
    }

    @Test func everyKeyOfTheExampleHasItsHashAndAlgorithm() throws {
        var count = 0
        for line in try lines() where line[0] == "log" || line[0] == "witness" {
            let isLog = line[0] == "log"
            // The first two plus signs part the fields; Base64 may contain more.
            let parts = line[isLog ? 1 : 2].split(separator: "+", maxSplits: 2).map(String.init)
            let keyBytes = try #require(Base64.decode(parts[2]))
            #expect(keyBytes.first == (isLog ? 0x01 : 0x04))
            #expect(VerificationKey(Array(keyBytes.dropFirst())) != nil)
            // C2SP signed-note: the first four bytes of SHA-256 over name, line feed, algorithm and key.
            let hash = SHA256.hash(Array(parts[0].utf8) + [0x0A] + keyBytes)
            #expect(parts[1] == Hexadecimal.encode(hash.bytes.prefix(4)))
            count += 1
        }
        #expect(count == 4)
    }

    @Test func everyNameOfTheExampleIsDefinedBeforeItIsUsed() throws {
        var known: Set<String> = ["none"]
        var quorums = 0
        for line in try lines() {
            switch line[0] {
            case "log": break
            case "witness": #expect(known.insert(line[1]).inserted)
            case "group":
                #expect(line.dropFirst(3).allSatisfy { known.contains($0) && $0 != "none" })
                #expect((1...(line.count - 3)).contains(Int(line[2]) ?? 0))
                #expect(known.insert(line[1]).inserted)
            case "quorum":
                #expect(known.contains(line[1]))
                quorums += 1
            default: Issue.record("unknown line \(line)")
            }
        }
        #expect(quorums == 1)
    }
}
