import Encoding
import Signing
import Testing
import TransparencyLog

extension EndToEnd {
    /// A participant keeps a proof of what it did; an auditor checks it when the node is gone.
    @Suite struct ProofTests {
        @Test("A kept proof holds offline, with the node stopped, and no changed file does")
        func receiptAndCheck() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                let applied = try await workspace.expect(
                    0, ["participant", "apply", "--node", space.node.address, "--name", "The buyer", "--country", "DE", "--role", "buyer"],
                    profile: "buyer")
                let command = try #require(applied.output.split(separator: "\n").first { $0.contains("hexi receipt ") })
                let words = command.replacing("proof to keep: hexi ", with: "").split(separator: " ").map(String.init)
                #expect(words == ["receipt", "1", "--wait"])
                let kept = try await workspace.expect(0, words + ["--json"], profile: "buyer").json()
                let file = try #require(kept["file"]?.stringValue)
                #expect(file == "86.gs.test-ledger-1.tlog-proof")
                #expect(try await workspace.audit(["prove", "1", space.node.address, "--output", "again.tlog-proof"]).status == 0)
                #expect(try await space.node.stop() == 0)

                let key = try #require(kept["log"]?["key"]?.stringValue)
                try workspace.write("log \(key)\nquorum none\n", to: "trust-policy")
                for name in [file, "again.tlog-proof"] {
                    let check = try await workspace.audit(["check", name, "--policy", "trust-policy"])
                    #expect(check.status == 0, "\(check.all)")
                    for phrase in ["PROVED", "participant.applied", "86.gs.test/ledger", "none asked for"] { #expect(check.output.contains(phrase)) }
                }
                let json = try await workspace.audit(["check", file, "--vkey", key, "--json"]).json()
                #expect(json["entry"]?["subject"]?.stringValue == kept["entry"]?["subject"]?.stringValue)

                try await tamperedFiles(workspace, file)
                try await proofsFromTheFolder(workspace, key)
            }
        }

        @Test("A record of a usage batch is proved over two levels, and another record in its place is not")
        func batchProof() async throws {
            try await Workspace.with { workspace in
                let signer = try NoteSigner(name: "86.gs.test/ledger", key: SigningKey.generate())
                var tree = BatchTree()
                for number in 0..<100 { try tree.append(Array("{\"call\":\(number)}".utf8)) }
                let body = "{\"records\":100,\"root\":\"\(tree.commitment.root)\"}"
                let rest =
                    "\"time\":\"2026-11-21T08:30:00.000Z\",\"type\":\"usage.batch\",\"subject\":\"86.gs.test/U1\",\"actor\":\"node\",\"body\":\(body),\"statement\":\"x\"}"
                let entry = ChainedEntry.head(previous: ChainedEntry.firstPreviousHash, sequence: 0) + Array(rest.utf8)
                let checkpoint = Checkpoint(origin: signer.name, size: 1, root: MerkleTree.leafHash(entry))
                let log = LogProof(extra: entry, index: 0, path: [], note: try checkpoint.signed(by: signer))
                for (record, status) in [(42, 0), (43, 1)] as [(Int, Int32)] {
                    let proof = try BatchProof(
                        record: Array("{\"call\":\(record)}".utf8), inclusion: try tree.inclusion(of: 42), log: log)
                    try workspace.write(proof.bytes, to: "record.batch-proof")
                    let check = try await workspace.audit(["check", "record.batch-proof", "--vkey", "\(signer.verifier)"])
                    #expect(check.status == status, "\(check.all)")
                    if status == 0 {
                        for phrase in ["PROVED", "42 of a batch of 100", "{\"call\":42}", "usage.batch"] { #expect(check.output.contains(phrase)) }
                    } else {
                        #expect(check.output.contains("NOT PROVED") && check.output.contains("not in the batch"))
                    }
                }
            }
        }

        private func tamperedFiles(_ workspace: Workspace, _ file: String) async throws {
            let bytes = try workspace.bytes(file)
            for position in [40, bytes.count / 2, bytes.count - 8] {
                var changed = bytes
                changed[position] = changed[position] == 0x41 ? 0x42 : 0x41
                try workspace.write(changed, to: "changed.tlog-proof")
                let check = try await workspace.audit(["check", "changed.tlog-proof", "--policy", "trust-policy"])
                #expect(check.status == 1, "byte \(position): \(check.all)")
                #expect(check.output.contains("NOT PROVED"))
            }
            #expect(try await workspace.audit(["check", "nothing-here", "--policy", "trust-policy"]).status == 2)
            #expect(try await workspace.audit(["check", file, "--policy", "nothing-here"]).status == 2)
            #expect(try await workspace.audit(["check", file]).status == 64)
        }

        private func proofsFromTheFolder(_ workspace: Workspace, _ key: String) async throws {
            let proved = try await workspace.audit(["prove", "0", "node", "--vkey", key, "--json"])
            #expect(proved.status == 0, "\(proved.all)")
            #expect(try proved.json()["file"]?.stringValue == "86.gs.test-ledger-0.tlog-proof")
            #expect(try await workspace.audit(["check", "86.gs.test-ledger-0.tlog-proof", "--vkey", key]).status == 0)
            let output = try await workspace.audit(["prove", "1", "node/ledger", "--output", "-"])
            #expect(output.output.hasPrefix("c2sp.org/tlog-proof@v1\nextra "))
            #expect(output.error.contains("pin it"))
            #expect(try await workspace.audit(["prove", "99", "node"]).status == 2)
            #expect(try await workspace.audit(["prove", "x", "node"]).status == 64)
        }
    }
}
