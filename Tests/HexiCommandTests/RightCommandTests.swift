import CommandLineInterface
import Encoding
import Exchange
import HTTPTransport
import Signing
import Testing

@testable import hexi

@Suite struct RightCommandTests {
    private static let right = identifier(.right, 1)
    private static let resource = identifier(.resource, 1)
    private static let other = identifier(.participant, 9)

    /// A node that records whatever it gets, and takes files.
    private static func bench(answers: Bool = true, refusesEvidence: Bool = false) throws -> CommandBench {
        try CommandBench(answers: answers) { request in
            if request.target == "/api/v1/space" { return ScriptedNode.json(200, ScriptedNode.space) }
            if request.method == "PUT" {
                return refusesEvidence ? ScriptedNode.problem("disk-full", 507) : ScriptedNode.json(201, ["duplicate": false])
            }
            if request.method == "POST" {
                return ScriptedNode.json(201, ["identifier": .string(right.text), "duplicate": false])
            }
            if request.target.hasPrefix("/api/v1/participants/") { return ScriptedNode.json(200, ["name": "The \u{1B}[31mbank"]) }
            return ScriptedNode.problem("not-found", 404)
        }
    }

    private static func sent(_ bench: CommandBench) throws -> SignedStatement {
        try SignedStatement(try #require(bench.node.requests.last { $0.method == "POST" }).statement)
    }

    @Test("An application says what the command line says, shows it before it is signed, and its evidence follows with its salt")
    func applying() async throws {
        let bench = try Self.bench()
        let file = "\(bench.folder.path)/deed.pdf"
        try LocalFiles.write(Array("%PDF-1.7 deed".utf8), to: file)
        let status = await bench.run(
            "right", "apply", "--over", Self.resource.text, "--kind", "holding", "--title", "zh=航班", "--ground", "purchased", "--until",
            "2027-12-31", "--territory", "Gansu", "--exclusive", "--evidence", "deed=\(file)")
        #expect(status == .success, "\(bench.error)")
        let statement = try Self.sent(bench)
        guard case .right(.application(let application)) = statement.content else {
            Issue.record("sent a \(statement.kind)")
            return
        }
        #expect(application.kind == .holding && application.over == Self.resource && application.holder == bench.participant)
        #expect(application.isExclusive && application.territory == "Gansu" && application.ground == .purchased)
        #expect(application.term == .until(try #require(Timestamp("2027-12-31T23:59:59.999Z"))))
        let evidence = try #require(application.evidence.first)
        #expect(evidence.kind == "deed" && evidence.name == "deed.pdf" && evidence.mediaType == "application/pdf" && evidence.size == 13)
        for text in ["You apply for a right", "航班", "Gansu", evidence.sha256] { #expect(bench.error.contains(text)) }
        let upload = try #require(bench.node.requests.last)
        #expect(upload.method == "PUT" && upload.target == "/api/v1/evidence/\(evidence.sha256)")
        #expect(try EvidenceBox(Profile(directory: bench.folder.path)).waiting.isEmpty)
    }

    @Test("Evidence that the node does not take stays with the very bytes that the statement names")
    func evidenceIsKept() async throws {
        let bench = try Self.bench(refusesEvidence: true)
        let file = "\(bench.folder.path)/a.txt"
        try LocalFiles.write(Array("content".utf8), to: file)
        #expect(await bench.run("right", "object", Self.right.text, "--ground", "better-right", "--statement", "Ours", "--evidence", "deed=\(file)") != .success)
        let box = EvidenceBox(try Profile(directory: bench.folder.path))
        let digest = try #require(box.waiting.first)
        #expect(SHA256.hash(try LocalFiles.read("\(box.directory)/\(digest)")).description == digest)
        #expect(bench.error.contains("hexi evidence put"))
        guard case .right(.objection(let objection)) = try Self.sent(bench).content else { return #expect(Bool(false)) }
        #expect(objection.evidence.map(\.sha256) == [digest])
    }

    @Test("Nothing is sent, and no evidence kept, where the user does not agree")
    func declined() async throws {
        let bench = try Self.bench(answers: false)
        let file = "\(bench.folder.path)/a.txt"
        try LocalFiles.write(Array("content".utf8), to: file)
        #expect(await bench.run("right", "object", Self.right.text, "--ground", "other", "--statement", "Ours", "--evidence", "deed=\(file)") == .negative)
        #expect(!bench.node.requests.contains { $0.method == "POST" })
        #expect(EvidenceBox(try Profile(directory: bench.folder.path)).waiting.isEmpty)
    }

    @Test("What two sign goes between them as a file, in the bytes that the first has signed, and each sees it in plain words")
    func twoSigners() async throws {
        let first = try Self.bench()
        let file = "\(first.folder.path)/offer.json"
        #expect(await first.run("right", "transfer", Self.right.text, "--to", Self.other.text, "--out", file, "--valid-days", "3") == .success, "\(first.error)")
        #expect(!first.node.requests.contains { $0.method == "POST" })
        #expect(first.error.contains("passes to another holder") && first.error.contains("[31mbank") && !first.error.contains("\u{1B}"))
        let offered = try StatementFile(readingFrom: file).statement
        #expect(offered.header.acceptUntil == CommandBench.now.advanced(byMilliseconds: 3 * 86_400_000))

        // The other party has another key.
        let other = SigningKey.generate()
        let second = try Self.bench()
        try LocalFiles.write(try LocalFiles.read(file), to: "\(second.folder.path)/offer.json")
        LocalFiles.remove(Profile.keyPath(in: second.folder.path))
        try KeyFile.write(other, to: Profile.keyPath(in: second.folder.path), passphrase: nil)
        #expect(await second.run("right", "sign", "\(second.folder.path)/offer.json") == .success, "\(second.error)")
        let sent = try Self.sent(second)
        #expect(sent.payload == offered.payload)
        #expect(Set(sent.keyIdentifiers) == [first.key.keyIdentifier, other.keyIdentifier])
        #expect(second.node.requests.last?.target == "/api/v1/rights/\(Self.right)/transfers")
        #expect(second.error.contains("passes to another holder"))
    }

    @Test(
        "A slip on the command line is refused with what would be right, and nothing is sent",
        arguments: [
            (["right", "transfer", "RIGHT", "--to", "OTHER"], "--out FILE"),
            (["right", "transfer", "RIGHT", "--to", "RIGHT", "--out", "x"], "does not name a participant"),
            (["right", "split", "RIGHT", "--part", "1/2=OTHER"], "2 to 32"),
            (["right", "split", "RIGHT", "--part", "0/2=OTHER", "--part", "1/2=OTHER"], "such as 1/3"),
            (["right", "split", "RIGHT", "--part", "3/2=OTHER", "--part", "1/2=OTHER"], "such as 1/3"),
            (["right", "merge", "RIGHT"], "2 to 32"),
            (["right", "check", "RIGHT", "fail"], "--ground"),
            (["right", "check", "RIGHT", "maybe"], "pass or fail"),
            (["right", "decide", "RIGHT", "grant", "--ground", "other"], "only a refusal"),
            (["right", "renew", "RIGHT"], "--until DAY"),
            (["right", "renew", "RIGHT", "--months", "1", "--until", "2027-01-01"], "either"),
            (["right", "apply", "--over", "RIGHT", "--kind", "holding", "--title", "en=x", "--ground", "derived", "--months", "1"], "a resource (R…) or a product (D…)"),
            (["right", "object", "RIGHT", "--ground", "other", "--statement", "x", "--evidence", "A B=x"], "lower-case"),
            (["right", "object", "RIGHT", "--ground", "other", "--statement", "x", "--evidence", "deed=/nothing/here"], "/nothing/here"),
            (["right", "sign", "/nothing/here"], "/nothing/here"),
            (["right", "show", "86.gs.test/T0"], "is not an identifier"),
        ] as [([String], String)])
    func slips(_ words: [String], _ mention: String) async throws {
        let bench = try Self.bench()
        let words = words.map { $0.replacing("RIGHT", with: Self.right.text).replacing("OTHER", with: Self.other.text) }
        let status = await HexiProgram.program(bench.environment).run(words + ["--profile", bench.folder.path])
        #expect(status != .success)
        #expect((bench.error + bench.output).contains(mention), "\(bench.error)")
        #expect(!bench.node.requests.contains { $0.method == "POST" })
    }

    @Test("Shares are read as people write them and sent in lowest terms")
    func shares() async throws {
        let bench = try Self.bench()
        #expect(await bench.run("right", "split", Self.right.text, "--part", "2/6=\(bench.participant)", "--part", "4/6=\(bench.participant)") == .success, "\(bench.error)")
        guard case .right(.split(let split)) = try Self.sent(bench).content else { return #expect(Bool(false)) }
        #expect(split.parts.map(\.share.description) == ["1/3", "2/3"])
    }

    @Test("A verified certificate gives exit code 0, and any other 1")
    func verifying() async throws {
        for (valid, status) in [(true, ExitCode.success), (false, .negative)] {
            let bench = try CommandBench { request in
                let register: JSONValue = ["valid": .bool(valid), "standing": "frozen", "number": .string(Self.right.text)]
                if request.method == "GET" { return ScriptedNode.json(200, register) }
                return ScriptedNode.json(200, ["genuine": true, "current": true, "valid": .bool(valid), "register": register])
            }
            #expect(await bench.run("right", "verify", Self.right.text) == status)
            let file = "\(bench.folder.path)/c.jwt"
            try LocalFiles.write(Array("a.b.c".utf8), to: file)
            #expect(await bench.run("right", "verify", file) == status)
            #expect(bench.node.requests.last?.bytes == Array("a.b.c".utf8))
            #expect(bench.node.requests.last?.headers["Signature"] == nil, "to verify takes no key")
            #expect(bench.output.contains(valid ? "VALID" : "NOT VALID"))
        }
    }
}
