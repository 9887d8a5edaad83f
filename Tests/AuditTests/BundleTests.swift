import Glibc
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Evidence bundles of whole ledgers.
@Suite struct BundleTests {
    static func heading(_ space: TestSpace, _ checkpoint: [UInt8]) throws -> EvidenceBundleWriter.Heading {
        let key = try space.signer.verifier
        return .init(
            checkpoint: checkpoint, policy: Array("log \(key)\nquorum none\n".utf8), verifierKeys: [key], time: 1_763_712_000)
    }

    /// Writes a bundle; returns its path.
    static func write(_ space: TestSpace, _ writer: JournalWriter, _ folder: TestFolder, size: Int? = nil) throws -> String {
        let path = folder.path + "/bundle.tar"
        let checkpoint = try writer.checkpoint(space.signer, size: size)
        let bundle = try EvidenceBundleWriter(path, try heading(space, checkpoint), isPartial: false)
        for entry in writer.entries { try bundle.append(entry[...]) }
        try bundle.finish()
        return path
    }

    static func ledger(runs: Int) throws -> (TestSpace, JournalWriter) { try TileTests.ledger(runs: runs) }

    static func audit(_ path: String, _ change: (inout AuditOptions) -> Void = { _ in }) async throws -> AuditReport {
        var options = AuditOptions(workers: 2)
        change(&options)
        return try await Auditor(.bundle(path), options: options).run()
    }

    @Test(arguments: [0, 246, 700]) func theReportIsThatOfTheFolder(_ runs: Int) async throws {
        let (space, writer) = try Self.ledger(runs: runs)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let path = try Self.write(space, writer, folder)
        #expect(AuditSource(path) == .bundle(path))
        let expected = try await Auditor(.folder(folder.path)).run()
        #expect(TrustedStateTests.same(try await Self.audit(path), as: expected))
        #expect(expected.isSound)
    }

    @Test func entriesBehindTheCheckpointAreLeftOut() async throws {
        let (space, writer) = try Self.ledger(runs: 300)
        let folder = try TestFolder()
        let report = try await Self.audit(try Self.write(space, writer, folder, size: 270))
        #expect(report.isSound)
        #expect(report.entries == 270)
    }

    @Test func theSameLedgerGivesTheSameBytes() throws {
        let (space, writer) = try Self.ledger(runs: 3)
        let (first, second) = (try TestFolder(), try TestFolder())
        _ = try Self.write(space, writer, first)
        _ = try Self.write(space, writer, second)
        #expect(try first.read("bundle.tar") == second.read("bundle.tar"))
    }

    /// What a court's expert would do.
    @Test func commonToolsUnpackItAndVerifyEveryFile() throws {
        let (space, writer) = try Self.ledger(runs: 300)
        let folder = try TestFolder()
        let path = try Self.write(space, writer, folder)
        let unpacked = folder.path + "/unpacked"
        let output = try Gzip.output(
            "mkdir \(unpacked) && cd \(unpacked) && tar -xf \(path) && sha256sum --strict -c SHA256SUMS; s=$?; cat tile/entries/000; cd / && rm -r \(unpacked); exit $s")
        let text = String(decoding: output, as: UTF8.self)
        for name in ["README.txt", "checkpoint", "trust-policy", "vkeys", "tile/entries/000", "tile/entries/001.p/54"] {
            #expect(text.contains("\(name): OK"))
        }
        #expect(try output.suffix(from: output.count - TileTests.bundles(writer)["tile/entries/000", default: []].count)
            .elementsEqual(TileTests.bundles(writer)["tile/entries/000", default: []]))
    }

    @Test func everyChangedByteIsFound() async throws {
        var space = TestSpace()
        try space.found()
        let writer = JournalWriter(space)
        let folder = try TestFolder()
        let path = try Self.write(space, writer, folder)
        let bytes = try folder.read("bundle.tar")
        #expect(try await Self.audit(path).isSound)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= position % 2 == 0 ? 0x01 : 0x80
            try folder.write("bundle.tar", changed)
            // What no longer begins as a bundle does is none; all else is a bundle that was changed.
            if position < ArchiveHeader.blockLength {
                #expect(throws: AuditFailure.self, "byte \(position)") { try EvidenceBundle(path) }
            } else {
                #expect(throws: AuditProblem.self, "byte \(position)") { try EvidenceBundle(path) }
            }
        }
    }

    @Test func everyShorterFileAndAnyLongerOneIsFound() async throws {
        let (space, writer) = try Self.ledger(runs: 0)
        let folder = try TestFolder()
        let path = try Self.write(space, writer, folder)
        let bytes = try folder.read("bundle.tar")
        for count in stride(from: 512, to: bytes.count, by: 100) {
            try folder.write("bundle.tar", Array(bytes[..<count]))
            let report = try? await Self.audit(path)
            #expect(report?.isSound != true, "\(count) bytes")
        }
        for extra in [[0], [UInt8](repeating: 0, count: 512), [1]] as [[UInt8]] {
            try folder.write("bundle.tar", bytes + extra)
            #expect(try await Self.audit(path).problem?.check == .bundle)
        }
    }

    /// Whoever changes an entry can make the manifest fit, but not the checkpoint.
    @Test func aForgedEntryWithAFittingManifestIsFound() async throws {
        let (space, writer) = try Self.ledger(runs: 3)
        let folder = try TestFolder()
        let archive = try ArchiveWriter(folder.path + "/bundle.tar", time: 0)
        try archive.add("README.txt", [])
        try archive.add("checkpoint", writer.checkpoint(space.signer))
        var forged = writer
        forged.entries[7][300] ^= 1
        for (name, bytes) in try TileTests.bundles(forged) { try archive.add(name, bytes) }
        try archive.finish()
        #expect(try await Self.audit(archive.path).problem?.seq == 7)
    }

    @Test func membersOutOfOrderTwiceOrOfOtherNamesAreRefused() async throws {
        let (space, writer) = try Self.ledger(runs: 300)
        let checkpoint = try writer.checkpoint(space.signer)
        let bundles = try TileTests.bundles(writer)
        let (first, second) = (bundles["tile/entries/000", default: []], bundles["tile/entries/001.p/54", default: []])
        let head = [("README.txt", []), ("checkpoint", checkpoint)] as [(String, [UInt8])]
        let wrong: [[(String, [UInt8])]] = [
            head + [("tile/entries/001.p/54", second), ("tile/entries/000", first)],
            head + [("tile/entries/000", first), ("tile/entries/000", first)],
            head + [("tile/entries/000", first), ("tile/0/000", first)],
            head + [("tile/entries/000", first), ("malware", [])],
            [head[0], ("vkeys", []), head[1], ("tile/entries/000", first)],
            [head[0], ("tile/entries/000", first)],
        ]
        let folder = try TestFolder()
        for members in wrong {
            let archive = try ArchiveWriter(folder.path + "/bundle.tar", time: 0)
            for (name, bytes) in members { try archive.add(name, bytes) }
            try archive.finish()
            #expect(try await Self.audit(archive.path).problem?.check == .bundle)
        }
    }

    @Test func missingEntriesAreMissing() async throws {
        let (space, writer) = try Self.ledger(runs: 300)
        let folder = try TestFolder()
        let archive = try ArchiveWriter(folder.path + "/bundle.tar", time: 0)
        try archive.add("README.txt", [])
        try archive.add("checkpoint", writer.checkpoint(space.signer))
        try archive.add("tile/entries/000", TileTests.bundles(writer)["tile/entries/000", default: []])
        try archive.finish()
        let problem = try await Self.audit(archive.path).problem
        #expect(problem?.check == .root)
        #expect(problem?.seq == 256)
    }

    @Test func namesThatLeadElsewhereCannotBeWrittenOrRead() throws {
        let names = [
            "../x", "a/../b", "/etc/passwd", "", ".", "a//b", "a/", "a\\b", "a b", "-rf", "é", String(repeating: "a", count: 101),
        ]
        for name in names { #expect(ArchiveHeader(name: name, size: 0, time: 0) == nil, "\(name)") }
        let header = try #require(ArchiveHeader(name: "a/b", size: 7, time: 1))
        #expect(ArchiveHeader(header.bytes) == header)
        // A link of the same name and checksum is not a file.
        var link = header.bytes
        link[156] = 0x32
        link[153] += 2
        #expect(ArchiveHeader(link) == nil)
    }

    @Test func aLedgerThatDoesNotLeadToTheCheckpointIsNotWritten() throws {
        let (space, writer) = try Self.ledger(runs: 3)
        let folder = try TestFolder()
        let path = folder.path + "/bundle.tar"
        for entries in [writer.entries.dropLast(), writer.entries.dropFirst(), writer.entries[...].dropLast() + writer.entries.prefix(1)] {
            let bundle = try EvidenceBundleWriter(
                path, try Self.heading(space, writer.checkpoint(space.signer)), isPartial: false)
            for entry in entries { try bundle.append(entry[...]) }
            #expect(throws: AuditFailure.self) { try bundle.finish() }
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test func anAuditGoesOnInALaterBundle() async throws {
        let (space, writer) = try Self.ledger(runs: 700)
        let folder = try TestFolder()
        let state = folder.path + "/state"
        #expect(try await Self.audit(try Self.write(space, writer, folder, size: 300)) { $0.stateFile = state }.isSound)
        let report = try await Self.audit(try Self.write(space, writer, folder)) { $0.stateFile = state }
        #expect(report.problem == nil)
        #expect(report.continuedFrom == 300)
        #expect(report.root == writer.root)
    }
}

/// Evidence bundles of single entries.
@Suite struct PartialBundleTests {
    static func proofs(_ writer: JournalWriter, _ note: [UInt8], _ targets: [UInt64]) throws -> [LogProof] {
        let note = try SignedNote(note)
        let hashes = writer.entries.map { MerkleTree.leafHash($0) }
        return try targets.map { seq in
            let proof = try InclusionProof(index: seq, size: UInt64(hashes.count)) { level, index in
                MerkleTree.root(ofLeafHashes: hashes[Int(index << UInt64(level))..<Int((index + 1) << UInt64(level))])
            }
            return LogProof(extra: nil, index: seq, path: proof.path, note: note)
        }
    }

    private static func write(
        _ space: TestSpace, _ writer: JournalWriter, _ folder: TestFolder, _ targets: [UInt64] = [0, 4, 12]
    ) throws -> String {
        let checkpoint = try writer.checkpoint(space.signer)
        let path = folder.path + "/bundle.tar"
        let bundle = try EvidenceBundleWriter(path, try BundleTests.heading(space, checkpoint), isPartial: true)
        for proof in try proofs(writer, checkpoint, targets) { try bundle.add(writer.entries[Int(proof.index)], proof) }
        try bundle.finish()
        return path
    }

    @Test func singleEntriesAreProvedToBeInTheLog() async throws {
        let (space, writer) = try BundleTests.ledger(runs: 3)
        let folder = try TestFolder()
        let key = try space.signer.verifier
        let report = try await BundleTests.audit(try Self.write(space, writer, folder)) { $0.pinnedKeys = [key] }
        #expect(report.problem == nil)
        #expect(report.isPartial)
        #expect(report.entries == 3)
        #expect(report.json["checked"]?.stringValue == "entries")
        #expect(report.warnings.contains { $0.contains("3 of the log's 13 entries") })
    }

    @Test func withoutAKeyNothingCanBeSaid() async throws {
        let (space, writer) = try BundleTests.ledger(runs: 3)
        let folder = try TestFolder()
        let path = try Self.write(space, writer, folder)
        await #expect(throws: AuditFailure.keyNeeded(path: path)) { try await BundleTests.audit(path) }
        let stranger = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(70)).verifier
        #expect(try await BundleTests.audit(path) { $0.pinnedKeys = [stranger] }.problem?.check == .checkpoint)
    }

    @Test func everyChangedByteIsFound() throws {
        let (space, writer) = try BundleTests.ledger(runs: 3)
        let folder = try TestFolder()
        let path = try Self.write(space, writer, folder, [4])
        let bytes = try folder.read("bundle.tar")
        for position in stride(from: ArchiveHeader.blockLength, to: bytes.count, by: 3) {
            var changed = bytes
            changed[position] ^= 0x04
            try folder.write("bundle.tar", changed)
            #expect(throws: AuditProblem.self, "byte \(position)") { try EvidenceBundle(path) }
        }
    }

    @Test func aForgedEntryOrAnotherEntrysProofWithAFittingManifestIsFound() async throws {
        let (space, writer) = try BundleTests.ledger(runs: 3)
        let checkpoint = try writer.checkpoint(space.signer)
        let proofs = try Self.proofs(writer, checkpoint, [4, 5])
        let older = try Self.proofs(writer, writer.checkpoint(space.signer, size: 12), [4])
        var forged = writer.entries[4]
        forged[300] ^= 1
        let folder = try TestFolder()
        let key = try space.signer.verifier
        for (entry, proof) in [(forged, proofs[0]), (writer.entries[5], proofs[0]), (writer.entries[4], proofs[1]), (writer.entries[4], older[0])] {
            let archive = try ArchiveWriter(folder.path + "/bundle.tar", time: 0)
            try archive.add("README.txt", [])
            try archive.add("checkpoint", checkpoint)
            try archive.add("entries/4.json", entry)
            try archive.add("entries/4.tlog-proof", proof.bytes)
            try archive.finish()
            #expect(try await BundleTests.audit(archive.path) { $0.pinnedKeys = [key] }.problem?.seq == 4)
        }
    }

    @Test func aProofThatDoesNotHoldIsNotWritten() throws {
        let (space, writer) = try BundleTests.ledger(runs: 3)
        let folder = try TestFolder()
        let checkpoint = try writer.checkpoint(space.signer)
        let proofs = try Self.proofs(writer, checkpoint, [4, 5])
        let bundle = try EvidenceBundleWriter(
            folder.path + "/bundle.tar", try BundleTests.heading(space, checkpoint), isPartial: true)
        #expect(throws: AuditFailure.self) { try bundle.add(writer.entries[5], proofs[0]) }
        try bundle.add(writer.entries[5], proofs[1])
        #expect(throws: AuditFailure.self) { try bundle.add(writer.entries[4], proofs[0]) }
    }
}
