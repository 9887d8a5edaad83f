import Encoding
import Foundation
import Signing
import Testing
import TransparencyLog

@testable import Node

/// A ledger's home and those of its witnesses.
final class PublicationStage {
    let directory: String
    private(set) var witnesses: [(directory: String, key: CosignatureVerifier)] = []

    init(witnesses count: Int, knowing: Int? = nil) async throws {
        directory = try await TestNode.makeHome()
        let log = try NoteVerifier(try NodeHome(opening: directory).ledgerVerifierKey())
        for number in 0..<count {
            witnesses.append(
                try await WitnessKit.makeHome(name: "witness.example/w\(number)", logs: number < knowing ?? count ? [log] : []))
        }
    }

    deinit {
        for directory in [directory] + witnesses.map(\.directory) { WitnessKit.remove(directory) }
    }

    var vkey: String { get throws { try NodeHome(opening: directory).ledgerVerifierKey() } }

    /// Writes the policy: witnesses w0, w1 … at these ports.
    func writePolicy(_ ports: [UInt16], quorum: String) throws {
        var text = "log \(try vkey)\n"
        for (number, port) in ports.enumerated() {
            text += "witness w\(number) \(witnesses[number].key) http://127.0.0.1:\(port)/witness/\n"
        }
        try Data((text + quorum).utf8).write(to: URL(fileURLWithPath: "\(directory)/witness-policy"))
    }

    /// Starts the ledger's node, which publishes only when it is told to, after the round at its start.
    func running(seconds: Int = 60, _ body: (TestNode) async throws -> Void) async throws {
        try await WitnessKit.running(
            directory,
            configure: {
                $0.publicationMilliseconds = 3_600_000
                $0.witnessSeconds = seconds
            }, body)
    }

    /// Runs a test while witnesses serve; gives their nodes.
    func witnessing(_ numbers: [Int], _ body: ([TestNode]) async throws -> Void) async throws {
        let nodes = try numbers.map { try TestNode.start(in: witnesses[$0].directory) }
        do { try await body(nodes) } catch {
            for node in nodes { await node.server.stop() }
            throw error
        }
        for node in nodes { await node.server.stop() }
    }
}

func published(_ node: TestNode, _ stage: PublicationStage) async throws -> (note: SignedNote, checkpoint: Checkpoint, cosigners: [Int]) {
    let note = try SignedNote(try await node.get("/ledger/checkpoint").body)
    let checkpoint = try Checkpoint(note, log: try NoteVerifier(try stage.vkey))
    let cosigners = stage.witnesses.indices.filter { number in
        note.signatures.contains { stage.witnesses[number].key.time(of: $0, on: note.text) != nil }
    }
    return (note, checkpoint, cosigners)
}

func grow(_ node: TestNode, _ name: String = "Applicant") async throws {
    _ = try await TestMarket.apply(name, [.buyer], node)
}

/// Waits for something that happens behind the scenes, however slow the machine.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<1200 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("\(what) did not happen within a minute")
}
