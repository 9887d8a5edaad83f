import CommandLineInterface
import Encoding
import Exchange
import Signing
import Testing

@testable import hexi

@Suite struct RunTests {
    static func candidate(_ number: UInt8, _ prices: [(Identifier, Int64)], maximum: Int64 = 10, used: Int64 = 0) throws -> ContractChoice.Candidate {
        let products = prices.map { product, price -> JSONValue in
            ["product": .string(product.text), "version": 1, "pricePerRun": .integer(price)]
        }
        return try ContractChoice.Candidate(
            JSONCursor([
                "identifier": .string(identifier(.contract, number).text), "completedRuns": .integer(used),
                "terms": ["maximumRuns": .integer(maximum), "products": .array(products)],
            ]))
    }

    static let flights = identifier(.product, 1)
    static let weather = identifier(.product, 2)
    static let tables = [
        QueryTable(name: "flights", product: flights, version: 1), QueryTable(name: "weather", product: weather, version: 1),
    ]

    @Test func oneContractForBothTablesIsEnough() throws {
        let both = try Self.candidate(1, [(Self.flights, 2000), (Self.weather, 500)])
        let choice = try ContractChoice(covering: Self.tables, from: [both, try Self.candidate(2, [(Self.weather, 1)])])
        #expect(choice.contracts == [both.identifier])
        #expect(choice.cost == 2500)
    }

    @Test func twoContractsAreTakenWhereNoneCoversBoth() throws {
        let candidates = [try Self.candidate(1, [(Self.weather, 500)]), try Self.candidate(2, [(Self.flights, 2000)])]
        let choice = try ContractChoice(covering: Self.tables, from: candidates)
        #expect(choice.contracts == [identifier(.contract, 2), identifier(.contract, 1)])
        #expect(choice.cost == 2500)
    }

    @Test func aContractWithoutRunsLeftIsPassedOver() throws {
        let spent = try Self.candidate(1, [(Self.flights, 1)], maximum: 3, used: 3)
        let fresh = try Self.candidate(2, [(Self.flights, 2)])
        #expect(try ContractChoice(covering: [Self.tables[0]], from: [spent, fresh]).contracts == [fresh.identifier])
        #expect {
            try ContractChoice(covering: [Self.tables[0]], from: [spent])
        } throws: { "\($0)".contains("used all its runs") }
    }

    @Test func aTableWithoutContractIsNamed() throws {
        #expect {
            try ContractChoice(covering: Self.tables, from: [try Self.candidate(1, [(Self.flights, 1)])])
        } throws: { "\($0)".contains("weather") }
        let later = [QueryTable(name: "flights", product: Self.flights, version: 2)]
        #expect(throws: ClientError.self) { try ContractChoice(covering: later, from: [try Self.candidate(1, [(Self.flights, 1)])]) }
    }

    @Test func aProductReadUnderTwoNamesIsPaidForOnce() throws {
        let tables = [Self.tables[0], QueryTable(name: "again", product: Self.flights, version: 1)]
        #expect(try ContractChoice(covering: tables, from: [try Self.candidate(1, [(Self.flights, 2000)])]).cost == 2000)
    }

    @Test func parametersMustBeThoseOfTheQuery() throws {
        let target = RunTarget(
            title: "", tables: [],
            parameters: [QueryParameter(name: "month", type: .integer), QueryParameter(name: "since", type: .date)])
        #expect(try target.values(["since=2013-01-01", "month=7"]) == ["since": "2013-01-01", "month": 7])
        for texts in [["month=7"], ["month=7", "since=x", "other=1"], ["month=7", "month=8", "since=x"], ["month=x", "since=x"]] {
            #expect(throws: UsageError.self) { try target.values(texts) }
        }
    }

    static let columns: JSONValue = [["name": "carrier", "type": "VARCHAR"], ["name": "delay", "type": "DOUBLE"]]
    static let result: JSONValue = ["columns": columns, "rows": [["AA", .number(8.5)], ["UA", .number(12.106)]]]

    /// A node with one query over flights and one contract, whose run gives a result.
    static func bench(recorded digest: String, contracts: [JSONValue]? = nil) throws -> CommandBench {
        let own = identifier(.participant, 1)
        let contract: JSONValue = [
            "identifier": .string(identifier(.contract, 1).text), "inForce": true, "completedRuns": 0,
            "terms": [
                "buyer": .string(Identifier(kind: .participant, prefix: "86.gs.test", payload: [1]).text), "maximumRuns": 5,
                "products": [["product": .string(flights.text), "version": 1, "pricePerRun": 2000]],
            ],
        ]
        let query = identifier(.query, 1).text
        return try CommandBench { request in
            switch (request.method, request.target.prefix { $0 != "?" }) {
            case ("GET", "/api/v1/space"): return ScriptedNode.json(200, ScriptedNode.space)
            case ("GET", "/api/v1/queries/\(query)"):
                return ScriptedNode.json(
                    200,
                    [
                        "title": "Delay by carrier", "parameters": [],
                        "tables": [["name": "flights", "product": .string(flights.text), "version": 1]],
                    ])
            case ("GET", "/api/v1/contracts"): return ScriptedNode.json(200, ["items": .array(contracts ?? [contract])])
            case ("POST", "/api/v1/tasks"):
                let statement = try? SignedStatement(request.statement)
                return ScriptedNode.json(
                    201,
                    [
                        "identifier": .string(statement?.identifier(.task).text ?? ""), "duplicate": false,
                        "receipt": ["seq": 29, "type": "task.minted", "time": "t", "leafHash": "aa"],
                    ])
            case ("POST", "/api/v1/runs"):
                return ScriptedNode.json(
                    201,
                    [
                        "identifier": .string(identifier(.run, 1).text), "duplicate": false,
                        "receipt": ["seq": 30, "type": "run.completed", "time": "t", "leafHash": "ab"],
                        "run": [
                            "identifier": .string(identifier(.run, 1).text), "outcome": "completed", "rows": 2,
                            "suppressedGroups": 1, "milliseconds": 41, "result": .string(digest),
                            "charges": [
                                ["amount": 2000, "payee": .string(own.text), "contract": .string(identifier(.contract, 1).text)]
                            ],
                        ],
                        "result": result,
                    ])
            default: return ScriptedNode.problem("not-found", 404)
            }
        }
    }

    @Test func aRunPrintsItsResultTimeChargeAndReceipt() async throws {
        let bench = try Self.bench(recorded: SHA256.hash(Self.result.serialized()).description)
        #expect(await bench.run("run", "start", identifier(.query, 1).text) == .success)
        for text in ["carrier", "12.106", "20.00 CNY", "41 ms", "suppressed groups  1", "ledger entry 30"] {
            #expect(bench.output.contains(text), "\(text) is missing from \(bench.output)")
        }
        let sent = try SignedStatement(try #require(bench.node.requests.last).statement)
        guard case .runRequest(let request) = sent.content else {
            Issue.record("no run request was sent")
            return
        }
        #expect(request.contracts == [identifier(.contract, 1)])
        // The run uses the task that was minted for it, with the very same wish.
        let minted = try SignedStatement(try #require(bench.node.requests.dropLast().last).statement)
        guard case .run(.task(let task)) = minted.content else {
            Issue.record("no task was asked for")
            return
        }
        #expect(request.task == minted.identifier(.task))
        #expect((task.query, task.contracts, task.parameters) == (request.query, request.contracts, request.parameters))
        // What is signed is said before.
        #expect(bench.error.contains("at 20.00 CNY"))
    }

    @Test func aResultThatIsNotTheRecordedOneIsNotShown() async throws {
        let bench = try Self.bench(recorded: String(repeating: "0", count: 64))
        #expect(await bench.run("run", "start", identifier(.query, 1).text) == .failure)
        #expect(!bench.output.contains("12.106"))
        #expect(bench.error.contains("SHA-256"))
    }

    @Test func csvHoldsNothingButTheResult() async throws {
        let bench = try Self.bench(recorded: SHA256.hash(Self.result.serialized()).description)
        #expect(await bench.run("run", "start", identifier(.query, 1).text, "--csv") == .success)
        #expect(bench.output == "carrier,delay\r\nAA,8.5\r\nUA,12.106\r\n")
    }

    @Test func withoutContractNothingIsSentUnlessAsked() async throws {
        let bench = try Self.bench(recorded: "", contracts: [])
        #expect(await bench.run("run", "start", identifier(.query, 1).text) == .negative)
        #expect(!bench.node.requests.contains { $0.method == "POST" })
        #expect(bench.error.contains("hexi contract offer"))
        _ = await bench.run("run", "start", identifier(.query, 1).text, "--contract", "none")
        #expect(bench.node.requests.contains { $0.method == "POST" })
    }
}
