import CommandLineInterface
import Encoding
import HTTPTransport
import Signing
import Testing

@testable import hexi

/// `hexi witness`: what it writes into a node's folder, and what it shows of a running node.
@Suite struct WitnessCommandTests {
    private let logKey = "node.example/hexi+3fb038d0+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"

    private func bench(reached: Bool, warnings: [JSONValue] = [], isWitness: Bool = true) throws -> CommandBench {
        try CommandBench { request throws(HTTPClientError) in
            if request.target == "/witness/logs" {
                guard isWitness else { return ScriptedNode.problem("not-a-witness", 404) }
                return ScriptedNode.json(
                    200,
                    [
                        "witness": "w.example/w+00000000+AAAA",
                        "logs": [["origin": "log.example/a", "keys": [], "size": 7, "time": "2026-11-21T08:30:00.000Z"]],
                    ])
            }
            return ScriptedNode.json(
                200,
                [
                    "ledgerSize": 9, "publishedSize": 8, "quorum": "g", "isQuorumReached": .bool(reached),
                    "missing": .string(reached ? "" : "g needs 2 of 3 and has 1 (w0)"), "warnings": .array(warnings),
                    "witnesses": [
                        ["name": "w0", "key": "k", "url": "http://w0", "failures": 0, "cosignedSize": 8],
                        ["name": "w1", "key": "k", "url": "http://w1", "failures": 3, "error": "down\u{1B}[2J"],
                    ],
                ])
        }
    }

    /// Makes a node's home in the bench's folder.
    private func makeHome(_ bench: CommandBench) async -> String {
        let directory = "\(bench.folder.path)/node"
        #expect(await bench.run("init", directory, "--prefix", "86.gs.test", "--name", "en=Test") == .success)
        return directory
    }

    @Test func aNodeIsMadeAWitnessOnceAndToldItsKeyAgain() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let directory = await makeHome(bench)
        #expect(await bench.run("witness", "enable", directory, "--json") == .success)
        let first = try #require(bench.output.split(separator: "\n").last { $0.contains("86.gs.test/witness+") })
        #expect(await bench.run("witness", "enable", directory, "--json") == .success)
        #expect(bench.output.split(separator: "\n").last { $0.contains("86.gs.test/witness+") } == first)
        #expect(LocalFiles.exists("\(directory)/keys/witness.pem"))
        #expect(await bench.run("witness", "enable", directory, "--name", "other.example/w") == .failure)
    }

    @Test func logsAreListedAndABadKeyIsNot() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let directory = await makeHome(bench)
        #expect(await bench.run("witness", "add-log", directory, logKey, "https://node.example/ledger/") == .success)
        let text = try LocalFiles.readText("\(directory)/witnessed-logs")
        #expect(text.contains("log \(logKey) https://node.example/ledger/\n") && text.contains("quorum none\n"))
        for bad in [logKey, "nonsense", logKey.replacing("3fb038d0", with: "3fb038d1")] {
            #expect(await bench.run("witness", "add-log", directory, bad) == .failure)
        }
        #expect(try LocalFiles.readText("\(directory)/witnessed-logs") == text)
    }

    @Test func theStatusShowsBothRolesAndIsGoodForScripts() async throws {
        let good = try bench(reached: true)
        #expect(await good.run("witness", "status") == .success)
        for word in ["8 of 9", "g, reached", "w0", "http://w1", "log.example/a", "w.example/w"] {
            #expect(good.output.contains(word), "\(word)")
        }
        #expect(!good.output.contains("\u{1B}"), "what another node says does not play with the terminal")
        let lacking = try bench(reached: false)
        #expect(await lacking.run("witness", "status") == .negative)
        #expect(lacking.output.contains("NOT reached") && lacking.output.contains("needs 2 of 3"))
        let alarmed = try bench(reached: true, warnings: ["this ledger was rolled back or forked"])
        #expect(await alarmed.run("witness", "status") == .negative)
        #expect(alarmed.output.contains("WARNING: this ledger was rolled back or forked"))
        let plain = try bench(reached: true, isWitness: false)
        #expect(await plain.run("witness", "status", "--json") == .success)
        #expect(plain.output.contains("\"publishedSize\""))
    }
}
