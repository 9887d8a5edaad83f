import Encoding
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Proofs made from a ledger that one has a copy of, or from a node.
@Suite struct LedgerProverTests {
    private static func ledger(runs: Int = 3, frames: [Int] = [4, 1]) throws -> (TestSpace, JournalWriter) {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 5000)
        for _ in 0..<runs { try space.run(parties) }
        return (space, JournalWriter(space, frameSizes: frames))
    }

    private static func pinned(_ space: TestSpace) throws -> AuditOptions { AuditOptions(pinnedKeys: [try space.signer.verifier]) }

    /// What is wrong with the ledger, by the order of the checks.
    private static func problem(_ folder: TestFolder, _ targets: [UInt64], _ options: AuditOptions = AuditOptions()) -> AuditProblem? {
        do {
            _ = try LedgerProver(.folder(folder.path), options: options).prove(targets)
            return nil
        } catch { return error as? AuditProblem }
    }

    @Test func everyEntryOfAFolderHasItsProof() throws {
        let (space, writer) = try Self.ledger()
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let targets = Array(0..<UInt64(writer.entries.count))
        let outcome = try LedgerProver(.folder(folder.path), options: Self.pinned(space)).prove(targets.reversed())
        #expect(try outcome.isPinned && outcome.keys == [space.signer.verifier])
        #expect(outcome.proofs == (try targets.reversed().map { try writer.proof(Int($0), space.signer) }))
    }

    @Test func withoutAPinnedKeyTheChartersIsTaken() throws {
        let (space, writer) = try Self.ledger()
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let outcome = try LedgerProver(.folder(folder.path)).prove([5])
        #expect(try !outcome.isPinned && outcome.keys == [space.signer.verifier])
    }

    @Test func theProofIsByTheCheckpointAlsoWhereTheJournalGoesOn() throws {
        let (space, writer) = try Self.ledger()
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer, size: 12))
        #expect(try LedgerProver(.folder(folder.path)).prove([11]).proofs == [writer.proof(11, space.signer, size: 12)])
        #expect(throws: AuditFailure.outsideCheckpoint(seq: 12, size: 12, source: folder.path)) {
            try LedgerProver(.folder(folder.path)).prove([3, 12])
        }
    }

    @Test func anEarlierCheckpointThatWasKeptCanBeProvedBy() throws {
        let (space, writer) = try Self.ledger()
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let earlier = try writer.checkpoint(space.signer, size: 7)
        #expect(try LedgerProver(.folder(folder.path)).prove([6], checkpoint: earlier).proofs == [writer.proof(6, space.signer, size: 7)])
        let other = try Checkpoint(origin: TestSpace.origin, size: 7, root: .zero).signed(by: space.signer).bytes
        let error = #expect(throws: AuditProblem.self) { try LedgerProver(.folder(folder.path)).prove([6], checkpoint: other) }
        #expect(error?.check == .root)
    }

    @Test func aTamperedFolderProvesNothing() throws {
        let (space, writer) = try Self.ledger()
        let checkpoint = try writer.checkpoint(space.signer)
        var flipped = writer.journal
        flipped[writer.ranges[8].lowerBound + 300] ^= 1
        let frame = Self.problem(try TestFolder(flipped, checkpoint), [2])
        #expect(frame?.check == .frame)
        // The same change by somebody who mends the frame's checksum, and by somebody who mends the chain as well.
        var changed = writer
        changed.entries[8][300] ^= 1
        let chain = Self.problem(try TestFolder(changed.journal, checkpoint), [2])
        #expect(chain?.check == .chain && chain?.seq == 9)
        var contents = space.records.map(\.content)
        contents[8][20] ^= 1
        let root = Self.problem(try TestFolder(JournalWriter(contents: contents).journal, checkpoint), [2])
        #expect(root?.check == .root)
        var short = writer
        short.entries.removeLast()
        let missing = Self.problem(try TestFolder(short.journal, checkpoint), [2])
        #expect(missing?.check == .root && missing?.seq == UInt64(short.entries.count))
    }

    @Test func aCheckpointByAnotherKeyProvesNothing() throws {
        let (space, writer) = try Self.ledger()
        let forger = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(60))
        let folder = try TestFolder(writer.journal, writer.checkpoint(forger))
        #expect(Self.problem(folder, [1])?.check == .checkpoint)
        #expect(Self.problem(folder, [1], try Self.pinned(space))?.check == .checkpoint)
        // The forger's key pinned by mistake is not the key that the charter names.
        #expect(Self.problem(folder, [1], AuditOptions(pinnedKeys: [forger.verifier]))?.check == .checkpoint)
    }

    @Test func severalThousandEntriesAreProvedInOnePass() throws {
        let (space, writer) = try Self.ledger(runs: 2500, frames: Array(repeating: 100, count: 20))
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let targets = (0..<UInt64(writer.entries.count)).filter { $0 % 2 == 0 }
        let outcome = try LedgerProver(.folder(folder.path)).prove(targets)
        let policy = TrustPolicy(logs: outcome.keys)
        for (target, proof) in zip(targets, outcome.proofs) where target % 100 == 0 {
            #expect(proof.index == target)
            #expect(try proof.verify(leafHash: MerkleTree.leafHash(writer.entries[Int(target)]), policy: policy).isQuorumReached)
        }
    }

    // MARK: A node

    private static func serve(
        _ writer: JournalWriter, _ signer: NoteSigner, proof: @escaping @Sendable (Int) throws -> [UInt8]
    ) throws -> TestServer {
        let (checkpoint, charter) = (try writer.checkpoint(signer), writer.entries[0] + [0x0A])
        return try TestServer { target in
            if target == "/ledger/checkpoint" { return .init(body: checkpoint) }
            if target == "/ledger/entries?start=0&count=1" { return .init(body: charter) }
            guard target.hasPrefix("/ledger/proof/tlog?seq="), let seq = Int(target.split(separator: "=").last ?? ""),
                let body = try? proof(seq)
            else { return .init(status: 404) }
            return .init(body: body)
        }
    }

    @Test func aNodesProofIsCheckedBeforeItIsTaken() throws {
        let (space, writer) = try Self.ledger()
        let signer = try space.signer
        let server = try Self.serve(writer, signer) { try writer.proof($0, signer).bytes }
        defer { server.stop() }
        #expect(try LedgerProver(.node(server.url)).prove([4, 9]).proofs == [writer.proof(4, signer), writer.proof(9, signer)])
        let outcome = try LedgerProver(.node(server.url), options: Self.pinned(space)).prove([4])
        #expect(outcome.isPinned)
        #expect(throws: AuditFailure.outsideCheckpoint(seq: 13, size: 13, source: server.url)) {
            try LedgerProver(.node(server.url)).prove([13])
        }
        #expect(throws: AuditFailure.checkpointNeedsFolder) {
            try LedgerProver(.node(server.url)).prove([1], checkpoint: writer.checkpoint(signer))
        }
    }

    @Test func aNodeThatGivesAnotherProofIsFoundOut() throws {
        let (space, writer) = try Self.ledger()
        let (signer, forger) = (try space.signer, try NoteSigner(name: TestSpace.origin, key: TestSpace.key(60)))
        let answers: [@Sendable (Int) throws -> [UInt8]] = [
            { try writer.proof($0 + 1, signer).bytes }, { try writer.proof($0, forger).bytes }, { _ in Array("hello\n".utf8) },
            { seq in
                let proof = try writer.proof(seq, signer)
                return LogProof(extra: writer.entries[seq + 1], index: proof.index, path: proof.path, note: proof.note).bytes
            },
        ]
        for answer in answers {
            let server = try Self.serve(writer, signer, proof: answer)
            defer { server.stop() }
            let error = #expect(throws: AuditProblem.self) { try LedgerProver(.node(server.url)).prove([4]) }
            #expect(error?.seq == 4)
        }
    }
}
