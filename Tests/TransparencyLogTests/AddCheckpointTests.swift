import Encoding
import Signing
import Testing
import TransparencyLog

@Suite struct AddCheckpointTests {
    /// The example of C2SP tlog-witness.
    private let example = """
        old 20852014
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=

        """
    private let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="

    private func note() throws -> String { String(decoding: try Witnessing.checkpoint(size: 5).signed(by: try Witnessing.log()).bytes, as: UTF8.self) }

    @Test func theExampleOfTheSpecificationIsReadAndWrittenBack() throws {
        let request = try AddCheckpointRequest(Array(example.utf8))
        #expect(request.oldSize == 20_852_014)
        #expect(request.proof.count == 4)
        #expect(try Checkpoint(text: request.note.text).size == 20_852_163)
        #expect(request.note.signatures.count == 2)
        #expect(String(decoding: request.bytes, as: UTF8.self) == example)
    }

    @Test func everyDeviationIsRefusedWithItsLine() throws {
        let note = try note()
        let bad: [(String, AddCheckpointError)] = [
            ("", .badOldSize(line: "")), ("old 5", .badOldSize(line: "")), ("old\n\n\(note)", .badOldSize(line: "old")),
            ("old \n\n\(note)", .badOldSize(line: "old ")), ("old  5\n\n\(note)", .badOldSize(line: "old  5")),
            ("old 05\n\n\(note)", .badOldSize(line: "old 05")), ("old +5\n\n\(note)", .badOldSize(line: "old +5")),
            ("Old 5\n\n\(note)", .badOldSize(line: "Old 5")), ("old 5 \n\n\(note)", .badOldSize(line: "old 5 ")),
            ("old 5\r\n\n\(note)", .badOldSize(line: "old 5\r")), ("old 1e3\n\n\(note)", .badOldSize(line: "old 1e3")),
            ("old 18446744073709551616\n\n\(note)", .badOldSize(line: "old 18446744073709551616")),
            ("5\n\n\(note)", .badOldSize(line: "5")), ("\n\(note)", .badOldSize(line: "")),
            ("old 5\n", .noEmptyLine(line: 2)), ("old 5\n\(hash)\n", .noEmptyLine(line: 3)), ("old 5\n\(hash)", .noEmptyLine(line: 2)),
            ("old 5\nabc\n\n\(note)", .badHash(line: 2)), ("old 5\n\(hash)\n\(hash) \n\n\(note)", .badHash(line: 3)),
            ("old 5\n\(hash.dropLast())\n\n\(note)", .badHash(line: 2)), ("old 5\n\(note)", .badHash(line: 2)),
        ]
        for (text, expected) in bad {
            #expect(throws: expected, "\(text)") { try AddCheckpointRequest(Array(text.utf8)) }
        }
        for text in ["old 5\n\n", "old 5\n\nnot a note\n", "old 5\n\n\n\(note)x"] {
            #expect(throws: AddCheckpointError.self, "\(text)") { try AddCheckpointRequest(Array(text.utf8)) }
        }
    }

    @Test func sixtyThreeHashesAreReadAndNoMore() throws {
        func body(_ count: Int) throws -> [UInt8] {
            Array(("old 5\n" + String(repeating: hash + "\n", count: count) + "\n" + (try note())).utf8)
        }
        #expect(try AddCheckpointRequest(try body(63)).proof.count == 63)
        #expect(throws: AddCheckpointError.tooManyHashes) { try AddCheckpointRequest(try body(64)) }
    }

    @Test func aRequestThatIsTooLongIsRefusedUnread() {
        let bytes = [UInt8](repeating: 0x0A, count: AddCheckpointRequest.maximumLength + 1)
        #expect(throws: AddCheckpointError.tooLong(count: bytes.count)) { try AddCheckpointRequest(bytes) }
    }

    @Test func whatIsReadIsWhatIsWritten() throws {
        var generator = FixedGenerator(seed: 77)
        for count in 0..<64 {
            let proof = (0..<count).map { _ in SHA256.hash([UInt8.random(in: 0...255, using: &generator)]) }
            let request = AddCheckpointRequest(
                oldSize: generator.next(), proof: proof,
                note: try Witnessing.checkpoint(size: UInt64(count)).signed(by: try Witnessing.log()))
            #expect(try AddCheckpointRequest(request.bytes) == request)
        }
    }

    @Test func aConflictsSizeIsReadStrictly() {
        let good: [(String, UInt64)] = [("0\n", 0), ("20852163\n", 20_852_163), ("18446744073709551615\n", .max)]
        for (text, size) in good { #expect(AddCheckpointRequest.size(inConflictBody: Array(text.utf8)) == size) }
        for text in ["", "\n", "5", "05\n", "-5\n", "5\n\n", "5 \n", " 5\n", "x\n", "18446744073709551616\n", "{\"size\":5}\n"] {
            #expect(AddCheckpointRequest.size(inConflictBody: Array(text.utf8)) == nil, "\(text)")
        }
    }
}
