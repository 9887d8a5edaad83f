import CommandLineInterface
import Encoding
import Exchange
import HTTPTransport
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import hexi

/// `hexi receipt`: a proof is stored only if it is the one that the node owes.
@Suite struct ReceiptTests {
    /// A log of two entries; the second holds a statement of the bench's user.
    struct SmallLog {
        let signer: NoteSigner
        let statement: SignedStatement
        let entries: [[UInt8]]

        init(reason: String = "done") throws {
            let key = try SigningKey(seed: [UInt8](repeating: 7, count: 32))
            signer = try NoteSigner(name: "86.gs.test/ledger", key: try SigningKey(seed: [UInt8](repeating: 9, count: 32)))
            let content = StatementContent.contractTermination(
                ContractTermination(contract: identifier(.contract, 1), reason: reason))
            statement = try SignedStatement.sign(
                content, space: "86.gs.test", issuedAt: CommandBench.now, nonce: "nonce-0123456789abcdef", key: key)
            let event = Event(
                type: .contractEnded, subject: identifier(.contract, 1).text, actor: identifier(.participant, 1).text, body: [:],
                statement: statement)
            var previous = ChainedEntry.firstPreviousHash
            entries = (0..<2 as Range<UInt64>).map { number in
                let entry = ChainedEntry.head(previous: previous, sequence: number) + LedgerEntry.content(event, time: CommandBench.now)
                previous = MerkleTree.leafHash(entry)
                return entry
            }
        }

        func leafHash(_ seq: Int) -> String { MerkleTree.leafHash(entries[seq]).description }

        /// Of entry 1, whose sibling is entry 0.
        func proof(_ cosigners: [Cosigner] = []) throws -> [UInt8] {
            let hashes = entries.map { MerkleTree.leafHash($0) }
            let checkpoint = Checkpoint(origin: signer.name, size: 2, root: MerkleTree.root(ofLeafHashes: hashes))
            var note = try checkpoint.signed(by: signer)
            for cosigner in cosigners { note.add(cosigner.cosign(note.text, at: 1_800_000_000)) }
            return LogProof(extra: entries[1], index: 1, path: [hashes[0]], note: note).bytes
        }

        var space: JSONValue {
            ["prefix": "86.gs.test", "currency": "CNY", "logKeys": [.string(signer.verifier.description)]]
        }

        func receipt(leafHash: String? = nil) -> JSONValue {
            [
                "seq": 1, "leafHash": .string(leafHash ?? self.leafHash(1)), "time": "2026-11-21T08:30:00.000Z",
                "type": "contract.ended", "subject": .string(identifier(.contract, 1).text),
            ]
        }
    }

    /// A bench whose node gives the answers one after the other to whoever asks for the proof, the last one again and again.
    private static func bench(_ log: SmallLog, _ answers: [HTTPClientResponse]) throws -> CommandBench {
        let space = log.space
        let rest = Mutex(answers)
        return try CommandBench { request in
            if request.target == "/api/v1/space" { return ScriptedNode.json(200, space) }
            guard request.target == "/ledger/proof/tlog?seq=1" else { return ScriptedNode.problem("not-found", 404) }
            return rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
    }

    private static func text(_ bytes: [UInt8]) -> HTTPClientResponse {
        HTTPClientResponse(status: 200, headers: ["Content-Type": "text/plain; charset=utf-8"], body: bytes)
    }

    private static let notYet = ScriptedNode.problem("not-published-yet", 404, headers: ["Retry-After": "1"])

    private static func book(_ bench: CommandBench) throws -> ReceiptBook { try Profile(directory: bench.folder.path).receipts }

    private static func stored(_ bench: CommandBench) throws -> [UInt8]? {
        let path = "\(bench.folder.path)/proof"
        return LocalFiles.exists(path) ? try LocalFiles.read(path) : nil
    }

    @Test func theProofOfAReceiptIsStoredAsItCame() async throws {
        let log = try SmallLog()
        let bench = try Self.bench(log, [Self.text(log.proof())])
        try Self.book(bench).add(log.receipt(), of: log.statement)
        let code = await bench.run("receipt", "1", "--output", "\(bench.folder.path)/proof", "--json")
        #expect(code == .success, "\(bench.error)")
        #expect(try Self.stored(bench) == log.proof())
        let json = try JSONValue.parse(bench.output)
        #expect(json["verdict"] == "proved" && json["file"]?.stringValue == "\(bench.folder.path)/proof")
        #expect(json["entry"]?["type"] == "contract.ended")
        #expect(bench.error.contains("The log's key was taken from the node itself"))
    }

    @Test func anotherEntryThanTheReceiptSaidIsNotStored() async throws {
        let log = try SmallLog()
        let bench = try Self.bench(log, [Self.text(log.proof())])
        try Self.book(bench).add(log.receipt(leafHash: log.leafHash(0)), of: log.statement)
        #expect(await bench.run("receipt", "1", "--output", "\(bench.folder.path)/proof") == .negative)
        #expect(bench.error.contains("receipt said that entry 1 has the leaf hash \(log.leafHash(0))"))
        #expect(try Self.stored(bench) == nil)
    }

    @Test func anEntryWithAnotherStatementIsNotStored() async throws {
        let log = try SmallLog()
        let bench = try Self.bench(log, [Self.text(log.proof())])
        try Self.book(bench).add(log.receipt(), of: try SmallLog(reason: "another").statement)
        #expect(await bench.run("receipt", "1", "--output", "\(bench.folder.path)/proof") == .negative)
        #expect(bench.error.contains("does not hold the statement that you signed"))
        #expect(try Self.stored(bench) == nil)
    }

    @Test func whatIsNoProofOfTheEntryIsNotStored() async throws {
        let log = try SmallLog()
        let proof = try LogProof(log.proof())
        let bad: [[UInt8]] = [
            Array("hello\n".utf8), LogProof(extra: nil, index: 1, path: proof.path, note: proof.note).bytes,
            LogProof(extra: log.entries[0], index: 0, path: [MerkleTree.leafHash(log.entries[1])], note: proof.note).bytes,
            LogProof(extra: log.entries[0], index: 1, path: proof.path, note: proof.note).bytes,
        ]
        for bytes in bad {
            let bench = try Self.bench(log, [Self.text(bytes)])
            #expect(await bench.run("receipt", "1", "--output", "\(bench.folder.path)/proof") == .negative)
            #expect(bench.error.contains("Nothing was stored"), "\(bench.error)")
            #expect(try Self.stored(bench) == nil)
        }
    }

    @Test func theKeyThatTheUserKnowsDecides() async throws {
        let log = try SmallLog()
        let stranger = try NoteVerifier(name: log.signer.name, key: SigningKey(seed: [UInt8](repeating: 3, count: 32)).verificationKey)
        for (key, code) in [(log.signer.verifier, ExitCode.success), (stranger, .negative)] {
            let bench = try Self.bench(log, [Self.text(log.proof())])
            #expect(await bench.run("receipt", "1", "--vkey", key.description, "--output", "\(bench.folder.path)/proof") == code)
            #expect(!bench.error.contains("taken from the node itself"))
            // The same by the policy in the profile.
            let other = try Self.bench(log, [Self.text(log.proof())])
            try LocalFiles.write(Array("log \(key)\nquorum none\n".utf8), to: "\(other.folder.path)/trust-policy")
            #expect(await other.run("receipt", "1", "--output", "\(other.folder.path)/proof") == code)
            #expect(try (Self.stored(other) != nil) == (code == .success))
        }
    }

    @Test func anUnpublishedEntryIsWaitedForOnlyIfAskedTo() async throws {
        let log = try SmallLog()
        let impatient = try Self.bench(log, [Self.notYet, Self.text(log.proof())])
        #expect(await impatient.run("receipt", "1", "--output", "\(impatient.folder.path)/proof") == .negative)
        #expect(impatient.error.contains("not-published-yet"))
        let patient = try Self.bench(log, [Self.notYet, Self.notYet, Self.text(log.proof())])
        #expect(await patient.run("receipt", "1", "--wait", "--output", "\(patient.folder.path)/proof") == .success)
        #expect(patient.error.contains("Waiting for the checkpoint of entry 1"))
        let endless = try Self.bench(log, [Self.notYet])
        #expect(await endless.run("receipt", "1", "--wait", "--timeout", "25", "--output", "\(endless.folder.path)/proof") == .negative)
        #expect(endless.node.requests.filter { $0.target.hasPrefix("/ledger") }.count == 26)
        #expect(try Self.stored(endless) == nil)
    }

    @Test func theWitnessesThatThePolicyAsksForAreWaitedFor() async throws {
        let log = try SmallLog()
        let witness = try Cosigner(name: "w.example", key: SigningKey(seed: [UInt8](repeating: 5, count: 32)))
        let policy = "log \(log.signer.verifier)\nwitness W \(witness.verifier)\nquorum W\n"
        let answers = [Self.text(try log.proof()), Self.text(try log.proof([witness]))]
        let impatient = try Self.bench(log, answers)
        try LocalFiles.write(Array(policy.utf8), to: "\(impatient.folder.path)/trust-policy")
        #expect(await impatient.run("receipt", "1", "--output", "\(impatient.folder.path)/proof") == .negative)
        #expect(impatient.error.contains("not enough witnesses"))
        #expect(try Self.stored(impatient) == nil)
        let patient = try Self.bench(log, answers)
        try LocalFiles.write(Array(policy.utf8), to: "\(patient.folder.path)/trust-policy")
        #expect(await patient.run("receipt", "1", "--wait", "--output", "\(patient.folder.path)/proof") == .success)
        #expect(try Self.stored(patient) == log.proof([witness]))
        #expect(patient.output.contains("W at 2027-01-15T08:00:00.000Z"))
    }

    @Test func everyReceiptIsKeptAlsoThatOfARefusal() async throws {
        let log = try SmallLog()
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let answer: JSONValue = ["identifier": "x", "duplicate": false, "receipt": log.receipt()]
        let recorded = try await bench.sender(ScriptedNode { _ in ScriptedNode.json(201, answer) }).send(log.statement, to: "/x")
        #expect(recorded.identifier == "x")
        let kept = try #require(try Self.book(bench).find(1))
        #expect(kept == KeptReceipt(seq: 1, leafHash: log.leafHash(1), payload: SHA256.hash(log.statement.payload).description))
        var second = try #require(log.receipt().objectValue)
        second["seq"] = 12
        let refusal = JSONObject([("receipt", JSONValue.object(second))])
        let refusing = ScriptedNode { _ in ScriptedNode.problem("no", 422, refusal) }
        await #expect(throws: ClientError.self) { try await bench.sender(refusing).send(log.statement, to: "/x") }
        #expect(try Self.book(bench).find(12) != nil)
        #expect(try Self.book(bench).find(2) == nil)
    }

    @Test func twoReceiptsForOnePlaceThatDifferAreReported() async throws {
        let log = try SmallLog()
        let bench = try Self.bench(log, [Self.text(log.proof())])
        try Self.book(bench).add(log.receipt(), of: log.statement)
        try Self.book(bench).add(log.receipt(), of: log.statement)
        #expect(try Self.book(bench).find(1) != nil)
        try Self.book(bench).add(log.receipt(leafHash: log.leafHash(0)), of: log.statement)
        #expect(await bench.run("receipt", "1", "--output", "\(bench.folder.path)/proof") == .negative)
        #expect(bench.error.contains("two receipts for entry 1"))
    }
}
