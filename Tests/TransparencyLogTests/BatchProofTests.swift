import Encoding
import Signing
import Testing
import TransparencyLog

@Suite struct BatchProofTests {
    private func records(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("{\"call\":\($0)}".utf8) } }

    private func tree(_ records: [[UInt8]]) throws -> BatchTree {
        var tree = BatchTree()
        for record in records { try tree.append(record) }
        return tree
    }

    /// A proof of one record, in a log of seven entries of which number 4 stands for the commitment.
    private func proof(_ index: Int, of records: [[UInt8]]) throws -> BatchProof {
        let tree = try tree(records)
        return try BatchProof(
            record: records[index], inclusion: try tree.inclusion(of: UInt64(index)), log: try ProofLog(7).proof(4))
    }

    @Test func aRecordIsHashedAsTheFormatSays() throws {
        let expected = SHA256.hash([0] + Array("hexi/batch-record@v1\nabc".utf8))
        #expect(BatchTree.leafHash(ofRecord: Array("abc".utf8)) == expected)
        var tree = BatchTree()
        try tree.append(Array("abc".utf8))
        #expect(tree.commitment == BatchCommitment(count: 1, root: expected))
        try tree.append(Array("de".utf8))
        let second = SHA256.hash([0] + Array("hexi/batch-record@v1\nde".utf8))
        #expect(tree.commitment.root == SHA256.hash([1] + expected.bytes + second.bytes))
    }

    @Test func theFileIsWrittenAsTheFormatSays() throws {
        let proof = try proof(1, of: [Array("abc".utf8), Array("de".utf8)])
        let sibling = Base64.encode(BatchTree.leafHash(ofRecord: Array("abc".utf8)).bytes)
        let head = "hexi/batch-proof@v1\nrecord ZGU=\nindex 1\nsize 2\n\(sibling)\n\nc2sp.org/tlog-proof@v1\nextra "
        #expect(String(decoding: proof.bytes, as: UTF8.self).hasPrefix(head))
        #expect(proof.bytes.suffix(proof.log.bytes.count).elementsEqual(proof.log.bytes))
        #expect(BatchProof.isBatchProof(proof.bytes))
        #expect(!BatchProof.isBatchProof(proof.log.bytes))
    }

    @Test(arguments: Array(1...64)) func everyRecordOfEverySmallBatchProvesItself(size: Int) throws {
        let records = records(size)
        let tree = try tree(records)
        let log = try ProofLog(3).proof(1)
        for index in 0..<size {
            let proof = try BatchProof(record: records[index], inclusion: try tree.inclusion(of: UInt64(index)), log: log)
            let read = try BatchProof(proof.bytes)
            #expect(read == proof)
            try read.verifyRecord(in: tree.commitment)
            if size > 1 {
                let wrong = try BatchProof(record: records[(index + 1) % size], inclusion: read.inclusion, log: log)
                #expect(throws: BatchProofError.self) { try wrong.verifyRecord(in: tree.commitment) }
            }
        }
    }

    @Test func thousandsOfRecordsHaveProofs() throws {
        let records = records(5000)
        let tree = try tree(records)
        for index in stride(from: 0, to: 5000, by: 37) {
            try tree.inclusion(of: UInt64(index)).verify(
                leafHash: BatchTree.leafHash(ofRecord: records[index]), root: tree.commitment.root)
        }
        #expect(throws: MerkleProofError.self) { try tree.inclusion(of: 5000) }
        #expect(throws: MerkleProofError.self) { try BatchTree().inclusion(of: 0) }
    }

    @Test func anotherCommitmentDoesNotHold() throws {
        let records = records(6)
        let (proof, commitment) = (try proof(3, of: records), try tree(records).commitment)
        try proof.verifyRecord(in: commitment)
        #expect(throws: BatchProofError.wrongSize(committed: 5, claimed: 6)) {
            try proof.verifyRecord(in: BatchCommitment(count: 5, root: commitment.root))
        }
        #expect(throws: BatchProofError.self) { try proof.verifyRecord(in: BatchCommitment(count: 6, root: .zero)) }
    }

    @Test func aRecordCannotPassForAnEntryNorAnEntryForARecord() throws {
        // The log's own root committed to as if it were a batch: its entries still are no records.
        let log = try ProofLog(6)
        let stolen = BatchCommitment(count: 6, root: log.root)
        let inclusion = try #require(log.collector.proof(of: 2))
        let proof = try BatchProof(record: log.entries[2], inclusion: inclusion, log: log.proof(4))
        #expect(throws: BatchProofError.self) { try proof.verifyRecord(in: stolen) }
        // And a record, even one that reads like an entry, has no leaf that an entry could have.
        #expect(BatchTree.leafHash(ofRecord: log.entries[2]) != MerkleTree.leafHash(log.entries[2]))
    }

    @Test func anInnerNodeCannotPassForARecord() throws {
        let records = records(4)
        let tree = try tree(records)
        let left = BatchTree.leafHash(ofRecord: records[0]).bytes + BatchTree.leafHash(ofRecord: records[1]).bytes
        let sibling = try tree.inclusion(of: 0).path[1]
        let inclusion = InclusionProof(index: 0, size: 2, path: [sibling])
        let proof = try BatchProof(record: left, inclusion: inclusion, log: try ProofLog(3).proof(1))
        #expect(throws: BatchProofError.self) {
            try proof.verifyRecord(in: BatchCommitment(count: 2, root: tree.commitment.root))
        }
    }

    /// Lines: 1 header, 2 record, 3 index, 4 size, 5 and 6 hashes, 7 empty, 8 the log proof.
    @Test func everyDeviationIsRefusedWithItsLine() throws {
        let file = try proof(2, of: records(4)).bytes
        let cases: [(String, [UInt8], Int)] = [
            ("empty", [], 1), ("other version", file.replacingLine(1, with: "hexi/batch-proof@v2"), 1),
            ("a log proof", try ProofLog(7).proof(4).bytes, 1), ("CRLF", file.replacingLine(2, with: "record YWJj\r"), 2),
            ("no record", file.replacingLine(2, with: nil), 2), ("record not base64", file.replacingLine(2, with: "record YWJ"), 2),
            ("empty record", file.replacingLine(2, with: "record "), 2), ("index with zeros", file.replacingLine(3, with: "index 02"), 3),
            ("no size", file.replacingLine(4, with: nil), 4), ("size not above index", file.replacingLine(4, with: "size 2"), 4),
            ("size too large", file.replacingLine(4, with: "size 18446744073709551615"), 4), ("order", file.replacingLine(3, with: "size 4").replacingLine(4, with: "index 2"), 3),
            ("bad hash", file.replacingLine(5, with: "AAAA"), 5), ("no empty line", file.replacingLine(7, with: nil), 7),
        ]
        for (name, bytes, line) in cases {
            let error = #expect(throws: BatchProofError.self, "\(name)") { try BatchProof(bytes) }
            guard case .malformed(let found, _) = error else {
                Issue.record("\(name): \(String(describing: error))")
                continue
            }
            #expect(found == line, "\(name)")
        }
        let noLogHeader = #expect(throws: BatchProofError.self) { try BatchProof(file.replacingLine(8, with: "x")) }
        guard case .log(.malformed(8, _)) = noLogHeader else {
            Issue.record("\(String(describing: noLogHeader))")
            return
        }
        #expect(throws: BatchProofError.noEntry) { try BatchProof(file.replacingLine(9, with: nil)) }
        let large = [UInt8](repeating: 0x41, count: BatchProof.maximumLength + 1)
        #expect(throws: BatchProofError.tooLong(bytes: large.count)) { try BatchProof(large) }
    }

    @Test func recordsOutsideTheLimitsAreRefused() throws {
        var tree = BatchTree()
        #expect(throws: BatchProofError.badRecord(bytes: 0)) { try tree.append([]) }
        #expect(throws: BatchProofError.badRecord(bytes: 65_536)) { try tree.append([UInt8](repeating: 1, count: 65_536)) }
        #expect(tree.count == 0)
        try tree.append([UInt8](repeating: 1, count: 65_535))
        let proof = try BatchProof(
            record: [UInt8](repeating: 1, count: 65_535), inclusion: try tree.inclusion(of: 0), log: try ProofLog(1).proof(0))
        #expect(try BatchProof(proof.bytes) == proof)
    }

    @Test func whateverByteIsChangedTheRecordIsNoLongerProved() throws {
        let records = records(6)
        let (original, commitment) = (try proof(3, of: records), try tree(records).commitment)
        let file = original.bytes
        for position in file.indices {
            for mask: UInt8 in [0x01, 0x20, 0x80] {
                var changed = file
                changed[position] ^= mask
                guard let proof = try? BatchProof(changed) else { continue }
                #expect(proof.bytes == changed)
                // What is left of the first half proves nothing else; the second half is the log proof's own.
                let isProved = (try? proof.verifyRecord(in: commitment)) != nil
                #expect(!isProved || proof.log != original.log, "byte \(position), mask \(mask)")
            }
        }
    }
}
