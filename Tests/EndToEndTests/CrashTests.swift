import Encoding
import HTTPTransport
import Signing
import Testing
import TransparencyLog

extension EndToEnd {
    @Suite struct CrashTests {
        static let rounds = 50

        @Test("After kill -9 under load, fifty times, every acknowledged entry is there and the ledger is sound")
        func nothingAcknowledgedIsLost() async throws {
            try await Workspace.with { workspace in
                let port = try freePort()
                let made = try await workspace.hexi([
                    "init", "node", "--prefix", "86.gs.test", "--name", "en=Crash test", "--port", "\(port)",
                ])
                try #require(made.status == 0, "\(made.all)")
                let load = WriteLoad(space: "86.gs.test")
                var generator = FixedGenerator(seed: 0xC0FFEE)
                for round in 1...Self.rounds {
                    let node = try await RunningNode.start(workspace, home: "node", port: port)
                    _ = try await check(load, at: node.address, round: round)
                    async let writing: Void = load.run(against: node.address, connections: 6)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 15...120, using: &generator)))
                    try await node.kill()
                    await writing
                    // What the crash left on the disk is sound by itself, before any recovery.
                    try await audit(workspace, after: round)
                }
                let node = try await RunningNode.start(workspace, home: "node", port: port)
                let size = try await check(load, at: node.address, round: Self.rounds + 1)
                #expect(try await node.stop() == 0, "\(node.log.suffix(1000))")
                try await audit(workspace, after: Self.rounds)
                #expect(load.acknowledged.count > Self.rounds, "there was hardly any load")
                let count = load.acknowledged.count
                print("\(Self.rounds) × kill -9: \(count) entries acknowledged, all there; \(size - 1 - count) more were durable before their answer was out")
            }
        }

        /// Fetches the whole ledger and looks up every acknowledged entry in it.
        ///
        /// - Returns: the number of entries.
        private func check(_ load: WriteLoad, at address: String, round: Int) async throws -> Int {
            let entries = try await Self.entries(at: address)
            for (seq, hash) in load.acknowledged {
                let found = seq < entries.count ? MerkleTree.leafHash(entries[Int(seq)]).description : "nothing"
                guard found == hash else {
                    Issue.record("round \(round): entry \(seq) was acknowledged as \(hash), but the ledger has \(found)")
                    return entries.count
                }
            }
            return entries.count
        }

        private static func entries(at address: String) async throws -> [[UInt8]] {
            let client = HTTPClient()
            var entries: [[UInt8]] = []
            while true {
                let answer = try await client.send(
                    HTTPClientRequest(method: "GET", url: "\(address)/ledger/entries?start=\(entries.count)&count=1000"))
                guard answer.status == 200, !answer.body.isEmpty else { return entries }
                entries += answer.body.split(separator: 0x0A).map(Array.init)
            }
        }

        private func audit(_ workspace: Workspace, after round: Int) async throws {
            let verdict = try await workspace.audit(["verify", "node", "--quiet"])
            #expect(verdict.status == 0, "round \(round): hexi-audit says \(verdict.status)")
        }
    }
}
