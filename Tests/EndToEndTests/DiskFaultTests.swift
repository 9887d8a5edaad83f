import Encoding
import Glibc
import HTTPTransport
import Testing
import TransparencyLog

extension EndToEnd {
    /// A node on a disk that is full, or that may not be written.
    @Suite struct DiskFaultTests {
        private static let home = "\(SmallDisk.name)/node"

        private struct Bench {
            var workspace: Workspace
            var disk: SmallDisk
            var port: UInt16
            var load = WriteLoad(space: "86.gs.test")
            let client = HTTPClient()
            var address: String { "http://127.0.0.1:\(port)" }

            func serve(streams: String = "node") async throws -> RunningNode {
                try await RunningNode.wait(
                    workspace, try disk.start(BuiltPrograms.hexi, ["serve", DiskFaultTests.home], streams: streams),
                    port: port, streams: streams)
            }

            func get(_ path: String) async throws -> HTTPClientResponse {
                try await client.send(HTTPClientRequest(method: "GET", url: address + path))
            }

            /// Asks until the health is as it should be.
            func awaitHealth(_ status: Int) async throws {
                let limit = ContinuousClock.now + .seconds(60)
                while try await get("/healthz").status != status {
                    guard ContinuousClock.now < limit else {
                        throw ChildProcess.Failure(description: "/healthz does not come to \(status)")
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }

            /// Every acknowledged entry is among those that the node gives out.
            func checkEntries() async throws {
                let hashes = try await get("/ledger/entries?start=0&count=1000").body
                    .split(separator: 0x0A).map { MerkleTree.leafHash(Array($0)).description }
                for (seq, hash) in load.acknowledged {
                    #expect(hashes.dropFirst(Int(seq)).first == hash, "entry \(seq) was acknowledged")
                }
            }
        }

        private func withDisk(_ body: (Bench) async throws -> Void) async throws {
            try await Workspace.with { workspace in
                let bench = Bench(
                    workspace: workspace, disk: try await .mount(workspace, megabytes: 32), port: try freePort())
                let made = try await bench.disk.run(
                    BuiltPrograms.hexi,
                    ["init", Self.home, "--prefix", "86.gs.test", "--name", "en=Small disk", "--port", "\(bench.port)"])
                try #require(made.status == 0, "\(made.all)")
                try await body(bench)
            }
        }

        @Test("A full disk refuses new entries, loses none, goes on answering, and is written again once there is room")
        func aFullDiskLosesNothing() async throws {
            try await withDisk { bench in
                let node = try await bench.serve()
                for _ in 0..<5 { #expect(await bench.load.answer(from: bench.address)?.status == 201) }
                try await bench.disk.fill()
                // What is left of the files' last pages takes a few entries still.
                var refusal: HTTPClientResponse?
                for _ in 0..<100 where refusal == nil {
                    let answer = try #require(await bench.load.answer(from: bench.address), "the node does not answer")
                    if answer.status != 201 { refusal = answer }
                }
                let answer = try #require(refusal, "the disk never became full")
                #expect(answer.status == 503)
                #expect(try JSONValue.parse(answer.body)["type"]?.stringValue == "/problems/unavailable", "\(String(decoding: answer.body, as: UTF8.self))")
                #expect(answer.headers["Retry-After"] != nil)
                try await bench.awaitHealth(503)
                // Trying to go on does not make it look well: it stays so until there is room.
                try await Task.sleep(for: .seconds(3))
                #expect(try await bench.get("/healthz").status == 503)
                #expect(node.log.contains("No space left on device"))
                for path in ["/ledger/checkpoint", "/api/v1/space", "/api/v1/products"] {
                    #expect(try await bench.get(path).status == 200, "\(path)")
                }
                try await bench.checkEntries()
                #expect(await bench.load.answer(from: bench.address)?.status == 503)

                try await bench.disk.makeRoom()
                try await bench.awaitHealth(200)
                for _ in 0..<5 { #expect(await bench.load.answer(from: bench.address)?.status == 201) }
                try await bench.checkEntries()
                #expect(try await node.stop() == 0, "\(node.log.suffix(1000))")
                let verdict = try await bench.disk.run(BuiltPrograms.audit, ["verify", Self.home, "--quiet"])
                #expect(verdict.status == 0, "\(verdict.all)")
                let again = try await bench.serve()
                try await bench.checkEntries()
                #expect(try await again.stop() == 0)
            }
        }

        @Test("A node that is killed on a full disk loses nothing; it starts there, or says that it needs room")
        func aNodeKilledOnAFullDiskLosesNothing() async throws {
            try await withDisk { bench in
                let node = try await bench.serve()
                for _ in 0..<5 { #expect(await bench.load.answer(from: bench.address)?.status == 201) }
                try await bench.disk.fill()
                for _ in 0..<100 {
                    guard await bench.load.answer(from: bench.address)?.status == 201 else { break }
                }
                try await node.kill()
                let again = try bench.disk.start(BuiltPrograms.hexi, ["serve", Self.home], streams: "again")
                if let served = try? await RunningNode.wait(bench.workspace, again, port: bench.port, streams: "again") {
                    try await bench.checkEntries()
                    #expect(try await served.stop() == 0)
                } else {
                    // Where the caches lack an entry they have to grow, for which there is no room: then it says so.
                    #expect(again.poll() == 2)
                    #expect(try bench.workspace.read("again.err").contains("No space left on device"))
                }
                try await bench.disk.makeRoom()
                let last = try await bench.serve(streams: "last")
                try await bench.checkEntries()
                #expect(await bench.load.answer(from: bench.address)?.status == 201)
                #expect(try await last.stop() == 0)
            }
        }

        @Test("On a read-only disk a node refuses to start and says why; once the disk can be written, it serves")
        func aReadOnlyDiskIsSaid() async throws {
            try await withDisk { bench in
                let node = try await bench.serve()
                for _ in 0..<3 { #expect(await bench.load.answer(from: bench.address)?.status == 201) }
                #expect(try await node.stop() == 0)
                try await bench.disk.shell("mount -o remount,ro \(SmallDisk.name)")
                let refused = try await bench.disk.run(BuiltPrograms.hexi, ["serve", Self.home])
                #expect(refused.status == 2, "\(refused.all)")
                #expect(refused.all.contains("Read-only file system"), "\(refused.all)")
                // Reading needs no writing.
                let verdict = try await bench.disk.run(BuiltPrograms.audit, ["verify", Self.home, "--quiet"])
                #expect(verdict.status == 0, "\(verdict.all)")
                try await bench.disk.shell("mount -o remount,rw \(SmallDisk.name)")
                let again = try await bench.serve()
                try await bench.checkEntries()
                #expect(await bench.load.answer(from: bench.address)?.status == 201)
                #expect(try await again.stop() == 0)
            }
        }

        @Test("An upload for which there is no room is refused as such and leaves nothing behind")
        func anUploadWithoutRoomLeavesNothing() async throws {
            try await withDisk { bench in
                let node = try await bench.serve()
                for (profile, arguments) in [
                    ("provider", ["participant", "apply", "--node", bench.address, "--name", "A provider", "--country", "DE", "--role", "provider", "--json"]),
                ] {
                    let applied = try await bench.workspace.expect(0, arguments, profile: profile)
                    let approved = try await bench.disk.run(
                        BuiltPrograms.hexi, ["participant", "approve", try applied.identifier()],
                        profile: "\(Self.home)/operator")
                    #expect(approved.status == 0, "\(approved.all)")
                }
                let folders = ["node/vault", "node/work", "node/snapshots"]
                var before: [[String]] = []
                for folder in folders { before.append(try await bench.disk.files(below: folder)) }
                try bench.workspace.write(SmallSpace.table, to: "trips.csv")
                let refused = try await bench.workspace.hexi(["product", "import", "trips.csv"], profile: "provider")
                #expect(refused.status != 0)
                #expect(refused.all.contains("no room"), "\(refused.all)")
                for (folder, names) in zip(folders, before) {
                    #expect(try await bench.disk.files(below: folder) == names, "\(folder)")
                }
                // The ledger has room, and is not touched by it.
                #expect(await bench.load.answer(from: bench.address)?.status == 201)
                #expect(try await node.stop() == 0)
            }
        }

        @Test("A second node on the same folder is refused with the number of the first, which goes on")
        func twoNodesCannotShareAFolder() async throws {
            try await Workspace.with { workspace in
                let port = try freePort()
                try await workspace.expect(0, ["init", "node", "--prefix", "86.gs.test", "--name", "en=One", "--port", "\(port)"])
                let node = try await RunningNode.start(workspace, home: "node", port: port)
                let second = try await workspace.hexi(["serve", "node"], seconds: 60)
                #expect(second.status == 2, "\(second.all)")
                #expect(second.all.contains("in use by process \(node.process.identifier)"), "\(second.all)")
                let load = WriteLoad(space: "86.gs.test")
                #expect(await load.answer(from: node.address)?.status == 201)
                #expect(try await node.stop() == 0)
            }
        }
    }
}
