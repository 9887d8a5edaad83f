import Encoding
import Exchange
import Foundation
import Testing

/// `export`, `dump` and `check` of the built program.
@Suite struct ExportProgramTests {
    private static func place() throws -> (ExportTests.Place, key: String) {
        let place = try ExportTests.Place()
        let policy = "log \(try place.space.signer.verifier)\nquorum none\n"
        try policy.write(toFile: "\(place.path)/policy", atomically: true, encoding: .utf8)
        return (place, try place.space.signer.verifier.description)
    }

    @Test func aWholeLedgerIsExportedOnceAndCheckedWithoutIt() throws {
        let (place, key) = try Self.place()
        let bundle = "\(place.path)/whole.tar"
        let output = try ProgramTests.run("$P export $L -o \(bundle) --policy \(place.path)/policy --note 'Case 17'", ledger: place.ledger.path)
        #expect(output.status == 0)
        #expect(output.text.contains("SOUND: 23 entries") && output.text.contains("23 entries, is in \(bundle)."))
        #expect(try ProgramTests.run("$P export $L -o \(bundle) 2>&1", ledger: place.ledger.path).status == 2)
        for name in ["journal", "checkpoint"] { try FileManager.default.removeItem(atPath: "\(place.ledger.path)/\(name)") }
        for command in ["check \(bundle) --policy \(place.path)/policy", "verify \(bundle) --vkey '\(key)'", "verify \(bundle)"] {
            let output = try ProgramTests.run("$P \(command)")
            #expect(output.status == 0, "\(command)")
            #expect(output.text.contains("SOUND: 23 entries"))
        }
        #expect(try ProgramTests.run("tar -xOf \(bundle) README.txt").text.contains("Case 17"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() == ["policy", "whole.tar"])
    }

    @Test func aContractsEvidenceIsCheckedByPolicyAlone() throws {
        let (place, _) = try Self.place()
        let contract = try place.subject(.contractOffered)
        let bundle = "\(place.path)/case.tar"
        let json = try JSONValue.parse(
            try ProgramTests.run("$P export $L --output \(bundle) --id \(contract) --entry 3 --json", ledger: place.ledger.path).text)
        #expect(json["verdict"]?.stringValue == "sound")
        #expect(json["bundleEntries"]?.integerValue == 10)
        let check = try ProgramTests.run("$P check \(bundle) --policy \(place.path)/policy")
        #expect(check.status == 0)
        for text in ["10 of the log's 23 entries", "Signatures on statements", "SOUND as far as checked"] {
            #expect(check.text.contains(text), "\(text) is missing in \(check.text)")
        }
        #expect(try ProgramTests.run("$P check \(bundle) 2>/dev/null").status == 64)
        #expect(try ProgramTests.run("$P verify \(bundle) 2>&1").text.contains("give --policy or --vkey"))
        var bytes = Array(try #require(FileManager.default.contents(atPath: bundle)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: bundle))
        #expect(try ProgramTests.run("$P check -q \(bundle) --policy \(place.path)/policy").status == 1)
    }

    @Test func whatCannotBeExportedIsSaid() throws {
        let (place, _) = try Self.place()
        let stranger = Identifier(kind: .product, prefix: TestSpace.prefix, payload: [1])
        for (options, status, text) in [
            ("--id \(stranger)", 1, "nothing for \(stranger)"), ("--entry 23", 1, "nothing for entry 23"),
            ("--entry x", 64, "the number of an entry"), ("--entry 1 --even-if-unsound", 64, "cannot be proved"),
            ("--note \"$(printf 'a\\nb')\"", 64, "one line"),
        ] as [(String, Int32, String)] {
            let output = try ProgramTests.run("$P export $L -o \(place.path)/x.tar \(options) 2>&1", ledger: place.ledger.path)
            #expect(output.status == status, "\(options)")
            #expect(output.text.contains(text), "\(options): \(output.text)")
        }
        var journal = place.writer.journal
        journal[place.writer.ranges[10].lowerBound + 700] ^= 1
        try place.ledger.write("journal", journal)
        let refused = try ProgramTests.run("$P export $L -o \(place.path)/x.tar", ledger: place.ledger.path)
        #expect(refused.status == 1)
        #expect(refused.text.contains("TAMPERED") && refused.text.contains("Nothing was exported."))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["policy"])
        let forced = try ProgramTests.run("$P export $L -o \(place.path)/x.tar --even-if-unsound", ledger: place.ledger.path)
        #expect(forced.status == 1)
        #expect(forced.text.contains("10 entries of the unsound ledger"))
        #expect(try ProgramTests.run("$P verify \(place.path)/x.tar").status == 1)
    }

    @Test func aDumpIsOneEntryALine() throws {
        let (place, key) = try Self.place()
        let lines = place.writer.entries.map { String(decoding: $0, as: UTF8.self) }
        let whole = try ProgramTests.run("$P dump $L --vkey '\(key)' 2>/dev/null", ledger: place.ledger.path)
        #expect(whole.status == 0)
        #expect(whole.text == lines.joined(separator: "\n") + "\n")
        let part = try ProgramTests.run("$P dump $L --from 20 --to 21 -q 2>&1", ledger: place.ledger.path)
        #expect(part.text == lines[20...21].joined(separator: "\n") + "\n")
        #expect(try ProgramTests.run("$P dump $L --from 5 --to 4 2>/dev/null", ledger: place.ledger.path).status == 64)
        #expect(try ProgramTests.run("$P dump $L --from 23 2>/dev/null", ledger: place.ledger.path).status == 2)
        #expect(try ProgramTests.run("$P dump $L > /dev/full 2>/dev/null", ledger: place.ledger.path).status == 2)
        var writer = place.writer
        writer.entries[22][300] ^= 1
        try place.ledger.write("journal", writer.journal)
        let bad = try ProgramTests.run("$P dump $L 2>&1 >/dev/null", ledger: place.ledger.path)
        #expect(bad.status == 1)
        #expect(bad.text.contains("TAMPERED"))
    }

    @Test func aReaderThatStopsReadingEndsADumpQuietly() throws {
        let place = try ExportTests.Place { space in
            let parties = try space.openForRuns(maximumRuns: 5000)
            for _ in 0..<300 { try space.run(parties) }
        }
        // Far more than a pipe holds.
        let status = try ProgramTests.run(
            "{ $P dump -q $L 2>&1; echo \"exit $?\" > \(place.path)/status; } | head -n 1 | wc -l; cat \(place.path)/status",
            ledger: place.ledger.path)
        #expect(status.text == "1\nexit 2\n")
    }

    @Test func theCommandsExplainThemselves() throws {
        for command in ["export", "dump"] {
            let output = try ProgramTests.run("$P \(command) --help")
            #expect(output.status == 0)
            #expect(output.text.contains("hexi-audit \(command)"))
            #expect(try ProgramTests.run("$P \(command) 2>/dev/null").status == 64)
        }
        #expect(try ProgramTests.run("$P dump /nonexistent 2>/dev/null").status == 2)
        #expect(try ProgramTests.run("$P export /nonexistent -o /tmp/hexi-never.tar 2>/dev/null").status == 2)
    }
}
