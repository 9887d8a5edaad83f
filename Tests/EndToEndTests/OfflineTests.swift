import Encoding
import Foundation
import Testing

extension EndToEnd {
    /// A provider and a buyer whose networks are apart from the node's: everything goes by file.
    @Suite struct OfflineTests {
        /// Carries all that waits in a profile to the node, and the answers back.
        private static func carry(_ profile: String, _ workspace: Workspace, importEndsWith status: Int32 = 0) async throws -> Output {
            try await workspace.expect(0, ["bundle", "export", "\(profile).out"], profile: profile)
            try await workspace.expect(0, ["bundle", "deliver", "\(profile).out", "--out", "\(profile).in"], profile: "operator")
            return try await workspace.expect(status, ["bundle", "import", "\(profile).in", "--json"], profile: profile)
        }

        /// Repeats a command that first has to ask the node things, with an exchange after each question.
        private static func insist(_ arguments: [String], _ profile: String, _ workspace: Workspace) async throws -> Output {
            for _ in 0..<8 {
                let output = try await workspace.hexi(arguments, profile: profile)
                // 3: it waits for an exchange.
                guard output.status == 3 else { return output }
                if output.error.contains("signed statement waits") { return try await carry(profile, workspace) }
                _ = try await carry(profile, workspace)
            }
            throw ChildProcess.Failure(description: "\(arguments) asks for ever")
        }

        private static func join(_ profile: String, role: String, key: String, _ workspace: Workspace) async throws -> String {
            try await workspace.expect(0, ["bundle", "import", "welcome", "--node-key", key], profile: profile)
            let applied = try await insist(
                ["participant", "apply", "--name", "The \(profile)", "--country", "DE", "--role", role, "--json"], profile, workspace)
            let identifier = try applied.identifier()
            try await workspace.expect(0, ["participant", "approve", identifier], profile: "operator")
            return identifier
        }

        @Test("A trade from application to result goes by file alone, and nothing in it happens twice")
        func trade() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                let welcome = try await workspace.expect(0, ["bundle", "welcome", "welcome", "--json"], profile: "operator").json()
                let key = try #require(welcome["nodeKeys"]?.arrayValue?.first?.stringValue)
                // The wrong key, or none, makes no profile.
                try await workspace.expect(1, ["bundle", "import", "welcome"], profile: "provider")
                try await workspace.expect(1, ["bundle", "import", "welcome", "--node-key", "x"], profile: "provider")
                _ = try await Self.join("provider", role: "provider", key: key, workspace)
                _ = try await Self.join("buyer", role: "buyer", key: key, workspace)

                let product = try await Self.publish(workspace)
                let offer = try await Self.insist(
                    [
                        "contract", "offer", "--product", product, "--purpose", "research", "--runs", "5", "--until", "2035-12-31",
                        "--yes", "--json",
                    ], "buyer", workspace)
                let contract = try offer.identifier()
                #expect(try await Self.insist(["contract", "sign", contract, "--yes", "--json"], "provider", workspace).status == 0)
                let query = try await Self.insist(try await space.submission(of: product), "buyer", workspace).identifier()
                #expect(try await Self.insist(["query", "approve", query, "--json"], "provider", workspace).status == 0)

                let task = try await Self.insist(["task", "mint", query, "--contract", contract, "--json"], "buyer", workspace).identifier()
                let run = try await Self.insist(["run", "start", "--task", task, "--json"], "buyer", workspace)
                #expect(run.status == 0, "\(run.all)")
                #expect(try run.json()["receipt"]?["type"] == "run.completed", "\(run.all)")
                try await Self.repeatLastDelivery(workspace, space)
                #expect(try await space.node.stop() == 0)
            }
        }

        /// The file with the run's request is delivered again: to the node that kept its answers, and to one that lost them.
        private static func repeatLastDelivery(_ workspace: Workspace, _ space: SmallSpace) async throws {
            try await workspace.expect(0, ["bundle", "deliver", "buyer.out", "--out", "again"], profile: "operator")
            #expect(try workspace.read("again") == workspace.read("buyer.in"))
            let bundles = workspace.path("node/bundles")
            // Changed on the way: refused as a whole, and its answers do not stand for the sound file's.
            for name in try FileManager.default.contentsOfDirectory(atPath: bundles) {
                try FileManager.default.removeItem(atPath: "\(bundles)/\(name)")
            }
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: workspace.path("buyer.out"))))
            bytes[bytes.count - 1] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: workspace.path("changed")))
            let refused = try await workspace.expect(1, ["bundle", "deliver", "changed", "--out", "changed.in"], profile: "operator")
            #expect(refused.error.contains("differs from its digest"), "\(refused.all)")
            try await workspace.expect(0, ["bundle", "deliver", "buyer.out", "--out", "again"], profile: "operator")
            let runs = try await workspace.expect(0, ["usage", "--json"], profile: "operator").json()
            #expect(runs["charges"]?.arrayValue?.map { $0["runs"] } == [1], "\(runs.serializedString())")
            #expect(runs["parties"]?.arrayValue?.allSatisfy { $0["refused"] == 0 } == true)
        }

        private static func publish(_ workspace: Workspace) async throws -> String {
            try workspace.write(SmallSpace.table, to: "trips.csv")
            var imported = try await workspace.hexi(["product", "import", "trips.csv", "--json"], profile: "provider")
            while imported.status == 3 {
                _ = try await carry("provider", workspace)
                imported = try await workspace.hexi(["product", "import", "trips.csv", "--json"], profile: "provider")
            }
            let snapshot = try imported.json()["snapshot"]?["sha256"]?.stringValue ?? ""
            let template = try await insist(
                [
                    "product", "template", snapshot, "--role", "person=privacy_unit", "--role", "region=dimension", "--role",
                    "minutes=measure",
                ], "provider", workspace)
            guard var listing = try template.json().objectValue else {
                throw ChildProcess.Failure(description: "the template is no object: \(template.all)")
            }
            for (name, value) in SmallSpace.details { listing[name] = value }
            try workspace.write(JSONValue.object(listing).serializedString(), to: "trips.json")
            return try await insist(["product", "publish", "trips.json", "--json"], "provider", workspace).identifier()
        }
    }
}
