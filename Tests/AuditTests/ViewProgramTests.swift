import Encoding
import Exchange
import Foundation
import Testing
import TransparencyLog

/// `show`, `reconcile` and `report` of the built program.
@Suite struct ViewProgramTests {
    private static func ledger(forged: Bool = false) throws -> (TestSpace, TestFolder) {
        var space = TestSpace()
        try space.liveThroughEverything()
        var contents = space.records.map(\.content)
        if forged { contents[10] = contents[10].replacing("\"amount\":1250", with: "\"amount\":9250") }
        let writer = JournalWriter(contents: contents)
        return (space, try TestFolder(writer.journal, writer.checkpoint(space.signer)))
    }

    private static func subject(_ type: EventType, _ space: TestSpace) throws -> String {
        try #require(space.records.first { $0.event.type == type }).event.subject
    }

    @Test func showTellsALifeWithProofs() throws {
        let (space, folder) = try Self.ledger()
        let contract = try Self.subject(.contractOffered, space)
        let proofs = try TestFolder()
        defer { try? FileManager.default.removeItem(atPath: proofs.path) }
        let output = try ProgramTests.run("$P show \(contract) $L --proofs \(proofs.path)/p", ledger: folder.path)
        #expect(output.status == 0)
        for text in ["(contract, ended)", "6 entries of 23.", "6 proofs written", "SOUND: 23 entries", "every party has signed", "proven"] {
            #expect(output.text.contains(text), "\(text) is missing in \(output.text)")
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(proofs.path)/p/audit.example-log-10.tlog-proof"))
        #expect(try LogProof(Array(bytes)).extra == JournalWriter(space).entries[10])
        let json = try JSONValue.parse(try ProgramTests.run("$P show \(contract) $L --json", ledger: folder.path).text)
        #expect(json["verdict"]?.stringValue == "sound")
        #expect(json["entries"]?.arrayValue?.count == 6)
        #expect(json["entries"]?.arrayValue?.first?["proof"]?.stringValue == "included")
    }

    @Test func showOfANumberShowsThatEntry() throws {
        let (space, folder) = try Self.ledger()
        let output = try ProgramTests.run("$P show 10 $L", ledger: folder.path)
        #expect(output.status == 0)
        for text in ["run.completed", "12.50 CNY", "Signed by   Insurer", "\"kind\": \"run-request\""] {
            #expect(output.text.contains(text), "\(text) is missing in \(output.text)")
        }
        let json = try JSONValue.parse(try ProgramTests.run("$P show 10 $L --json", ledger: folder.path).text)
        #expect(json["stored"]?.stringValue.map { Array($0.utf8) } == JournalWriter(space).entries[10])
        let beyond = try ProgramTests.run("$P show 23 $L 2>&1", ledger: folder.path)
        #expect(beyond.status == 1)
        #expect(beyond.text.contains("the ledger has the entries 0 to 22"))
    }

    @Test func showOfAMistypedIdentifierSaysWhatMayBeMeant() throws {
        let (space, folder) = try Self.ledger()
        let contract = try Self.subject(.contractOffered, space)
        let mistyped = contract.dropLast() + (contract.hasSuffix("0") ? "1" : "0")
        let output = try ProgramTests.run("$P show \(mistyped) $L 2>&1", ledger: folder.path)
        #expect(output.status == 64)
        #expect(output.text.contains("did you mean \(contract)?"))
        let stranger = Identifier(kind: .product, prefix: TestSpace.prefix, payload: [1])
        let absent = try ProgramTests.run("$P show \(stranger) $L 2>&1", ledger: folder.path)
        #expect(absent.status == 1)
        #expect(absent.text.contains("no entry of the ledger has to do with"))
    }

    @Test func ofAnUnsoundLedgerTheVerdictComesFirst() throws {
        let (space, folder) = try Self.ledger(forged: true)
        let product = try Self.subject(.productListed, space)
        let folderPath = folder.path
        for command in ["show \(product)", "show 5", "reconcile", "report --output \(folderPath)/report.html"] {
            let output = try ProgramTests.run("$P \(command) $L", ledger: folderPath)
            #expect(output.status == 1)
            #expect(output.text.contains("TAMPERED OR INCONSISTENT"), "\(command): \(output.text)")
            #expect(output.text.contains("entry 10 (run.completed"))
            if !command.hasPrefix("report") { #expect(output.text.hasPrefix("TAMPERED")) }
        }
        try FileManager.default.removeItem(atPath: folderPath + "/report.html")
    }

    @Test func reconcileGivesTheAccountsInThreeForms() throws {
        let (space, folder) = try Self.ledger()
        let contract = try Self.subject(.contractOffered, space)
        let output = try ProgramTests.run("$P reconcile $L", ledger: folder.path)
        #expect(output.status == 0)
        for text in ["RECONCILED", "1 completed, 2 refused", "Total by payee", "12.50 CNY", contract] {
            #expect(output.text.contains(text), "\(text) is missing in \(output.text)")
        }
        let json = try JSONValue.parse(
            try ProgramTests.run("$P reconcile $L --json --contract \(contract)", ledger: folder.path).text)
        #expect(json["verdict"]?.stringValue == "reconciled")
        #expect(json["total"]?["recomputed"]?.integerValue == 1250)
        let csv = try ProgramTests.run("$P reconcile $L --csv", ledger: folder.path)
        #expect(csv.text.split(separator: "\r\n").count == 2)
        let empty = try JSONValue.parse(
            try ProgramTests.run("$P reconcile $L --json --from 2030-01-01", ledger: folder.path).text)
        #expect(empty["total"]?["uses"]?.integerValue == 0)
        #expect(try ProgramTests.run("$P reconcile $L --from tomorrow 2>/dev/null", ledger: folder.path).status == 64)
        #expect(try ProgramTests.run("$P reconcile $L --json --csv 2>/dev/null", ledger: folder.path).status == 64)
        let stranger = Identifier(kind: .contract, prefix: TestSpace.prefix, payload: [1])
        #expect(try ProgramTests.run("$P reconcile $L --contract \(stranger) 2>/dev/null", ledger: folder.path).status == 1)
    }

    @Test func reportWritesItsFileOnceUnlessForced() throws {
        let (_, folder) = try Self.ledger()
        let path = folder.path + "/report.html"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = try ProgramTests.run("$P report $L -o \(path) --language zh", ledger: folder.path)
        #expect(output.status == 0)
        #expect(output.text.contains("The report is in \(path)."))
        let html = try String(contentsOfFile: path, encoding: .utf8)
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("账本完好"))
        #expect(try ProgramTests.run("$P report $L -o \(path) 2>&1", ledger: folder.path).status == 2)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == html)
        #expect(try ProgramTests.run("$P report $L -o \(path) --force --language en", ledger: folder.path).status == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("The ledger is sound"))
        #expect(try ProgramTests.run("$P report $L -o \(folder.path)/no/where.html 2>&1", ledger: folder.path).status == 2)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(left == ["checkpoint", "journal", "report.html"])
    }

    @Test func theCommandsExplainThemselves() throws {
        for command in ["show", "reconcile", "report"] {
            let output = try ProgramTests.run("$P \(command) --help")
            #expect(output.status == 0)
            #expect(output.text.contains("hexi-audit \(command)"))
            #expect(try ProgramTests.run("$P \(command) 2>/dev/null").status == 64)
            #expect(try ProgramTests.run("$P \(command)\(command == "show" ? " 1" : command == "report" ? " -o /tmp/x" : "") /nonexistent 2>/dev/null").status == 2)
        }
    }
}
