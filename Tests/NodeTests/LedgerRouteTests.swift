import Encoding
import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Node

/// The public ledger: what anybody can read of it proves itself.
@Suite struct LedgerRouteTests {
    @Test func twoHundredApplicationsAtOnceAreAllAnsweredAndTheLedgerStaysChained() async throws {
        try await withNode { node in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let key = SigningKey.generate()
                        let statement = try TestNode.sign(TestMarket.application("Applicant \(number)", [.buyer], key), by: key)
                        return try await node.send(TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json]))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            let numbers = answers.compactMap { $0.json["receipt"]?["seq"]?.integerValue }
            #expect(numbers.sorted() == Array(1...200))
            let entries = try await lines(node, 0..<201)
            try check(entries)
            // Every receipt is of the entry that it names.
            for answer in answers {
                let receipt = answer.json["receipt"]
                let line = entries[Int(receipt?["seq"]?.integerValue ?? 0)]
                #expect(receipt?["leafHash"]?.stringValue == MerkleTree.leafHash(line).description)
                #expect(String(decoding: line, as: UTF8.self).contains(answer.identifier))
            }
        }
    }

    @Test func theCheckpointIsSignedAndItsRootIsThatOfTheEntries() async throws {
        try await withNode { node in
            _ = try await TestMarket(node)
            let checkpoint = try await checkpoint(node)
            let entries = try await lines(node, 0..<checkpoint.size)
            var frontier = MerkleFrontier()
            for line in entries { frontier.append(MerkleTree.leafHash(line)) }
            #expect(frontier.root == checkpoint.root)
        }
    }

    @Test func everyProofHolds() async throws {
        try await withNode { node in
            _ = try await TestMarket(node)
            let size = node.services.ledger.size
            var roots: [SHA256Digest] = [MerkleTree.emptyRoot]
            var frontier = MerkleFrontier()
            for line in try await lines(node, 0..<size) {
                frontier.append(MerkleTree.leafHash(line))
                roots.append(frontier.root)
            }
            for tree in [1, 2, size / 2, size] {
                for seq in 0..<tree {
                    let answer = try await node.get("/ledger/proof/inclusion?seq=\(seq)&size=\(tree)")
                    let leaf = try #require(SHA256Digest(hexadecimal: answer.json["leafHash"]?.stringValue ?? ""))
                    let proof = InclusionProof(index: seq, size: tree, path: path(answer))
                    #expect(throws: Never.self) { try proof.verify(leafHash: leaf, root: roots[Int(tree)]) }
                }
                for from in 1...tree {
                    let answer = try await node.get("/ledger/proof/consistency?from=\(from)&to=\(tree)")
                    let proof = ConsistencyProof(firstSize: from, secondSize: tree, path: path(answer))
                    #expect(throws: Never.self) { try proof.verify(firstRoot: roots[Int(from)], secondRoot: roots[Int(tree)]) }
                }
            }
        }
    }

    @Test func whoFollowsTheLedgerIsToldThatNothingHasComeYet() async throws {
        try await withNode { node in
            let size = node.services.ledger.size
            let answer = try await node.get("/ledger/entries?start=\(size)&count=1000")
            #expect(answer.status == 200 && answer.body.isEmpty)
            let beyond = try await node.get("/ledger/entries?start=\(size + 1)&count=1")
            #expect(beyond.status == 400 && beyond.problem?.extensions["parameter"] == "start")
        }
    }

    @Test func aStatementSentTwiceIsRecordedOnceEvenAtOnce() async throws {
        try await withNode { node in
            let key = SigningKey.generate()
            let statement = try TestNode.sign(TestMarket.application("Once", [.buyer], key), by: key)
            let request = TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json])
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await node.send(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == Array(repeating: 200, count: 19) + [201], "\(answers)")
            #expect(Set(answers.map { $0.json["receipt"]?.serializedString() ?? "" }).count == 1)
            #expect(node.services.ledger.size == 2)
        }
    }

    @Test func moreApplicationsThanTheOperatorCanDecideOnAreTurnedAway() async throws {
        try await withNode(configure: { $0.waitingApplications = 2 }) { node in
            let first = try await TestMarket.apply("First", [.buyer], node)
            _ = try await TestMarket.apply("Second", [.buyer], node)
            let key = SigningKey.generate()
            let statement = try TestNode.sign(TestMarket.application("Third", [.buyer], key), by: key)
            let request = TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json])
            let refused = try await node.send(request)
            #expect(refused.status == 429 && refused.headers["Retry-After"] != nil, "\(refused)")
            try await TestMarket.decide(first.identifier, .approve, node)
            #expect(try await node.send(request).status == 201)
        }
    }

    // MARK: Reading as an auditor would

    private func lines(_ node: TestNode, _ range: Range<UInt64>) async throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        while lines.count < range.count {
            let start = range.lowerBound + UInt64(lines.count)
            let answer = try await node.get("/ledger/entries?start=\(start)&count=\(min(1000, range.upperBound - start))")
            let more = answer.body.split(separator: 0x0A).map(Array.init)
            try #require(!more.isEmpty, "\(answer)")
            lines += more
        }
        return lines
    }

    private func check(_ lines: [[UInt8]]) throws {
        var state = ExchangeState()
        var previous = ChainedEntry.firstPreviousHash
        for line in lines {
            #expect(ChainedEntry.previousHash(of: line) == previous)
            previous = MerkleTree.leafHash(line)
            try state.replay(try LedgerEntry(line))
        }
    }

    private func path(_ answer: Answer) -> [SHA256Digest] {
        (answer.json["proof"]?.arrayValue ?? []).compactMap { SHA256Digest(hexadecimal: $0.stringValue ?? "") }
    }

    private func checkpoint(_ node: TestNode) async throws -> Checkpoint {
        let space = try await node.get("/api/v1/space")
        let verifier = try NoteVerifier(space.json["logKeys"]?[0]?.stringValue ?? "")
        let answer = try await node.get("/ledger/checkpoint")
        let note = try SignedNote(answer.body)
        return try Checkpoint(note, log: verifier)
    }
}
