import Encoding
import Glibc
import HTTPTransport
import Testing

extension EndToEnd {
    @Suite struct ServeTests {
        @Test("A second node on the same folder ends with an error that names the first one's process")
        func twice() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                let second = try await workspace.expect(2, ["serve", "node"])
                #expect(second.error.contains("\(space.node.process.identifier)"), "\(second.error)")
                #expect(second.error.contains("in use"))
                // The first is not disturbed.
                try await space.apply("somebody", role: "buyer")
            }
        }

        @Test("A taken port is an error that names it")
        func takenPort() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                let port = String(space.node.address.split(separator: ":").last ?? "")
                try await workspace.expect(0, ["init", "other", "--prefix", "86.gs.other", "--name", "en=Other", "--port", port])
                let second = try await workspace.expect(2, ["serve", "other"])
                #expect(second.error.contains(port), "\(second.error)")
            }
        }

        @Test("SIGTERM and SIGINT end the node in time, with exit code 0, and the ledger's checkpoint covers everything",
            arguments: [SIGTERM, SIGINT])
        func stops(signal: Int32) async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                try await space.apply("somebody", role: "buyer")
                space.node.process.signal(signal)
                #expect(try await space.node.process.wait(seconds: 10) == 0, "\(space.node.log)")
                let report = try await workspace.audit(["verify", "node", "--json"]).json()
                #expect(report["verdict"] == "sound")
                #expect(report["entriesAfterCheckpoint"] == .integer(0))
            }
        }

        @Test("A node does not serve a journal in which one byte was changed, and says which entry or place is wrong")
        func corruptedJournal() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                for name in ["a", "b", "c"] { try await space.apply(name, role: "buyer") }
                #expect(try await space.node.stop() == 0)
                var journal = try workspace.bytes("node/ledger/journal")
                // Inside the first entries, far from what a crash could have torn.
                journal[journal.count / 3] ^= 1
                try workspace.write(journal, to: "node/ledger/journal")
                let output = try await workspace.expect(2, ["serve", "node"])
                #expect(output.error.contains("journal"), "\(output.error)")
                #expect(try await workspace.audit(["verify", "node", "--quiet"]).status == 1)
            }
        }

        @Test("A node does not serve a ledger that is shorter than its checkpoint says")
        func rolledBack() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                try await space.apply("a", role: "buyer")
                let port = UInt16(space.node.address.split(separator: ":").last ?? "") ?? 0
                #expect(try await space.node.stop() == 0)
                let journal = try workspace.bytes("node/ledger/journal")
                let again = try await RunningNode.start(workspace, home: "node", port: port)
                try await workspace.expect(
                    0, ["participant", "apply", "--node", again.address, "--name", "B", "--country", "DE", "--role", "buyer"], profile: "b")
                #expect(try await again.stop() == 0)
                try workspace.write(journal, to: "node/ledger/journal")
                let output = try await workspace.expect(2, ["serve", "node"])
                #expect(output.error.contains("checkpoint"), "\(output.error)")
                #expect(try await workspace.audit(["verify", "node", "--quiet"]).status == 1)
            }
        }
    }
}
