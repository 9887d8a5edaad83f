import Encoding
import Glibc
import Testing

extension EndToEnd {
    /// An auditor runs recorded runs again, from the ledger and the snapshots that the providers hand over.
    @Suite struct ReplayTests {
        @Test("Every completed run of the story is borne out by running it again, and another file or result is not taken for it")
        func replay() async throws {
            try await Workspace.with { workspace in
                let demo = try await workspace.run(
                    BuiltPrograms.hexi, ["demo", "--data", BuiltPrograms.data, "--keep", "story"], seconds: 300)
                try #require(demo.status == 0, "\(demo.output.suffix(2000))\(demo.error)")
                let settings = try JSONValue.parse(Array(try workspace.read("story/node/hexi.json").utf8))
                let port = try #require(settings["port"]?.integerValue.flatMap { UInt16(exactly: $0) })
                let node = try await RunningNode.start(workspace, home: "story/node", port: port)
                let runs = try await workspace.expect(0, ["run", "list", "--json"], profile: "story/insurer").json()
                var replayed = 0
                for run in runs["items"]?.arrayValue ?? [] where run["outcome"] == "completed" {
                    try await again(run["identifier"]?.stringValue ?? "", workspace, isFirst: replayed == 0)
                    replayed += 1
                }
                #expect(replayed >= 2)
                #expect(try await node.stop() == 0)
            }
        }

        private func again(_ run: String, _ workspace: Workspace, isFirst: Bool) async throws {
            let result = try await workspace.expect(0, ["run", "result", run, "--json"], profile: "story/insurer").output
            try workspace.write(result, to: "result.json")
            // Without any snapshot the command says what it needs: which table, whose, and with which digest.
            let asked = try await audit(workspace, [run, "story/node", "--json"]).json()
            #expect(asked["verdict"] == "impossible")
            var snapshots: [String] = []
            for (name, digest) in try await tables(run, workspace) {
                let file = "\(name)-\(digest.prefix(8)).duckdb"
                if access(workspace.path(file), F_OK) != 0 {
                    _ = try await workspace.expect(0, ["product", "snapshot", digest, "--home", "story/node", "--output", file])
                }
                snapshots += ["--snapshot", "\(name)=\(file)"]
            }
            let answer = try await audit(workspace, [run, "story/node", "--json"] + snapshots + ["--result", "result.json"])
            let report = try answer.json()
            #expect(answer.status == 0 && report["confirmed"] == true, "\(answer.output)\(answer.error)")
            guard isFirst else { return }
            try workspace.write("not a snapshot", to: "wrong.duckdb")
            let first = snapshots[1].split(separator: "=")[0]
            let wrong = try await audit(workspace, [run, "story/node", "--json", "--snapshot", "\(first)=wrong.duckdb"] + snapshots.dropFirst(2))
            #expect(wrong.status == 2)
            #expect(try wrong.json()["detail"]?.stringValue?.contains("is not the snapshot") == true)
            try workspace.write(result + " ", to: "result.json")
            let changed = try await audit(workspace, [run, "story/node", "--json"] + snapshots + ["--result", "result.json"])
            #expect(changed.status == 2)
        }

        private func audit(_ workspace: Workspace, _ arguments: [String]) async throws -> Output {
            try await workspace.run(BuiltPrograms.audit, ["replay"] + arguments, seconds: 120)
        }

        /// The snapshots that a run used, by the ledger's own word.
        private func tables(_ run: String, _ workspace: Workspace) async throws -> [(String, String)] {
            let shown = try await workspace.expect(0, ["run", "show", run, "--json"], profile: "story/insurer").json()
            return shown["snapshots"]?.objectValue?.members.map { ($0.name, $0.value.stringValue ?? "") } ?? []
        }
    }
}
