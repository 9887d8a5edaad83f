import CommandLineInterface
import Encoding
import Exchange
import HTTPTransport
import Signing
import Testing

@testable import hexi

@Suite struct CommandTests {
    @Test func everyCommandIsWellDeclaredAndHasAnExample() {
        #expect(HexiProgram.root(.standard).problems() == [])
    }

    @Test func everyCommandTakesTheCommonOptions() {
        let names = Set(HexiProgram.root(.standard).options.map(\.name))
        #expect(names.isSuperset(of: ["profile", "node", "json", "quiet"]))
    }

    static func error(_ status: Int) -> ClientError {
        .problem(Problem(code: "x", status: status, title: "", detail: ""))
    }

    @Test func exitCodesTellANoFromAFailure() {
        for status in [400, 401, 403, 404, 409, 410, 422] { #expect(Self.error(status).exitCode == .negative) }
        for status in [429, 500, 503, 507] { #expect(Self.error(status).exitCode == .failure) }
        #expect(ClientError.unreachable(node: "", reason: "", hint: "").exitCode == .failure)
        #expect(ClientError.file(path: "", reason: "").exitCode == .failure)
        #expect(ClientError.usage("", hint: "").exitCode == .usage)
        #expect(ClientError.refused("", hint: "").exitCode == .negative)
    }

    @Test func aNodeThatDoesNotAnswerIsToldFromOneThatRefuses() async throws {
        let silent = try CommandBench { _ throws(HTTPClientError) in throw StatementSenderTests.unreachable }
        #expect(await silent.run("product", "search") == .failure)
        #expect(silent.error.contains("hexi serve"))
        let other = try CommandBench { _ in HTTPClientResponse(status: 200, headers: [:], body: Array("<html>".utf8)) }
        #expect(await other.run("product", "search") == .failure)
        let refusing = try CommandBench { _ in ScriptedNode.problem("role-missing", 403) }
        #expect(await refusing.run("contract", "list") == .negative)
        #expect(await refusing.run("contract", "list", "--status", "offred") == .usage)
    }

    @Test func jsonErrorsAreTheNodesOwnProblemDocuments() async throws {
        let bench = try CommandBench { _ in ScriptedNode.problem("role-missing", 403, ["receipt": ["seq": 3]]) }
        #expect(await bench.run("usage", "--json") == .negative)
        let document = try JSONValue.parse(bench.output)
        #expect(document["type"] == "/problems/role-missing")
        #expect(document["receipt"]?["seq"] == 3)
    }

    @Test func listsAreFollowedPageByPageUpToTheLimit() async throws {
        let bench = try CommandBench { request in
            let page: JSONValue = request.target.contains("cursor=2")
                ? ["items": [["identifier": "c"], ["identifier": "d"]], "next": "3"]
                : ["items": [["identifier": "a"], ["identifier": "b"]], "next": "2"]
            return ScriptedNode.json(200, page)
        }
        #expect(await bench.run("participant", "list", "--limit", "3", "--json") == .success)
        let items = try JSONValue.parse(bench.output)["items"]?.arrayValue ?? []
        #expect(items.map { $0.text("identifier") } == ["a", "b", "c"])
        #expect(bench.node.requests.map(\.target) == ["/api/v1/participants?limit=3", "/api/v1/participants?limit=1&cursor=2"])
        #expect(bench.error.contains("--limit"))
    }

    @Test func publicReadsAreNotSigned() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, ["items": []]) }
        #expect(await bench.run("product", "search", "天气") == .success)
        let request = try #require(bench.node.requests.first)
        #expect(request.headers["Signature"] == nil)
        #expect(request.target == "/api/v1/products?q=%E5%A4%A9%E6%B0%94&limit=100")
    }

    @Test func aRefusedCheckUnderlinesThePieceAndExitsWithOne() async throws {
        let product = identifier(.product, 1)
        let bench = try CommandBench { request in
            guard request.method == "POST" else {
                return ScriptedNode.json(
                    200, ["version": 2, "provider": .string(identifier(.participant, 2).text), "price": ["perRun": 1]])
            }
            return ScriptedNode.json(
                200,
                [
                    "accepted": false,
                    "fault": ["code": "column-role", "message": "no", "piece": "tailnum", "line": 1, "column": 8, "hint": "count it"],
                ])
        }
        let code = await bench.run("query", "check", "-e", "SELECT tailnum FROM flights", "--table", "flights=\(product)")
        #expect(code == .negative)
        #expect(
            bench.output == """
                query:1:8: refused: no [column-role]
                  1 | SELECT tailnum FROM flights
                    |        ^~~~~~~
                rule: the provider gave every column a role, which says whether it may be grouped by, filtered by, joined on, summed or only counted
                allowed: count it

                """)
        let sent = try JSONValue.parse(try #require(bench.node.requests.last).bytes)
        #expect(sent["tables"] == [["name": "flights", "product": .string(product.text), "version": 2]])
    }

    @Test func anApplicationMakesProfileAndKeyAndKnowsItsIdentifier() async throws {
        let bench = try CommandBench { request in
            if request.method == "GET" { return ScriptedNode.json(200, ScriptedNode.space) }
            let made = (try? SignedStatement(request.statement))?.identifier(.participant).text ?? ""
            return ScriptedNode.json(201, ["identifier": .string(made), "duplicate": false])
        }
        let directory = "\(bench.folder.path)/new"
        let program = HexiProgram.program(bench.environment)
        let unlevelled = ["participant", "apply", "--profile", directory, "--name", "气象局", "--type", "government", "--role", "provider"]
        #expect(await program.run(unlevelled + ["--credit-code", "91110000600037341L"]) == .negative, "a government body without its level")
        let words = unlevelled + ["--level", "city"]
        #expect(await program.run(words) == .negative, "a Chinese organisation without its credit code")
        #expect(await program.run(words + ["--credit-code", "911100006000373410"]) == .usage)
        #expect(await program.run(words + ["--credit-code", "91110000600037341L"]) == .success, "\(bench.error)")
        let profile = try Profile(directory: directory)
        let sent = try SignedStatement(try #require(bench.node.requests.last).statement)
        #expect(profile.participant == sent.identifier(.participant))
        #expect(profile.space == "86.gs.test")
        #expect(sent.keyIdentifiers == [try KeyFile.read(profile.keyPath, passphrase: nil).keyIdentifier])
    }

    @Test func aRegisteredProfileDoesNotApplyAgain() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, ["status": "active"]) }
        let code = await bench.run("participant", "apply", "--name", "x", "--country", "FR", "--role", "buyer")
        #expect(code == .negative)
        #expect(!bench.node.requests.contains { $0.method == "POST" })
    }

    @Test func aRefusedApplicationLeavesTheProfileAsItWas() async throws {
        let bench = try CommandBench { request in
            request.method == "GET" ? ScriptedNode.json(200, ["status": "refused"]) : ScriptedNode.problem("key-already-registered", 409)
        }
        let code = await bench.run("participant", "apply", "--name", "Insurer", "--country", "FR", "--role", "buyer")
        #expect(code == .negative)
        #expect(try Profile(directory: bench.folder.path).participant == bench.participant)
    }

    @Test func anApprovalIsForTheTextThatTheBuyerSigned() async throws {
        let submission = QuerySubmission(
            buyer: identifier(.participant, 9), title: "Delay", mode: .aggregate,
            tables: [QueryTable(name: "flights", product: identifier(.product, 1), version: 1)], parameters: [],
            sql: "SELECT count(*) FROM flights")
        let statement = try SignedStatement.sign(
            .querySubmission(submission), space: "86.gs.test", issuedAt: CommandBench.now, nonce: "0123456789abcdef01234567",
            key: SigningKey(seed: [UInt8](repeating: 9, count: 32)))
        let query = statement.identifier(.query)
        let bench = try CommandBench { request in
            if request.method == "POST" {
                return ScriptedNode.json(201, ["identifier": .string(query.text), "duplicate": false])
            }
            if request.target == "/ledger/entries?start=12&count=1" { return ScriptedNode.json(200, ["statement": statement.json]) }
            return ScriptedNode.json(200, ["seq": 12, "sql": "SELECT something harmless", "status": "submitted"])
        }
        #expect(await bench.run("query", "approve", query.text) == .success)
        #expect(bench.error.contains("SELECT count(*) FROM flights"))
        #expect(!bench.error.contains("harmless"))
        // An entry that holds another query is no ground to approve.
        #expect(await bench.run("query", "approve", identifier(.query, 5).text) == .failure)
    }

    @Test func anotherSpacesNodeIsRefused() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, ["prefix": "86.gs.other", "currency": "CNY"]) }
        #expect(await bench.run("run", "list") == .negative)
        #expect(bench.error.contains("86.gs.other"))
    }
}
