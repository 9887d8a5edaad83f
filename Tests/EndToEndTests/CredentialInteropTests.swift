import Encoding
import Foundation
import Testing

/// A credential of a running node, checked with PyJWT and cryptography (Tests/Interop/credential.py).
extension EndToEnd {
    @Suite struct CredentialInteropTests {
        private static var tools: String { BuiltPrograms.packageRoot + "/Tools/python" }

        private static func verify(_ workspace: Workspace, _ node: RunningNode, _ file: String) async throws -> JSONValue {
            let script = BuiltPrograms.packageRoot + "/Tests/Interop/credential.py"
            let output = try await workspace.run(
                "/usr/bin/python3", [script, node.address, workspace.path(file)], environment: ["PYTHONPATH": tools])
            try #require(output.status == 0, "ops/setup installs what the script needs: \(output.all)")
            return try output.json()
        }

        @Test func aCredentialVerifiesWithAnIndependentLibraryAndItsStatusIsSeen() async throws {
            try await Workspace.with { workspace in
                let port = try freePort()
                func hexi(_ arguments: String...) async throws -> Output {
                    let output = try await workspace.run(BuiltPrograms.hexi, arguments)
                    try #require(output.status == 0, "\(arguments): \(output.all)")
                    return output
                }
                _ = try await hexi("init", "node", "--prefix", "86.gs.test", "--name", "en=Test", "--port", "\(port)")
                let node = try await RunningNode.start(workspace, home: "node", port: port)
                try workspace.write("the licence", to: "licence.txt")
                _ = try await hexi(
                    "participant", "apply", "--profile", "bureau", "--node", node.address, "--name", "庆阳统计局", "--type", "government",
                    "--level", "city", "--credit-code", "91110000600037341L", "--role", "provider", "--evidence", "licence=licence.txt")
                let who = try await hexi("participant", "whoami", "--profile", "bureau", "--json").json()
                let identifier = try #require(who["identifier"]?.stringValue)
                _ = try await hexi("participant", "approve", identifier, "--assurance", "3", "--profile", "node/operator")
                _ = try await hexi("participant", "credential", "--profile", "bureau", "--out", "bureau.jwt")
                let active = try await Self.verify(workspace, node, "bureau.jwt")
                #expect(active["types"] == ["VerifiableCredential", "RegisteredIdentityCredential"])
                #expect(active["subject"]?["name"] == "庆阳统计局" && active["subject"]?["level"] == "city")
                #expect(active["subject"]?["assurance"] == 3)
                #expect(active["status"] == ["revocation": false, "suspension": false])
                _ = try await hexi("participant", "suspend", identifier, "--profile", "node/operator")
                #expect(try await Self.verify(workspace, node, "bureau.jwt")["status"] == ["revocation": false, "suspension": true])
                _ = try await hexi("participant", "revoke", identifier, "--profile", "node/operator")
                #expect(try await Self.verify(workspace, node, "bureau.jwt")["status"]?["revocation"] == true)
                #expect(try await node.stop() == 0)
            }
        }
    }
}
