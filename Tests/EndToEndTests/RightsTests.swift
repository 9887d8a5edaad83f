import Encoding
import Foundation
import Testing

extension EndToEnd {
    /// A right in data from its resource's registration to its cancellation, as those concerned live it with the programs.
    @Suite struct RightsTests {
        @Test("A right is granted, certified, pledged, transferred, split, merged and cancelled, and auditors follow it offline")
        func wholeLife() async throws {
            try await Workspace.with { workspace in
                let space = try await SmallSpace.open(workspace)
                try await hearAtOnce(workspace)
                let airport = try await join(space, "airport")
                let bureau = try await join(space, "bureau")
                let resource = try await registerResource(workspace)
                let right = try await grant(workspace, over: resource, objector: bureau)
                try await certify(workspace, right)

                #expect(try await space.node.stop() == 0)
                try await auditOffline(workspace, right)
                let port = try #require(space.node.address.split(separator: ":").last.flatMap { UInt16($0) })
                let node = try await RunningNode.start(workspace, home: "node", port: port)

                try await pledgeAndTransfer(workspace, right, to: bureau)
                let whole = try await splitAndMerge(workspace, right, airport: airport, bureau: bureau, over: resource)
                try await cancel(workspace, whole)
                try await expectOldCertificateRefused(workspace)

                #expect(try await node.stop() == 0)
                let verdict = try await workspace.audit(["verify", "node"])
                #expect(verdict.status == 0 && verdict.output.contains("SOUND"), "\(verdict.all)")
                let stale = try await workspace.audit(["certificate", "certificate.vc.jwt", "--ledger", "node"])
                #expect(stale.status == 1 && stale.output.contains("NOT VALID"), "\(stale.all)")
            }
        }

        /// The space's rules: no days of notice, and objections until the decision, so that the test waits for no day.
        private func hearAtOnce(_ workspace: Workspace) async throws {
            let template = try await workspace.expect(0, ["space", "policy", "template"]).json()
            var policy = try #require(template.objectValue)
            var rights = try #require(policy["rights"]?.objectValue)
            rights["noticeWorkingDays"] = 0
            rights["hearsLateObjections"] = true
            policy["rights"] = .object(rights)
            try workspace.write(JSONValue.object(policy).serializedString(), to: "policy.json")
            let set = ["space", "policy", "set", "policy.json", "--yes"]
            try await workspace.expect(0, set, profile: "operator")
            // The same again is no second entry.
            let again = try await workspace.expect(0, set + ["--json"], profile: "operator").json()
            #expect(again["changed"] == false)
        }

        private func join(_ space: SmallSpace, _ profile: String) async throws -> String {
            let identifier = try await space.apply(profile, role: "provider")
            try await space.workspace.expect(0, ["participant", "approve", identifier], profile: "operator")
            return identifier
        }

        private func registerResource(_ workspace: Workspace) async throws -> String {
            try workspace.write("%PDF-1.4\nThe readings belong to the airport.\n", to: "agreement.pdf")
            let resource = try await workspace.expect(
                0,
                [
                    "resource", "register", "--title", "zh=航班数据", "--title", "en=Flights", "--summary", "en=One row a flight",
                    "--origin", "self-collected", "--lawful-basis", "Aviation statistics rules", "--evidence", "contract=agreement.pdf",
                    "--yes", "--json",
                ], profile: "airport"
            ).identifier()
            // The operator reads what was sent, and the bureau does not.
            let listed = try await workspace.expect(0, ["evidence", "list", resource, "--json"], profile: "operator").json()
            let digest = try #require(listed["items"]?[0]?["sha256"]?.stringValue)
            try await workspace.expect(0, ["evidence", "get", digest, "--out", "fetched.pdf"], profile: "operator")
            #expect(try workspace.read("fetched.pdf") == workspace.read("agreement.pdf"))
            try await workspace.expect(1, ["evidence", "get", digest, "--out", "stolen.pdf"], profile: "bureau")
            return resource
        }

        private func grant(_ workspace: Workspace, over resource: String, objector: String) async throws -> String {
            let right = try await workspace.expect(
                0,
                [
                    "right", "apply", "--over", resource, "--kind", "holding", "--title", "zh=航班数据持有权", "--title", "en=Holding of flights",
                    "--ground", "self-collected", "--months", "12", "--exclusive", "--evidence", "contract=agreement.pdf", "--yes", "--json",
                ], profile: "airport"
            ).identifier()
            try await workspace.expect(0, ["right", "check", right, "pass", "--yes"], profile: "operator")
            #expect(try await workspace.expect(0, ["right", "notices", "--json"], profile: "bureau").output.contains(right))
            try await workspace.expect(
                0, ["right", "object", right, "--ground", "better-right", "--statement", "The readings are ours", "--yes"], profile: "bureau")
            let early = try await workspace.expect(1, ["right", "decide", right, "grant", "--yes"], profile: "operator")
            #expect(early.all.contains("objection"), "\(early.all)")
            try await workspace.expect(
                0, ["right", "objection", right, "dismissed", "--objector", objector, "--reason", "The deed names other readings", "--yes"],
                profile: "operator")
            try await workspace.expect(0, ["right", "decide", right, "grant", "--yes"], profile: "operator")
            return right
        }

        private func certify(_ workspace: Workspace, _ right: String) async throws {
            try await workspace.expect(0, ["right", "certificate", right, "--out", "certificate.vc.jwt", "--print"], profile: "airport")
            #expect(try workspace.read("certificate.vc.jwt.html").contains(right))
            for named in [right, "certificate.vc.jwt"] {
                let verified = try await workspace.expect(0, ["right", "verify", named], profile: "bureau")
                #expect(verified.output.contains("VALID: in-force"), "\(verified.all)")
            }
            // One letter changed within what is signed.
            var bytes = try workspace.bytes("certificate.vc.jwt")
            let middle = bytes.count / 2
            bytes[middle] = bytes[middle] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            try workspace.write(bytes, to: "forged.vc.jwt")
            let forged = try await workspace.expect(1, ["right", "verify", "forged.vc.jwt"], profile: "bureau")
            #expect(forged.output.contains("NOT GENUINE"), "\(forged.all)")
        }

        /// The node is stopped; the auditor has a copy of the ledger, and nothing else.
        private func auditOffline(_ workspace: Workspace, _ right: String) async throws {
            try FileManager.default.copyItem(atPath: workspace.path("node/ledger"), toPath: workspace.path("copy"))
            let valid = try await workspace.audit(["certificate", "certificate.vc.jwt", "--ledger", "copy"])
            #expect(valid.status == 0 && valid.output.contains("VALID 证书有效") && valid.output.contains(right), "\(valid.all)")
            let report = try await workspace.audit(["certificate", "certificate.vc.jwt", "--ledger", "copy", "--json"]).json()
            #expect(report["genuine"] == true && report["standing"] == "in-force" && report["differs"] == [])
            let forged = try await workspace.audit(["certificate", "forged.vc.jwt", "--ledger", "copy"])
            #expect(forged.status == 1 && forged.output.contains("NOT VALID"), "\(forged.all)")
        }

        /// What is pledged does not change hands before the pledgee lets go; then the very file that was refused is taken.
        private func pledgeAndTransfer(_ workspace: Workspace, _ right: String, to bureau: String) async throws {
            try await workspace.expect(
                0, ["right", "pledge", right, "--to", bureau, "--secures", "Loan 2026-08", "--amount", "500000", "--out", "pledge.json", "--yes"],
                profile: "airport")
            try await workspace.expect(0, ["right", "sign", "pledge.json", "--yes"], profile: "bureau")
            let pledged = try await workspace.expect(0, ["right", "verify", right], profile: "bureau")
            #expect(pledged.output.contains("pledged"), "\(pledged.all)")

            try await workspace.expect(
                0, ["right", "transfer", right, "--to", bureau, "--out", "transfer.json", "--yes"], profile: "airport")
            let refused = try await workspace.expect(1, ["right", "sign", "transfer.json", "--yes", "--json"], profile: "bureau")
            #expect(refused.all.contains("right-pledged"), "\(refused.all)")
            // Only the pledgee releases.
            try await workspace.expect(1, ["right", "release", right, "--reason", "paid", "--yes"], profile: "airport")
            try await workspace.expect(0, ["right", "release", right, "--reason", "paid", "--yes"], profile: "bureau")
            try await workspace.expect(0, ["right", "sign", "transfer.json", "--yes"], profile: "bureau")
            let view = try await workspace.expect(0, ["right", "show", right, "--json"], profile: "airport").json()
            #expect(view["holder"]?.stringValue == bureau)
            // It is the bureau's now.
            try await workspace.expect(1, ["right", "cancel", right, "--yes"], profile: "airport")
        }

        private func parts(_ workspace: Workspace, over resource: String) async throws -> [String: String] {
            let list = try await workspace.expect(
                0, ["right", "list", "--over", resource, "--status", "granted", "--json"], profile: "bureau").json()
            var found: [String: String] = [:]
            for item in list["items"]?.arrayValue ?? [] {
                if let share = item["share"]?.stringValue { found[share] = item["identifier"]?.stringValue }
            }
            return found
        }

        /// Splits it in thirds, brings the airport's third back, and makes one certificate again; gives its number.
        private func splitAndMerge(
            _ workspace: Workspace, _ right: String, airport: String, bureau: String, over resource: String
        ) async throws -> String {
            let uneven = ["right", "split", right, "--part", "1/3=\(airport)", "--part", "1/3=\(bureau)", "--out", "uneven.json", "--yes"]
            try await workspace.expect(0, uneven, profile: "bureau")
            try await workspace.expect(1, ["right", "sign", "uneven.json", "--yes"], profile: "airport")
            try await workspace.expect(
                0, ["right", "split", right, "--part", "1/3=\(airport)", "--part", "2/3=\(bureau)", "--out", "split.json", "--yes"],
                profile: "bureau")
            try await workspace.expect(0, ["right", "sign", "split.json", "--yes"], profile: "airport")
            let divided = try await workspace.expect(1, ["right", "verify", right], profile: "bureau")
            #expect(divided.output.contains("NOT VALID: divided"), "\(divided.all)")

            let thirds = try await parts(workspace, over: resource)
            let (one, two) = (try #require(thirds["1/3"]), try #require(thirds["2/3"]))
            #expect(thirds.count == 2)
            // Parts of two holders are no one's to merge.
            try await workspace.expect(1, ["right", "merge", one, two, "--yes"], profile: "bureau")
            try await workspace.expect(0, ["right", "transfer", one, "--to", bureau, "--out", "back.json", "--yes"], profile: "airport")
            try await workspace.expect(0, ["right", "sign", "back.json", "--yes"], profile: "bureau")
            let whole = try await workspace.expect(0, ["right", "merge", one, two, "--yes", "--json"], profile: "bureau").identifier()
            #expect(try await parts(workspace, over: resource) == ["1/1": whole])
            try await workspace.expect(0, ["right", "verify", whole], profile: "airport")
            return whole
        }

        private func cancel(_ workspace: Workspace, _ right: String) async throws {
            try await workspace.expect(0, ["right", "cancel", right, "--reason", "given up", "--yes"], profile: "bureau")
            let verified = try await workspace.expect(1, ["right", "verify", right], profile: "airport")
            #expect(verified.output.contains("NOT VALID: cancelled"), "\(verified.all)")
        }

        /// The paper from before the split is genuine still, and holds no more.
        private func expectOldCertificateRefused(_ workspace: Workspace) async throws {
            let old = try await workspace.expect(1, ["right", "verify", "certificate.vc.jwt"], profile: "airport")
            #expect(old.output.contains("out of date") && old.output.contains("NOT VALID: divided"), "\(old.all)")
        }
    }
}
