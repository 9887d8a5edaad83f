import Encoding
import Testing

extension EndToEnd {
    /// What a user gets wrong, and what he is told then.
    @Suite struct SlipTests {
        @Test("A mistyped credit code is refused before anything is sent, with the right check character")
        func creditCode() async throws {
            try await Workspace.with { workspace in
                let output = try await workspace.expect(
                    64,
                    [
                        "participant", "apply", "--node", "http://127.0.0.1:9", "--name", "X", "--role", "buyer", "--credit-code",
                        "91621000MA7DEM010N",
                    ], profile: "x")
                #expect(output.error.contains("check character would be M"))
                #expect(output.error.contains("--credit-code"))
            }
        }

        @Test("A mistyped identifier is caught before the node is asked", arguments: [
            ["participant", "show"], ["product", "show"], ["contract", "show"], ["query", "show"], ["run", "show"],
        ])
        func identifier(command: [String]) async throws {
            try await Workspace.with { workspace in
                // A right one with two letters exchanged, and one that is cut off.
                for (wrong, reason) in [
                    ("86.gs.qingyang/P09CFC70KTY2N6B4JRKVG24KS0NC", "its check character would be"),
                    ("86.gs.qingyang/P90CFC70KTY2N6B4", "is not an identifier; one looks like"),
                ] {
                    let output = try await workspace.expect(64, command + [wrong, "--node", "http://127.0.0.1:9"])
                    #expect(output.error.contains(wrong), "\(output.error)")
                    #expect(output.error.contains(reason), "\(output.error)")
                }
            }
        }

        @Test("A node that cannot be reached ends with exit code 2 and says how to reach one")
        func unreachable() async throws {
            try await Workspace.with { workspace in
                let address = "http://127.0.0.1:\(try freePort())"
                let output = try await workspace.expect(2, ["product", "search", "x", "--node", address])
                #expect(output.error.contains(address))
                #expect(output.error.contains("hexi serve"))
                #expect(output.output.isEmpty)
            }
        }

        @Test("Without a profile, a command that needs one says how to get it")
        func noProfile() async throws {
            try await Workspace.with { workspace in
                let output = try await workspace.expect(2, ["usage"], profile: "nowhere")
                #expect(output.error.contains("nowhere"))
                #expect(output.error.contains("hexi participant apply"), "\(output.error)")
            }
        }

        @Test("An unfilled template is refused with the first open place and what can stand there")
        func template() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                try await space.register()
                let template = try await space.template()
                try workspace.write(template.serializedString(), to: "listing.json")
                let output = try await workspace.expect(1, ["product", "publish", "listing.json"], profile: "provider")
                #expect(output.error.contains("not filled in at /title/en"), "\(output.error)")
                #expect(output.error.contains("places more"))

                let closed = try await workspace.expect(0, ["product", "search", ""], profile: "buyer")
                #expect(!closed.output.contains("86.gs.test/D"), "nothing was listed")
            }
        }

        @Test("Who is not approved yet can do nothing but wait, and is told so")
        func notApproved() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                try await space.apply("provider", role: "provider")
                try workspace.write(SmallSpace.table, to: "trips.csv")
                let output = try await workspace.expect(1, ["product", "import", "trips.csv"], profile: "provider")
                #expect(output.error.lowercased().contains("active") || output.error.contains("approved"), "\(output.error)")
                // Applying again would make a second identity.
                let again = try await workspace.expect(
                    1, ["participant", "apply", "--name", "The provider", "--country", "DE", "--role", "provider"],
                    profile: "provider")
                #expect(again.error.contains("registered already"))
            }
        }

        @Test("A query runs only after approval and under a contract that all have signed; signing twice changes nothing")
        func orderOfSteps() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                try await space.register()
                let product = try await space.publish()

                let noContract = try await workspace.expect(1, space.submission(of: product), profile: "buyer")
                #expect(noContract.error.contains("no contract in force covers the table trips"), "\(noContract.error)")

                let contract = try await space.offer(product)
                let unsigned = try await workspace.expect(1, space.submission(of: product), profile: "buyer")
                #expect(unsigned.error.contains("no contract in force"), "\(unsigned.error)")

                try await workspace.expect(0, ["contract", "sign", contract, "--yes"], profile: "provider")
                let size = try await Self.size(space)
                let again = try await workspace.hexi(["contract", "sign", contract, "--yes"], profile: "provider")
                #expect(again.status == 0, "signing again is no error: \(again.all)")
                #expect(try await Self.size(space) == size, "signing again records nothing")

                let query = try await workspace.expect(0, space.submission(of: product), profile: "buyer").identifier()
                let unapproved = try await workspace.expect(1, ["run", "start", query, "--contract", contract], profile: "buyer")
                #expect(unapproved.error.contains("approved"), "\(unapproved.error)")

                try await workspace.expect(0, ["query", "approve", query], profile: "provider")
                let run = try await workspace.expect(0, ["run", "start", query, "--json"], profile: "buyer").json()
                #expect(run["result"]?["rows"]?.arrayValue?.count == 3)
                #expect(run["run"]?["charges"]?.arrayValue?.first?["amount"] == .integer(250))
                #expect(try await space.node.stop() == 0)
                #expect(try await workspace.audit(["verify", "node"]).status == 0)
            }
        }

        private static func size(_ space: SmallSpace) async throws -> JSONValue? {
            try await space.workspace.audit(["verify", space.node.address, "--json"]).json()["entries"]
        }
    }
}
