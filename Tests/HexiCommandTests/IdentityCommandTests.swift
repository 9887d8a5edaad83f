import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Synchronization
import Testing

@testable import hexi

/// Staff, keys, operators, policy and evidence from the command line, against a scripted node.
@Suite struct IdentityCommandTests {
    private static func accepted(_ subject: Identifier) -> HTTPClientResponse {
        ScriptedNode.json(201, ["identifier": .string(subject.text), "duplicate": false])
    }

    /// A bench whose node takes everything.
    private static func bench(_ script: @escaping ScriptedNode.Script) throws -> CommandBench { try CommandBench(script) }

    private static func statement(_ request: HTTPClientRequest) throws -> SignedStatement {
        let statement = try SignedStatement(request.statement)
        return statement
    }

    private static func profile(_ name: String, in bench: CommandBench, seed: UInt8) throws -> (directory: String, key: SigningKey) {
        let directory = "\(bench.folder.path)/\(name)"
        try LocalFiles.makeFolder(directory)
        let key = try SigningKey(seed: [UInt8](repeating: seed, count: 32))
        try KeyFile.write(key, to: Profile.keyPath(in: directory), passphrase: nil)
        return (directory, key)
    }

    // MARK: Staff

    @Test func aDelegationIsSignedByBothAndMakesTheStaffProfile() async throws {
        let bench = try Self.bench { _ in Self.accepted(identifier(.participant, 1)) }
        let (clerk, key) = try Self.profile("clerk", in: bench, seed: 21)
        let product = identifier(.product, 3)
        let code = await bench.run(
            "staff", "add", "desk 4", "--staff-profile", clerk, "--role", "buyer", "--permit", "run-request", "--permit",
            "query-submission", "--field", "\(product)=carrier,delay", "--rows", "county=西峰区,庆城县", "--rows", "\(product):year=2013",
            "--days", "30", "--yes")
        #expect(code == .success, "\(bench.error)")
        let request = try #require(bench.node.requests.last)
        #expect(request.target == "/api/v1/participants/\(bench.participant)/delegations")
        let signed = try Self.statement(request)
        #expect(Set(signed.keyIdentifiers) == [bench.key.keyIdentifier, key.keyIdentifier])
        guard case .identity(.delegation(let delegation)) = signed.content else {
            Issue.record("no delegation was sent")
            return
        }
        #expect(delegation.name == "desk 4" && delegation.key == key.verificationKey && delegation.roles == [.buyer])
        #expect(delegation.permissions == [.runRequest, .querySubmission])
        #expect(delegation.fieldSet == [product: ["carrier", "delay"]])
        #expect(delegation.rowScope == [
            RowScope(product: nil, column: "county", values: ["西峰区", "庆城县"]),
            RowScope(product: product, column: "year", values: ["2013"]),
        ])
        #expect(delegation.expiresAt == delegation.notBefore.advanced(byMilliseconds: 30 * 86_400_000))
        let made = try Profile(directory: clerk)
        #expect(made.participant == bench.participant && made.space == "86.gs.test")
    }

    @Test func aDelegationGoesRoundAsAFileWhereTheKeysAreApart() async throws {
        let bench = try Self.bench { _ in Self.accepted(identifier(.participant, 1)) }
        let (clerk, key) = try Self.profile("clerk", in: bench, seed: 22)
        let (jwk, file) = ("\(bench.folder.path)/clerk.jwk", "\(bench.folder.path)/delegation.json")
        try LocalFiles.write(key.verificationKey.jwk.serialized(), to: jwk)
        #expect(await bench.run(
            "staff", "add", "desk 5", "--key", jwk, "--out", file, "--role", "provider", "--permit", "query-decision", "--yes") == .success)
        #expect(bench.node.requests.isEmpty, "nothing is sent before both have signed")
        // The member of staff shows, signs and sends it, with a profile of their own.
        try Profile(directory: clerk, node: "http://127.0.0.1:8620", space: "86.gs.test", name: "clerk").save()
        let code = await HexiProgram.program(bench.environment).run(["cosign", file, "--yes", "--profile", clerk])
        #expect(code == .success, "\(bench.error)")
        let signed = try Self.statement(try #require(bench.node.requests.last))
        #expect(Set(signed.keyIdentifiers) == [bench.key.keyIdentifier, key.keyIdentifier])
        #expect(signed.header.acceptUntil != nil, "a file takes days")
    }

    @Test(arguments: [
        (["staff", "add", "x", "--role", "buyer", "--permit", "run-request"], "staff key signs too"),
        (["staff", "add", "x", "--staff-profile", ".", "--role", "buyer", "--permit", "participant-decision"], "--permit"),
        (["staff", "add", "x", "--out", "f", "--role", "buyer", "--permit", "run-request"], "--key"),
        (["staff", "renew", "nokey", "--out", "f"], "hexi staff list"),
        (["keys", "recover", "86.gs.test/P0"], "<participant>"),
        (["space", "policy", "set", "/nowhere"], "/nowhere"),
        (["participant", "assure", "86.gs.test/P0"], "--assurance"),
        (["participant", "check", identifier(.participant, 1).text, "--incomplete"], "--notes"),
        (["evidence", "list", "x"], "<identifier>"),
        (["operator", "appoint", "x", "--key", "/nowhere", "--duty", "check"], "/nowhere"),
        (["operator", "appoint", "x", "--key", "/nowhere", "--duty", "everything"], "check"),
    ])
    func aMistakeSaysWhatWouldBeRight(words: [String], mention: String) async throws {
        let bench = try Self.bench { _ in ScriptedNode.json(200, ["items": []]) }
        let code = await HexiProgram.program(bench.environment).run(words + ["--profile", bench.folder.path])
        #expect(code != .success)
        #expect((bench.error + bench.output).contains(mention), "\(words): \(bench.error)")
        #expect(bench.node.requests.allSatisfy { $0.method == "GET" })
    }

    // MARK: Keys

    @Test func aRotationIsSignedByBothKeysAndSurvivesALostAnswer() async throws {
        let isLost = Mutex(true)
        let registered = Mutex<[String]>([])
        let bench = try Self.bench { request throws(HTTPClientError) in
            if request.method == "GET" {
                return ScriptedNode.json(200, ["keys": .array(registered.withLock { $0 }.map { .string($0) })])
            }
            // The node records it, but its answer never comes.
            if let signed = try? SignedStatement(request.statement), case .identity(.keys(let change)) = signed.content {
                registered.withLock { $0 = change.add.map(\.keyIdentifier) }
            }
            if isLost.withLock({ $0 }) { throw HTTPClientError.cannotConnect(url: "http://127.0.0.1:8620", reason: "gone") }
            return Self.accepted(identifier(.participant, 1))
        }
        #expect(await bench.run("keys", "rotate") != .success)
        #expect(try KeyFile.read("\(bench.folder.path)/key.pem", passphrase: nil).keyIdentifier == bench.key.keyIdentifier)
        let signed = try Self.statement(try #require(bench.node.requests.last))
        guard case .identity(.keys(let change)) = signed.content, let new = change.add.first else {
            Issue.record("no change of keys was sent")
            return
        }
        #expect(change.remove == [bench.key.keyIdentifier])
        #expect(Set(signed.keyIdentifiers) == [bench.key.keyIdentifier, new.keyIdentifier])
        // Once more: the same new key is found registered, and taken into use.
        isLost.withLock { $0 = false }
        #expect(await bench.run("keys", "rotate") == .success, "\(bench.error)")
        #expect(try KeyFile.read("\(bench.folder.path)/key.pem", passphrase: nil).keyIdentifier == new.keyIdentifier)
        #expect(try KeyFile.read("\(bench.folder.path)/key.pem.old", passphrase: nil).keyIdentifier == bench.key.keyIdentifier)
        #expect(!LocalFiles.exists("\(bench.folder.path)/key.next.pem"))
    }

    // MARK: Two operators

    @Test func aDangerousDecisionIsWrittenByOneOperatorAndSentByTheOther() async throws {
        let bench = try Self.bench { _ in Self.accepted(identifier(.participant, 9)) }
        let (second, key) = try Self.profile("second", in: bench, seed: 31)
        try Profile(directory: second, node: "http://127.0.0.1:8620", space: "86.gs.test", name: "second operator").save()
        let file = "\(bench.folder.path)/revocation.json"
        let target = identifier(.participant, 9)
        #expect(await bench.run("participant", "revoke", target.text, "--reason", "fraud", "--cosign", file) == .success)
        #expect(bench.node.requests.isEmpty)
        #expect(await HexiProgram.program(bench.environment).run(["cosign", file, "--profile", second]) == .success, "\(bench.error)")
        // What is signed was shown.
        #expect(bench.error.contains("revoke") && bench.error.contains("fraud"))
        let request = try #require(bench.node.requests.last)
        #expect(request.target == "/api/v1/participants/\(target)/decisions")
        #expect(try Self.statement(request).keyIdentifiers == [bench.key.keyIdentifier, key.keyIdentifier])
    }

    @Test func aFileForAnotherSpaceIsNotSigned() async throws {
        let bench = try Self.bench { _ in ScriptedNode.json(200, [:]) }
        let decision = ParticipantDecision(participant: identifier(.participant, 9), decision: .revoke, reason: "x")
        let foreign = try SignedStatement.sign(
            .participantDecision(decision), space: "86.gs.other", issuedAt: CommandBench.now, nonce: "0123456789abcdef",
            key: try SigningKey(seed: [UInt8](repeating: 5, count: 32)))
        let file = "\(bench.folder.path)/foreign.json"
        try StatementFile(foreign).write(to: file)
        #expect(await bench.run("cosign", file) == .negative)
        #expect(bench.error.contains("86.gs.other") && bench.node.requests.isEmpty)
        try LocalFiles.write(Array("{}".utf8), to: file)
        #expect(await bench.run("cosign", file) == .failure)
    }

    @Test func anAppointmentKeepsTheOperatorsThatAreThere() async throws {
        let other = try SigningKey(seed: [UInt8](repeating: 41, count: 32)).verificationKey
        let present = SpaceOperator(name: "auditor's desk", key: other, duties: [.check])
        let bench = try Self.bench { request in
            guard request.method == "GET" else { return Self.accepted(identifier(.participant, 1)) }
            var item = present.json.objectValue ?? [:]
            item["keyIdentifier"] = .string(other.keyIdentifier)
            return ScriptedNode.json(200, ["items": [.object(item)], "rootKey": "x"])
        }
        let (_, key) = try Self.profile("registrar", in: bench, seed: 42)
        let jwk = "\(bench.folder.path)/registrar.jwk"
        try LocalFiles.write(key.verificationKey.jwk.serialized(), to: jwk)
        #expect(await bench.run("operator", "appoint", "registrar", "--key", jwk, "--duty", "approve", "--duty", "check") == .success, "\(bench.error)")
        guard case .identity(.operatorAppointment(let appointment)) = try Self.statement(try #require(bench.node.requests.last)).content else {
            Issue.record("no appointment was sent")
            return
        }
        #expect(appointment.operators.map(\.name) == ["auditor's desk", "registrar"])
        #expect(appointment.operators.last?.duties == [.approve, .check])
        #expect(await bench.run("operator", "dismiss", "nobody") == .negative)
    }

    // MARK: The policy

    @Test func aPolicyIsSetWholeAndItsChangesAreShown() async throws {
        let present = JSONValue.object(JSONObject(SpacePolicy().members.compactMap { name, value in value.map { (name, $0) } }))
        let bench = try Self.bench { request in
            request.method == "GET" ? ScriptedNode.json(200, present) : Self.accepted(identifier(.participant, 1))
        }
        #expect(await bench.run("space", "policy", "template") == .success)
        let template = try JSONValue.parse(bench.output)
        #expect(template == present)
        let file = "\(bench.folder.path)/policy.json"
        try LocalFiles.write(template.serialized(), to: file)
        #expect(await bench.run("space", "policy", "set", file) == .success)
        #expect(bench.node.requests.allSatisfy { $0.method == "GET" }, "nothing changes, so nothing is recorded")
        var object = template.objectValue ?? [:]
        var identity = object["identity"]?.objectValue ?? [:]
        identity["review"] = ["stages": 2, "differentPeople": true]
        object["identity"] = .object(identity)
        try LocalFiles.write(JSONValue.object(object).serialized(), to: file)
        #expect(await bench.run("space", "policy", "set", file) == .success, "\(bench.error)")
        #expect(bench.error.contains("identity/review/stages: 1 → 2"))
        guard case .spacePolicy(let policy) = try Self.statement(try #require(bench.node.requests.last)).content else {
            Issue.record("no policy was sent")
            return
        }
        #expect(policy.identity.review.stages == 2)
        // A misspelt member is refused, not dropped.
        identity["reveiw"] = ["stages": 2]
        object["identity"] = .object(identity)
        try LocalFiles.write(JSONValue.object(object).serialized(), to: file)
        let sent = bench.node.requests.count
        #expect(await bench.run("space", "policy", "set", file) == .negative)
        #expect(bench.error.contains("reveiw") && bench.node.requests.count == sent)
    }

    // MARK: Evidence

    @Test func anApplicationNamesItsEvidenceAndThenSendsIt() async throws {
        let isAway = Mutex(true)
        let uploads = Mutex<[String]>([])
        let bench = try Self.bench { request throws(HTTPClientError) in
            if request.method == "GET" { return ScriptedNode.json(200, ScriptedNode.space) }
            if request.method == "PUT" {
                if isAway.withLock({ $0 }) { throw HTTPClientError.cannotConnect(url: "http://127.0.0.1:8620", reason: "gone") }
                uploads.withLock { $0.append(request.target) }
                return ScriptedNode.json(201, ["stored": true])
            }
            guard let signed = try? SignedStatement(request.statement) else { return ScriptedNode.problem("invalid-statement", 400) }
            return Self.accepted(Identifier(kind: .participant, prefix: "86.gs.test", payload: signed.payload))
        }
        let file = "\(bench.folder.path)/licence.pdf"
        try LocalFiles.write(Array("%PDF-1.7 licence".utf8), to: file)
        let profile = "\(bench.folder.path)/applicant"
        let words = [
            "participant", "apply", "--profile", profile, "--node", "http://127.0.0.1:8620", "--name", "Airport", "--country", "NL",
            "--role", "provider", "--evidence", "business-licence=\(file)",
        ]
        #expect(await HexiProgram.program(bench.environment).run(words) != .success)
        #expect(bench.error.contains("hexi evidence put"))
        let application = try #require(bench.node.requests.first { $0.method == "POST" })
        let reference = try #require(try Self.statement(application).evidence.first)
        #expect(reference.kind == "business-licence" && reference.mediaType == "application/pdf" && reference.size == 16)
        // The salted copy waits; its digest is the one that was stated, and not the plain file's.
        let waiting = EvidenceBox(try Profile(directory: profile))
        #expect(waiting.waiting == [reference.sha256])
        let salted = try LocalFiles.read("\(waiting.directory)/\(reference.sha256)")
        #expect(SHA256.hash(salted).description == reference.sha256 && salted.count == 48)
        isAway.withLock { $0 = false }
        #expect(await HexiProgram.program(bench.environment).run(["evidence", "put", "--profile", profile]) == .success, "\(bench.error)")
        #expect(uploads.withLock { $0 } == ["/api/v1/evidence/\(reference.sha256)"])
        #expect(waiting.waiting.isEmpty)
    }

    @Test func evidenceThatIsNotWhatItsDigestSaysIsNotWritten() async throws {
        let salted = [UInt8](repeating: 1, count: 32) + Array("licence".utf8)
        let digest = SHA256.hash(salted).description
        let isHonest = Mutex(false)
        let bench = try Self.bench { _ in
            HTTPClientResponse(status: 200, headers: [:], body: isHonest.withLock { $0 } ? salted : salted + [0])
        }
        let out = "\(bench.folder.path)/licence.txt"
        #expect(await bench.run("evidence", "get", digest, "--out", out) == .negative)
        #expect(!LocalFiles.exists(out))
        isHonest.withLock { $0 = true }
        #expect(await bench.run("evidence", "get", digest, "--out", out) == .success, "\(bench.error)")
        #expect(try LocalFiles.read(out) == Array("licence".utf8))
    }
}
