import Encoding
import Foundation
import Testing

extension EndToEnd {
    /// The ledger's key is replaced on a running node, by the built programs.
    @Suite struct RotationTests {
        /// What an auditor is told of the node's ledger, with these keys pinned.
        private static func verify(_ space: SmallSpace, pinned: [String], status: Int32 = 0) async throws -> JSONValue {
            let pins = pinned.flatMap { ["--vkey", $0] }
            let output = try await space.workspace.audit(["verify", space.node.address, "--json"] + pins)
            #expect(output.status == status, "\(pinned): \(output.all)")
            return try output.json()
        }

        private static func signers(_ report: JSONValue) -> [String] {
            (report["checkpoint"]?["signers"]?.arrayValue ?? []).compactMap(\.stringValue)
        }

        private static func rotate(
            _ space: SmallSpace, _ arguments: [String] = [], status: Int32 = 0
        ) async throws -> JSONValue {
            try await space.workspace.expect(status, ["keys", "rotate-log", "node", "--json"] + arguments).json()
        }

        private static func keyFiles(_ workspace: Workspace) throws -> Set<String> {
            Set(try FileManager.default.contentsOfDirectory(atPath: workspace.path("node/keys")).filter { $0.hasPrefix("log") })
        }

        /// Ends the node, gently or not, and serves the same home again.
        private static func restart(_ space: SmallSpace, gently: Bool) async throws -> SmallSpace {
            if gently { #expect(try await space.node.stop() == 0) } else { try await space.node.kill() }
            guard let port = UInt16(space.node.address.split(separator: ":").last ?? "") else { return space }
            let node = try await RunningNode.start(space.workspace, home: "node", port: port)
            return SmallSpace(workspace: space.workspace, node: node)
        }

        @Test("A rotation passes every audit at each stage, with the old key pinned, the new one, and none")
        func rotation() async throws {
            try await Workspace.with { workspace in
                var space = try await SmallSpace.open(workspace)
                try await space.register()
                let old = try #require(Self.signers(try await Self.verify(space, pinned: [])).first)
                _ = try await Self.rotate(space, ["--finish", "--yes"], status: 1)

                let begun = try await Self.rotate(space)
                #expect(begun["changed"]?.boolValue == true)
                let new = try #require(begun["newKey"]?.stringValue)
                let file = try #require(begun["file"]?.stringValue)
                let mode = try FileManager.default.attributesOfItem(atPath: workspace.path(file))[.posixPermissions] as? Int
                #expect(mode == 0o600)
                for pinned in [[], [old], [new]] {
                    #expect(Set(Self.signers(try await Self.verify(space, pinned: pinned))) == [old, new])
                }
                let repeated = try await Self.rotate(space)
                #expect(repeated["changed"]?.boolValue == false)
                #expect(repeated["newKey"]?.stringValue == new)

                // Between the steps the power fails.
                space = try await Self.restart(space, gently: false)
                try await space.apply("bank", role: "buyer")
                #expect(Set(Self.signers(try await Self.verify(space, pinned: [old]))) == [old, new])

                let finished = try await Self.rotate(space, ["--finish", "--yes"])
                #expect(finished["changed"]?.boolValue == true)
                #expect(finished["dropped"]?.arrayValue == [.string(old)])
                #expect(try await Self.rotate(space, ["--finish", "--yes"])["changed"]?.boolValue == false)
                try FileManager.default.removeItem(atPath: workspace.path("node/keys/log.pem"))
                space = try await Self.restart(space, gently: true)
                try await space.apply("museum", role: "auditor")
                for (pinned, isCarried) in [([], false), ([old], true), ([new], false)] {
                    let report = try await Self.verify(space, pinned: pinned)
                    #expect(Self.signers(report) == [new])
                    #expect((report["checkpoint"]?["handovers"]?.arrayValue?.isEmpty == false) == isCarried)
                }
                #expect(try await Self.rotate(space, ["--finish", "--yes"])["changed"]?.boolValue == false)
                try await space.workspace.expect(0, ["doctor", "node"])

                // A second rotation makes a key of its own, though the first one's file is there again.
                let second = try await Self.rotate(space)
                #expect(second["logKeys"]?.arrayValue?.count == 2)
                #expect(second["newKey"]?.stringValue != old)
                _ = try await Self.rotate(space, ["--finish", "--yes"])
                #expect(try await Self.verify(space, pinned: [old])["checkpoint"]?["handovers"]?.arrayValue?.count == 2)
                #expect(try await space.node.stop() == 0)
                let folder = try await workspace.audit(["verify", "node", "--vkey", old])
                #expect(folder.status == 0, "\(folder.all)")
            }
        }

        @Test("An attempt that fails leaves the ledger as it was, and the next one goes on with its key")
        func interrupted() async throws {
            try await Workspace.with { workspace in
                var space = try await SmallSpace.open(workspace)
                try await space.register()
                #expect(try Self.keyFiles(workspace) == ["log.pem"])
                // A participant cannot do it, though it may make a file where it can write.
                let refused = try await workspace.hexi(["keys", "rotate-log", "node", "--profile", "buyer"])
                #expect(refused.status == 1, "\(refused.all)")
                let left = try Self.keyFiles(workspace)
                let begun = try await Self.rotate(space)
                #expect(begun["changed"]?.boolValue == true)
                #expect(try Self.keyFiles(workspace) == left)
                #expect(left.count == 2)

                // Without a node nothing is made or signed.
                try await space.node.kill()
                let output = try await workspace.hexi(["keys", "rotate-log", "node", "--finish", "--yes"])
                #expect(output.status == 2, "\(output.all)")
                #expect(output.all.contains("hexi serve"), "\(output.all)")
                space = try await Self.restart(space, gently: false)
                #expect(Set(Self.signers(try await Self.verify(space, pinned: []))).count == 2)
                // And without a terminal nobody drops a key by accident.
                let unconfirmed = try await workspace.hexi(["keys", "rotate-log", "node", "--finish"])
                #expect(unconfirmed.status == 64, "\(unconfirmed.all)")
                #expect(Set(Self.signers(try await Self.verify(space, pinned: []))).count == 2)
            }
        }
    }
}
