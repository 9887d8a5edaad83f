import Encoding
import Exchange
import Foundation
import Signing
import Storage
import Testing
import TransparencyLog

@testable import Node

/// The ledger's keys change while the node runs, and come back as they were after a restart.
@Suite struct LogKeyTests {
    private static let path = "/api/v1/space/log-keys"

    private func withHome(_ body: (String) async throws -> Void) async throws {
        let directory = try await TestNode.makeHome()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func firstKey(_ home: String) throws -> NoteSigner {
        let files = try LogKeyFiles(try NodeHome(opening: home)).files
        return try #require(files.first { $0.path.hasSuffix("/log.pem") }?.signer)
    }

    private func makeKey(_ home: String) throws -> LogKeyFile { try LogKeyFiles.make(in: try NodeHome(opening: home)) }

    private func change(_ node: TestNode, to signers: [NoteSigner]) async throws -> Answer {
        let previous = await node.services.sequencer.read { $0.space?.logKeys ?? [] }
        let origin = NodeHome.origin(ofSpace: TestNode.prefix)
        let content = try LogKeys(handingOver: origin, from: previous, to: signers, reason: "rotation")
        return try await node.post(Self.path, .logKeys(content), by: node.operatorKey)
    }

    /// The keys that signed the checkpoint that the node serves; nobody else may have.
    private func signers(_ node: TestNode, among keys: [NoteSigner]) async throws -> [NoteVerifier] {
        let note = try SignedNote(try await node.get("/ledger/checkpoint").body)
        let found = try note.verify(with: keys.map(\.verifier))
        #expect(found.count == note.signatures.count)
        return found
    }

    @Test func aRotationIsSignedByBothKeysAndThenByTheNewOneAlone() async throws {
        try await withHome { home in
            let node = try TestNode.start(in: home)
            let (old, file) = (try firstKey(home), try makeKey(home))
            let new = file.signer
            #expect(try await signers(node, among: [old, new]) == [old.verifier])
            let added = try await change(node, to: [old, new])
            #expect(added.status == 201, "\(added)")
            #expect(added.json["receipt"]?["type"]?.stringValue == "space.log-keys-changed")
            #expect(try await signers(node, among: [old, new]) == [old.verifier, new.verifier])
            let space = try await node.get("/api/v1/space").json
            #expect(space["logKeys"]?.arrayValue == [.string(old.verifier.description), .string(new.verifier.description)])
            let dropped = try await change(node, to: [new])
            #expect(dropped.status == 201, "\(dropped)")
            #expect(try await signers(node, among: [old, new]) == [new.verifier])
            #expect(try await node.get("/api/v1/space").json["retiredLogKeys"]?.arrayValue == [.string(old.verifier.description)])
            // New entries are signed with the new key, and the old one can never come back.
            _ = try await TestMarket.apply("Newcomer", [.buyer], node)
            #expect(try await signers(node, among: [old, new]) == [new.verifier])
            #expect(try await change(node, to: [new, old]).code == "log-key-retired")
            await node.server.stop()
        }
    }

    @Test func theKeysInForceAreTheSameAfterARestartAndADroppedKeysFileMayGo() async throws {
        try await withHome { home in
            let first = try TestNode.start(in: home)
            let (old, file) = (try firstKey(home), try makeKey(home))
            #expect(try await change(first, to: [old, file.signer]).status == 201)
            await first.server.stop()
            let second = try TestNode.start(in: home)
            #expect(try await signers(second, among: [old, file.signer]) == [old.verifier, file.signer.verifier])
            #expect(try await change(second, to: [file.signer]).status == 201)
            await second.server.stop()
            try FileManager.default.removeItem(atPath: "\(home)/keys/log.pem")
            let third = try TestNode.start(in: home)
            #expect(try await signers(third, among: [old, file.signer]) == [file.signer.verifier])
            _ = try await TestMarket.apply("Newcomer", [.buyer], third)
            await third.server.stop()
        }
    }

    @Test func aCrashBeforeTheCheckpointIsSignedAnewIsMadeUpForAtTheStart() async throws {
        try await withHome { home in
            let first = try TestNode.start(in: home)
            let (old, file) = (try firstKey(home), try makeKey(home))
            #expect(try await change(first, to: [old, file.signer]).status == 201)
            let head = first.services.ledger.head
            await first.server.stop()
            // As the checkpoint was when the entry was durable and the keys had not changed yet.
            let checkpoint = Checkpoint(origin: old.name, size: head.size, root: head.root)
            try Data(try checkpoint.signed(by: old).bytes).write(to: URL(fileURLWithPath: "\(home)/ledger/checkpoint"))
            let second = try TestNode.start(in: home)
            #expect(try await signers(second, among: [old, file.signer]) == [old.verifier, file.signer.verifier])
            await second.server.stop()
            let note = try SignedNote([UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(home)/ledger/checkpoint"))))
            #expect(try note.verify(with: [old.verifier, file.signer.verifier]).count == 2)
        }
    }

    @Test func aKeyThatTheNodeDoesNotHoldIsNotTakenAndNothingIsRecorded() async throws {
        try await withHome { home in
            let node = try TestNode.start(in: home)
            let old = try firstKey(home)
            let elsewhere = try NoteSigner(name: old.name, key: .generate())
            let size = node.services.ledger.size
            let answer = try await change(node, to: [old, elsewhere])
            #expect(answer.status == 422)
            #expect(answer.code == "log-key-missing")
            #expect(answer.problem?.detail.contains(elsewhere.verifier.description) == true)
            #expect(node.services.ledger.size == size)
            #expect(try await signers(node, among: [old, elsewhere]) == [old.verifier])
            await node.server.stop()
        }
    }

    @Test func onlyTheOperatorChangesKeysAndARepetitionGetsTheFirstReceipt() async throws {
        try await withHome { home in
            let node = try TestNode.start(in: home)
            let (old, file) = (try firstKey(home), try makeKey(home))
            let party = try await TestMarket.register("Insurer", [.buyer], node)
            let content = StatementContent.logKeys(
                try LogKeys(
                    handingOver: old.name, from: [old.verifier.description], to: [old, file.signer], reason: ""))
            #expect(try await node.post(Self.path, content, by: party.key).status == 403)
            let statement = try TestNode.sign(content, by: node.operatorKey)
            let first = try await node.post(Self.path, statement, by: node.operatorKey)
            let second = try await node.post(Self.path, statement, by: node.operatorKey)
            #expect(first.status == 201)
            #expect(second.status == 200)
            #expect(second.json["receipt"] == first.json["receipt"])
            await node.server.stop()
        }
    }

    @Test func withoutTheFileOfAKeyInForceTheNodeDoesNotStart() async throws {
        try await withHome { home in
            let node = try TestNode.start(in: home)
            let (old, file) = (try firstKey(home), try makeKey(home))
            #expect(try await change(node, to: [old, file.signer]).status == 201)
            await node.server.stop()
            let hidden = "\(home)/elsewhere.pem"
            try FileManager.default.moveItem(atPath: file.path, toPath: hidden)
            let error = #expect(throws: (any Error).self) { _ = try TestNode.start(in: home) }
            #expect(String(describing: error).contains(file.path), "\(String(describing: error))")
            try FileManager.default.moveItem(atPath: hidden, toPath: file.path)
            let again = try TestNode.start(in: home)
            #expect(try await signers(again, among: [old, file.signer]).count == 2)
            await again.server.stop()
        }
    }

    @Test func aChangeThatTheWitnessPolicyWouldNotLetBePublishedIsNotTaken() async throws {
        try await withHome { home in
            let (old, file) = (try firstKey(home), try makeKey(home))
            func write(_ keys: [NoteSigner]) throws {
                let lines = keys.map { "log \($0.verifier)\n" }.joined() + "quorum none\n"
                try Data(lines.utf8).write(to: URL(fileURLWithPath: "\(home)/witness-policy"))
            }
            try write([old])
            let first = try TestNode.start(in: home)
            #expect(try await change(first, to: [old, file.signer]).status == 201)
            let size = first.services.ledger.size
            let refused = try await change(first, to: [file.signer])
            #expect(refused.status == 422)
            #expect(refused.code == "log-key-not-in-policy")
            #expect(refused.problem?.hint?.contains("log \(file.verifierKey)") == true, "\(refused)")
            #expect(first.services.ledger.size == size)
            await first.server.stop()
            try write([old, file.signer])
            let second = try TestNode.start(in: home)
            #expect(try await change(second, to: [file.signer]).status == 201)
            _ = try await TestMarket.apply("Newcomer", [.buyer], second)
            await second.services.publication.publishNow()
            #expect(try await signers(second, among: [old, file.signer]) == [file.signer.verifier])
            #expect(try await second.get("/ledger/vkey").text == "\(file.verifierKey)\n")
            await second.server.stop()
        }
    }

    @Test func aKeyThatWasMadeButNotAnnouncedSignsNothing() async throws {
        try await withHome { home in
            let (old, file) = (try firstKey(home), try makeKey(home))
            let node = try TestNode.start(in: home)
            #expect(try await signers(node, among: [old, file.signer]) == [old.verifier])
            await node.server.stop()
        }
    }
}
