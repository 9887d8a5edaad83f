import Encoding
import Foundation
import HTTPTransport
import Signing
import Testing
import TransparencyLog

extension EndToEnd {
    /// Ledgers that witness each other, one of which is put back to an old copy and continued differently.
    @Suite struct ForkTests {
        @Test("A ledger that continues an old copy differently is caught by its witness, by diff and by watch")
        func fork() async throws {
            try await Workspace.with { workspace in
                let pair = try await WitnessPair.make(workspace)
                let witness = try await pair.serve(pair.b, streams: "beta")
                try await firstHistory(pair)
                let history = try await pair.get("\(pair.b.address)/witness/checkpoint?origin=\(escaped(pair.a.origin))")
                #expect(try Checkpoint(text: SignedNote(Array(history.utf8)).text).size == 5)

                // The operator puts the copy back: at first the ledger has only shrunk.
                try await pair.copy("backup", to: pair.a.home)
                let node = try await pair.serve(pair.a, streams: "alpha-restored")
                try await shrunk(pair)

                for name in ["d", "e", "f"] { try await pair.apply(name, to: pair.a) }
                try await caughtByTheWitness(pair, node)
                // The witness has cosigned nothing of the second history.
                let kept = try await pair.get("\(pair.b.address)/witness/checkpoint?origin=\(escaped(pair.a.origin))")
                #expect(kept == history)
                try await caughtByTheAuditor(pair)
                #expect(try await node.stop() == 0)
                #expect(try await witness.stop() == 0)
            }
        }

        @Test("A witness that is down for a while raises no alarm of tampering, and nor do restarts")
        func honest() async throws {
            try await Workspace.with { workspace in
                let pair = try await WitnessPair.make(workspace)
                var (log, witness) = (try await pair.serve(pair.a, streams: "alpha"), try await pair.serve(pair.b, streams: "beta"))
                try await pair.apply("a", to: pair.a)
                try await pair.cosigned(2, of: pair.a)
                try await expect(pair, 0, [])

                #expect(try await witness.stop() == 0)
                try await pair.apply("b", to: pair.a)
                try await pair.witnesses(of: pair.a, "a published checkpoint without a cosignature") {
                    $0["publishedSize"] == 3 && $0["isQuorumReached"] == false
                }
                try await expect(pair, 4, ["quorum"])
                witness = try await pair.serve(pair.b, streams: "beta-again")
                try await pair.cosigned(3, of: pair.a)
                try await expect(pair, 0, [])

                #expect(try await log.stop() == 0)
                #expect(try await witness.stop() == 0)
                (log, witness) = (try await pair.serve(pair.a, streams: "alpha-2"), try await pair.serve(pair.b, streams: "beta-2"))
                try await expect(pair, 0, [])
                try await pair.apply("c", to: pair.a)
                try await pair.cosigned(4, of: pair.a)
                try await expect(pair, 0, [])
                let json = try await pair.workspace.expect(0, ["witness", "status", "--node", pair.a.address, "--json"]).json()
                #expect(json["ledger"]?["warnings"]?.arrayValue?.isEmpty == true)
                #expect(try await log.stop() == 0)
                #expect(try await witness.stop() == 0)
                #expect(!log.log.contains("rolled back or forked"))
            }
        }

        // MARK: Steps

        /// Five entries, all cosigned and audited, with a copy taken after three. The folder is kept as `first`.
        private func firstHistory(_ pair: WitnessPair) async throws {
            var node = try await pair.serve(pair.a, streams: "alpha")
            for name in ["a", "b"] { try await pair.apply(name, to: pair.a) }
            try await pair.apply("x", to: pair.b)
            try await pair.cosigned(3, of: pair.a)
            try await pair.cosigned(2, of: pair.b)
            try await expect(pair, 0, [])
            #expect(try await node.stop() == 0)
            try await pair.copy(pair.a.home, to: "backup")
            node = try await pair.serve(pair.a, streams: "alpha-2")
            for name in ["c", "c2"] { try await pair.apply(name, to: pair.a) }
            try await pair.cosigned(5, of: pair.a)
            try await expect(pair, 0, [])
            #expect(try await node.stop() == 0)
            try pair.move(pair.a.home, to: "first")
        }

        private func shrunk(_ pair: WitnessPair) async throws {
            try await expect(pair, 1, ["shrunk"])
            // Also for somebody who looks for the first time: the witness has more.
            let stranger = try await pair.watch(state: "stranger-1")
            #expect(stranger.status == 1, "\(stranger.all)")
            #expect(try stranger.alarms() == ["shrunk"])
            let diff = try await pair.workspace.audit(["diff", "first", pair.a.address, "--json"])
            #expect(diff.status == 0, "\(diff.all)")
            #expect(try diff.json()["verdict"] == "prefix")
            #expect(try diff.json()["lead"] == 2)
        }

        private func caughtByTheWitness(_ pair: WitnessPair, _ node: RunningNode) async throws {
            try await pair.witnesses(of: pair.a, "the witness' word that there was another history") {
                $0["publishedSize"] == 6 && $0["isQuorumReached"] == false && $0["warnings"]?.arrayValue?.isEmpty == false
            }
            #expect(node.log.contains("rolled back or forked"), "\(node.log)")
            let metrics = try await pair.get("\(pair.a.address)/metrics")
            #expect(metrics.contains("hexi_witnesses_alarming 1"))
            let status = try await pair.workspace.hexi(["witness", "status", "--node", pair.a.address])
            #expect(status.status == 1 && status.output.contains("WARNING"), "\(status.all)")
            // The witness keeps the checkpoint that does not continue what it has cosigned.
            let limit = ContinuousClock.now + .seconds(240)
            let folder = pair.workspace.path("\(pair.b.home)/witness/evidence")
            var files: [String] = []
            while files.isEmpty, ContinuousClock.now < limit {
                files = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter { $0.hasSuffix(".json") } ?? []
                try await Task.sleep(for: .milliseconds(50))
            }
            let name = try #require(files.first, "no evidence in \(folder)")
            let evidence = try JSONValue.parse(try pair.workspace.read("\(pair.b.home)/witness/evidence/\(name)"))
            #expect(evidence["origin"]?.stringValue == pair.a.origin)
            #expect(try await pair.get("\(pair.b.address)/metrics").contains("hexi_witness_refusals_total"))
        }

        private func caughtByTheAuditor(_ pair: WitnessPair) async throws {
            let workspace = pair.workspace
            let unwitnessed = try await workspace.audit(["verify", pair.a.address, "--policy", WitnessPair.policy])
            #expect(unwitnessed.status == 1 && unwitnessed.output.contains("NOT WITNESSED"), "\(unwitnessed.all)")

            let diff = try await workspace.audit(
                ["diff", "first", pair.a.address, "--vkey", pair.a.ledgerKey, "--evidence", "fork", "--json"])
            #expect(diff.status == 1, "\(diff.all)")
            let found = try diff.json()
            #expect(found["verdict"] == "parted")
            #expect(found["firstDifference"] == 3)
            #expect(found["signedByTheSameKey"] == true)
            for side in ["a", "b"] {
                let check = try await workspace.audit(["check", "fork/\(side)-entry-3.tlog-proof", "--vkey", pair.a.ledgerKey])
                #expect(check.status == 0 && check.output.contains("PROVED"), "\(check.all)")
            }
            let text = try await workspace.audit(["diff", "first", pair.a.address, "--vkey", pair.a.ledgerKey])
            for phrase in ["PART at entry 3", "signed two histories", "participant.applied"] {
                #expect(text.output.contains(phrase), "\(text.all)")
            }

            try await expect(pair, 1, ["fork"])
            let stranger = try await pair.watch(state: "stranger-2")
            #expect(stranger.status == 1, "\(stranger.all)")
            #expect(try stranger.alarms() == ["quorum", "fork"])
        }

        private func expect(_ pair: WitnessPair, _ status: Int32, _ alarms: [String]) async throws {
            let round = try await pair.watch()
            #expect(round.status == status, "\(round.all)")
            #expect(try round.alarms() == alarms, "\(round.all)")
        }

        private func escaped(_ text: String) -> String { text.replacing("/", with: "%2F") }
    }
}
