import Encoding
import Glibc
import Signing
import Synchronization
import Testing
import TransparencyLog

/// The built program, run as an auditor runs it.
@Suite struct ProgramTests {
    struct Output {
        var status: Int32
        var text: String
    }

    /// The program beside the running test bundle; tests are built with it.
    static func program() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let candidates = [own.split(separator: "/").dropLast().map { "/" + $0 }.joined(), root + "/.build/debug"]
        return try #require(candidates.map { $0 + "/hexi-audit" }.first { access($0, X_OK) == 0 })
    }

    /// Runs a shell command; `$P` is the program, `$L` the ledger.
    static func run(_ command: String, ledger: String = "/nonexistent") throws -> Output {
        let whole = "P='\(try program())'; L='\(ledger)'; \(command)"
        guard let pipe = popen(whole, "re") else { return Output(status: -1, text: "") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return Output(status: pclose(pipe) >> 8 & 0xFF, text: String(decoding: bytes, as: UTF8.self))
    }

    private static func ledger() throws -> (TestSpace, JournalWriter, TestFolder) {
        var space = TestSpace()
        let parties = try space.openForRuns()
        try space.run(parties)
        let writer = JournalWriter(space)
        return (space, writer, try TestFolder(writer.journal, writer.checkpoint(space.signer)))
    }

    @Test func itLinksNeitherTheDatabaseNorTheServer() throws {
        let output = try Self.run("ldd $P")
        #expect(output.status == 0)
        #expect(output.text.contains("libcurl"))
        #expect(!output.text.contains("libpq"))
        #expect(!output.text.contains("libmicrohttpd"))
        #expect(!output.text.contains("libsqlite3"))
    }

    @Test func aSoundLedgerExitsWithZeroAndShowsWhatWasChecked() throws {
        let (space, writer, folder) = try Self.ledger()
        let key = try space.signer.verifier.description
        let output = try Self.run("$P verify $L --vkey '\(key)'", ledger: folder.path)
        #expect(output.status == 0)
        for text in ["SOUND: 11 entries", writer.root.description, TestSpace.prefix, "审计空间", "12.50 CNY", "pinned key"] {
            #expect(output.text.contains(text))
        }
        #expect(!output.text.contains("BAD"))
    }

    @Test func aTamperedLedgerExitsWithOneAndNamesTheEntry() throws {
        let (space, writer, _) = try Self.ledger()
        var journal = writer.journal
        journal[writer.ranges[10].lowerBound + 700] ^= 1
        let folder = try TestFolder(journal, writer.checkpoint(space.signer))
        let output = try Self.run("$P verify $L", ledger: folder.path)
        #expect(output.status == 1)
        #expect(output.text.contains("TAMPERED"))
        #expect(output.text.contains("entry 10 (run.completed, \(space.records[10].event.subject))"))
        #expect(output.text.contains("at byte \(writer.ranges[10].lowerBound) of the journal"))
        let json = try JSONValue.parse(try Self.run("$P verify --json $L", ledger: folder.path).text)
        #expect(json["verdict"]?.stringValue == "tampered")
        #expect(json["problem"]?["seq"]?.integerValue == 10)
        #expect(json["problem"]?["check"]?.stringValue == "frame")
        #expect(json["root"] == nil)
        let quiet = try Self.run("$P verify -q $L 2>&1", ledger: folder.path)
        #expect(quiet.status == 1)
        #expect(quiet.text.isEmpty)
    }

    @Test func jsonOfASoundLedgerHoldsTheCounts() throws {
        let (_, writer, folder) = try Self.ledger()
        let output = try Self.run("$P verify $L --json", ledger: folder.path)
        let json = try JSONValue.parse(output.text)
        #expect(json["verdict"]?.stringValue == "sound")
        #expect(json["entries"]?.integerValue == 11)
        #expect(json["root"]?.stringValue == writer.root.description)
        #expect(json["counts"]?["charges"]?.integerValue == 1250)
        #expect(json["counts"]?["entriesByType"]?["run.completed"]?.integerValue == 1)
        #expect(json["checkpoint"]?["keyPinned"]?.boolValue == false)
    }

    @Test func whatCannotBeCheckedExitsWithTwo() throws {
        for source in ["$L", "http://127.0.0.1:1"] {
            let output = try Self.run("$P verify \(source) 2>&1")
            #expect(output.status == 2)
            #expect(output.text.contains("could not check"))
        }
        let json = try Self.run("$P verify --json $L 2>/dev/null")
        #expect(json.status == 2)
        #expect(try JSONValue.parse(json.text)["verdict"]?.stringValue == "unchecked")
    }

    @Test func aWrongCommandLineExitsWithSixtyFour() throws {
        #expect(try Self.run("$P verify 2>/dev/null").status == 64)
        #expect(try Self.run("$P verify --vkey nonsense $L 2>/dev/null").status == 64)
        #expect(try Self.run("$P verfy $L 2>&1").text.contains("did you mean verify?"))
    }

    @Test func helpVersionAndCompletionAreThere() throws {
        #expect(try Self.run("$P --help").text.contains("verify"))
        #expect(try Self.run("$P verify --help").text.contains("--vkey"))
        #expect(try Self.run("$P version").text.hasPrefix("hexi-audit "))
        #expect(try Self.run("$P completion bash").text.contains("hexi-audit"))
    }

    @Test func ctrlCEndsItWithOneHundredAndThirty() throws {
        // A node that takes the connection and never answers keeps the program waiting.
        let silent = try TestServer { _ in
            sleep(20)
            return .init(status: 503)
        }
        defer { silent.stop() }
        let output = try Self.run("$P verify \(silent.url) & pid=$!; sleep 1; kill -INT $pid; wait $pid")
        #expect(output.status == 130)
    }

    @Test func anAuditStoppedByCtrlCGoesOnWithItsStateFile() throws {
        let (space, writer) = try TileTests.ledger(runs: 2600)
        let isStalled = Mutex(true)
        let server = try TileTests.serve(try TileTests.files(space, writer)) { name, answer in
            if name.contains("/010"), isStalled.withLock({ $0 }) { sleep(20) }
            return answer
        }
        defer { server.stop() }
        let folder = try TestFolder()
        let command = "$P verify \(server.url) --state \(folder.path)/state"
        let stopped = try Self.run("\(command) 2>&1 & pid=$!; sleep 3; kill -INT $pid; wait $pid")
        #expect(stopped.status == 130)
        #expect(stopped.text.contains("stopped"))
        isStalled.withLock { $0 = false }
        let output = try Self.run(command)
        #expect(output.status == 0)
        #expect(output.text.contains("SOUND: 2,610 entries"))
        #expect(output.text.contains(writer.root.description))
    }

    @Test func theVerdictOfAPolicyIsInTheExitCodeAndInTheJSON() throws {
        let (space, _, folder) = try Self.ledger()
        let witness = try Cosigner(name: "witness.example", key: TestSpace.key(101))
        let policy = "log \(try space.signer.verifier)\nwitness w \(witness.verifier)\nquorum w\n"
        try folder.write("state", Array(policy.utf8))
        let command = "$P verify $L --policy $L/state"
        let unwitnessed = try Self.run("\(command) --json", ledger: folder.path)
        #expect(unwitnessed.status == 1)
        #expect(try JSONValue.parse(unwitnessed.text)["verdict"]?.stringValue == "unwitnessed")
        #expect(try Self.run(command, ledger: folder.path).text.contains("NOT WITNESSED"))
        #expect(try Self.run("\(command) --allow-unwitnessed -q", ledger: folder.path).status == 0)
        #expect(try Self.run("$P verify $L --allow-unwitnessed 2>/dev/null", ledger: folder.path).status == 64)
        var note = try SignedNote(folder.read("checkpoint"))
        note.add(witness.cosign(note.text, at: 1_763_712_000))
        try folder.write("checkpoint", note.bytes)
        let witnessed = try Self.run(command, ledger: folder.path)
        #expect(witnessed.status == 0)
        #expect(witnessed.text.contains("w, at 2025-11-21T08:00:00.000Z"))
    }

    @Test func aForkIsShownWithBothCheckpoints() throws {
        let (space, writer, folder) = try Self.ledger()
        let command = "$P verify $L --state $L/state"
        #expect(try Self.run(command, ledger: folder.path).status == 0)
        let other = try Checkpoint(origin: TestSpace.origin, size: 11, root: SHA256.hash([1])).signed(by: space.signer).bytes
        try folder.write("checkpoint", other)
        let output = try Self.run(command, ledger: folder.path)
        #expect(output.status == 1)
        for note in [try writer.checkpoint(space.signer), other] {
            for line in String(decoding: note, as: UTF8.self).split(separator: "\n") { #expect(output.text.contains(line)) }
        }
    }
}
