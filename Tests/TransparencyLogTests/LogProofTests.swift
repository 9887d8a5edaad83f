import Encoding
import Signing
import Testing
import TransparencyLog

@Suite struct LogProofTests {
    /// Written by hand from the specification: leaf 5 of the shared eight-leaf tree, the checkpoint with a signature that is
    /// well-formed only.
    private static let byHand = """
        c2sp.org/tlog-proof@v1
        extra QEFCQw==
        index 5
        vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=
        yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=
        037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=

        example.com/log
        8
        XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

        \u{2014} example.com/log AAAAAAA=

        """

    @Test func aFileWrittenByHandIsReadAndWrittenBack() throws {
        let proof = try LogProof(Array(Self.byHand.utf8))
        #expect(proof.extra == [0x40, 0x41, 0x42, 0x43])
        #expect(proof.index == 5)
        #expect(proof.path == MerkleVectors.inclusionProofs[2].path)
        #expect(proof.note.signatures.map(\.keyName) == ["example.com/log"])
        #expect(proof.bytes == Array(Self.byHand.utf8))
        let checkpoint = try Checkpoint(text: proof.note.text)
        #expect(checkpoint.root == MerkleVectors.roots[7])
        try proof.verifyInclusion(leafHash: MerkleTree.leafHash(MerkleVectors.leaves[5]), in: checkpoint)
        #expect(throws: LogProofError.self) {
            try proof.verifyInclusion(leafHash: MerkleTree.leafHash(MerkleVectors.leaves[4]), in: checkpoint)
        }
    }

    @Test func theFileMayDoWithoutExtraDataAndWithoutAPath() throws {
        let log = try ProofLog(1)
        let proof = LogProof(extra: [], index: 0, path: [], note: try log.note())
        #expect(proof.extra == nil)
        #expect(String(decoding: proof.bytes, as: UTF8.self).hasPrefix("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/test\n1\n"))
        #expect(try LogProof(proof.bytes) == proof)
    }

    @Test func aCheckpointWithExtensionLinesIsTakenVerbatim() throws {
        let note = try ProofLog(1).note(extensionLines: "more\nand more\n")
        let proof = LogProof(extra: nil, index: 0, path: [], note: note)
        #expect(try LogProof(proof.bytes).note.text == note.text)
    }

    @Test(arguments: Array(1...64)) func everyEntryOfEverySmallLogProvesItself(size: Int) throws {
        let log = try ProofLog(size)
        let checkpoint = try Checkpoint(try log.note(), log: log.signer.verifier)
        for index in 0..<size {
            let proof = try log.proof(index)
            let read = try LogProof(proof.bytes)
            #expect(read == proof)
            let leafHash = try #require(read.entryLeafHash)
            #expect(leafHash == MerkleTree.leafHash(log.entries[index]))
            try read.verifyInclusion(leafHash: leafHash, in: checkpoint)
            for other in Set([0, size / 2, size - 1]) where other != index {
                #expect(throws: LogProofError.self) {
                    try read.verifyInclusion(leafHash: MerkleTree.leafHash(log.entries[other]), in: checkpoint)
                }
            }
        }
    }

    /// Lines: 1 header, 2 extra, 3 index, 4 to 6 hashes, 7 empty, 8 to 10 checkpoint, 11 empty, 12 signature.
    @Test func everyDeviationIsRefusedWithItsLine() throws {
        let file = Array(Self.byHand.utf8)
        let hash = "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="
        let cases: [(String, [UInt8], Int)] = [
            ("empty", [], 1), ("other version", file.replacingLine(1, with: "c2sp.org/tlog-proof@v2"), 1),
            ("leading line", file.insertingLine(1, ""), 1), ("space behind header", file.replacingLine(1, with: LogProof.header + " "), 1),
            ("CRLF", file.replacingLine(3, with: "index 5\r"), 3), ("CRLF header", file.replacingLine(1, with: LogProof.header + "\r"), 1),
            ("extra without data", file.replacingLine(2, with: "extra "), 2), ("extra not base64", file.replacingLine(2, with: "extra QEFCQw"), 2),
            ("extra in URL alphabet", file.replacingLine(2, with: "extra __8="), 2), ("two spaces", file.replacingLine(2, with: "extra  QEFCQw=="), 2),
            ("extra with unused bits", file.replacingLine(2, with: "extra QEFCQx=="), 2), ("unknown line", file.replacingLine(2, with: "more QEFCQw=="), 2),
            ("extra behind index", file.replacingLine(2, with: "index 5").replacingLine(3, with: "extra QEFCQw=="), 3),
            ("extra twice", file.insertingLine(2, "extra QEFCQw=="), 3), ("no index", file.replacingLine(3, with: nil), 3),
            ("index twice", file.insertingLine(3, "index 5"), 4), ("zeros", file.replacingLine(3, with: "index 05"), 3),
            ("sign", file.replacingLine(3, with: "index +5"), 3), ("negative", file.replacingLine(3, with: "index -5"), 3),
            ("no number", file.replacingLine(3, with: "index "), 3), ("too large", file.replacingLine(3, with: "index 18446744073709551616"), 3),
            ("full-width digit", file.replacingLine(3, with: "index ５"), 3), ("short hash", file.replacingLine(4, with: "vBoGQ7E="), 4),
            ("hash with a space", file.replacingLine(5, with: hash + " "), 5), ("hash of 33 bytes", file.replacingLine(5, with: Base64.encode([UInt8](repeating: 1, count: 33))), 5),
            ("no empty line", file.replacingLine(7, with: nil), 7), ("two empty lines", file.insertingLine(7, ""), 8),
            ("size with zeros", file.replacingLine(9, with: "08"), 8), ("root cut", file.replacingLine(10, with: "XcnaeacG"), 8),
            ("signature without name", file.replacingLine(12, with: "\u{2014} AAAAAAA="), 8), ("hyphen", file.replacingLine(12, with: "- example.com/log AAAAAAA="), 8),
            ("no signature", Array(file[..<(file.lastIndex(of: 0xE2) ?? 0)]), 8), ("no last line feed", file.dropLast(), 8),
            ("trailing bytes", file + Array("x\n".utf8), 8), ("trailing empty line", file + [0x0A], 8), ("not UTF-8", file.dropLast() + [0xFF, 0x0A], 8),
        ]
        for (name, bytes, line) in cases {
            let error = #expect(throws: LogProofError.self, "\(name)") { try LogProof(bytes) }
            switch error {
            case .malformed(let found, _), .badNote(let found, _): #expect(found == line, "\(name): \(String(describing: error))")
            default: Issue.record("\(name): \(String(describing: error))")
            }
        }
    }

    @Test func everyCutIsRefused() throws {
        let file = Array(Self.byHand.utf8)
        for count in 0..<file.count { #expect(throws: LogProofError.self) { try LogProof(Array(file[..<count])) } }
    }

    @Test func whatIsReadIsWhatIsWrittenWhateverByteIsChanged() throws {
        let log = try ProofLog(13)
        let (original, checkpoint) = (try log.proof(9), try Checkpoint(try log.note(), log: log.signer.verifier))
        let file = original.bytes
        for position in file.indices {
            for mask: UInt8 in [0x01, 0x20, 0x80] {
                var changed = file
                changed[position] ^= mask
                guard let proof = try? LogProof(changed) else { continue }
                #expect(proof.bytes == changed)
                // Where the file can still be read, either the checkpoint is another one or the entry is no longer proved.
                let isSame = (try? Checkpoint(proof.note, log: log.signer.verifier)) == checkpoint
                let leafHash = proof.entryLeafHash ?? .zero
                let isProved = (try? proof.verifyInclusion(leafHash: leafHash, in: checkpoint)) != nil
                #expect(!(isSame && isProved), "byte \(position), mask \(mask)")
            }
        }
    }

    @Test func aPathLongerThanThatOfAnyTreeIsRefusedWithoutReadingOn() throws {
        let note = try ProofLog(1).note()
        func proof(_ count: Int) -> [UInt8] {
            LogProof(extra: nil, index: 0, path: Array(repeating: .zero, count: count), note: note).bytes
        }
        #expect(throws: Never.self) { try LogProof(proof(63)) }
        #expect(throws: LogProofError.malformed(line: 66, reason: "the path has more than 63 hashes, longer than that of any tree")) {
            try LogProof(proof(64))
        }
        let large = [UInt8](repeating: 0x41, count: LogProof.maximumLength + 1)
        #expect(throws: LogProofError.tooLong(bytes: large.count)) { try LogProof(large) }
    }
}
