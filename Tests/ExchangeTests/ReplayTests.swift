import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Signing
import Testing

@Suite("Replay")
struct ReplayTests {
    /// A ledger with every type of entry in it.
    static func ledger() throws -> ExchangeFixture {
        var market = try Market()
        let (airport, bureau, insurer) = (market.airport, market.bureau, market.insurer)
        try market.fixture.run(insurer, market.jointQuery, [market.contract])
        try market.fixture.run(insurer, market.flightsQuery, [])
        try market.fixture.submit(
            market.fixture.request(market.flightsQuery, [market.contract]), by: insurer.key,
            .outcome(.refusedBySandbox(code: "memory-limit", message: "内存不足")))
        let refused = try market.fixture.submitQuery(insurer, [market.weather])
        try market.fixture.decide(refused, .refuse, by: bureau)
        let fault = QueryFault(code: "raw-rows", message: "no", piece: "*", line: 1, column: 8)
        try market.fixture.submit(
            .querySubmission(market.fixture.submission(insurer, [market.weather])), by: insurer.key, .check(.refused(fault)))
        try market.fixture.decide(market.jointQuery, .revoke, by: bureau)
        try market.fixture.decide(bureau.identifier, .suspend)
        try market.fixture.decide(bureau.identifier, .resume)
        try market.fixture.decide(try market.fixture.apply("Crook", [.buyer]).identifier, .refuse)
        try market.fixture.setLogKeys([0, 1])
        try market.fixture.setLogKeys([1])
        try market.fixture.submit(.spacePolicy(SpacePolicy()), by: market.fixture.operatorKey)
        let end = ContractTermination(contract: market.contract, reason: "")
        try market.fixture.submit(.contractTermination(end), by: airport.key)
        try market.fixture.submit(.productWithdrawal(ProductWithdrawal(product: market.weather, reason: "")), by: bureau.key)
        return market.fixture
    }

    @Test("of a ledger with every type of entry gives the state of the node that wrote it")
    func equality() throws {
        let fixture = try Self.ledger()
        #expect(Set(fixture.events.map(\.type)) == EventType.ofTrade)
        #expect(
            EventType.ofTrade.union(EventType.ofIdentity).union(EventType.ofCatalogue).union(EventType.ofRights).union(EventType.ofRuns)
                == Set(EventType.allCases))
        #expect(try fixture.replayed() == fixture.state)
        #expect(fixture.state.size == UInt64(fixture.lines.count))
    }

    @Test("may stop after any entry, store the state and go on from there")
    func snapshots() throws {
        let fixture = try Self.ledger()
        var state = ExchangeState()
        for line in fixture.lines {
            try state.replay(try LedgerEntry(line))
            let stored = try JSONEncoder().encode(state)
            let restored = try JSONDecoder().decode(ExchangeState.self, from: stored)
            #expect(restored == state)
            state = restored
        }
        #expect(state == fixture.state)
        let list = try PropertyListEncoder().encode(state)
        #expect(try PropertyListDecoder().decode(ExchangeState.self, from: list) == state)
    }

    @Test("refuses a ledger with any entry left out, repeated, or two swapped")
    func order() throws {
        let lines = try Self.ledger().lines
        func accepts(_ lines: [[UInt8]]) throws -> Bool {
            var state = ExchangeState()
            do { for line in lines { try state.replay(try LedgerEntry(line)) } } catch is ReplayError { return false }
            return true
        }
        #expect(try accepts(lines))
        for place in 0..<lines.count - 1 {
            var changed = lines
            changed.remove(at: place)
            #expect(try !accepts(changed), "without entry \(place)")
            changed = lines
            changed.insert(lines[place], at: place)
            #expect(try !accepts(changed), "with entry \(place) twice")
            changed = lines
            changed.swapAt(place, place + 1)
            #expect(try !accepts(changed), "with entries \(place) and \(place + 1) swapped")
        }
    }

    @Test("refuses every entry whose body, type, subject, actor, number or time was changed")
    func forgeries() throws {
        let fixture = try Self.ledger()
        var state = ExchangeState()
        var forgeryCount = 0
        for line in fixture.lines {
            let entry = try #require(try JSONValue.parse(line).objectValue)
            for forgery in Self.forgeries(of: entry) {
                var copy = state
                let bytes = JSONValue.object(forgery).serialized()
                #expect(throws: (any Error).self, "\(String(decoding: bytes, as: UTF8.self).prefix(400))") {
                    try copy.replay(try LedgerEntry(bytes))
                }
                #expect(copy == state)
                forgeryCount += 1
            }
            try state.replay(try LedgerEntry(line))
        }
        #expect(forgeryCount > 300)
    }

    /// Facts that only the node knows cannot be checked by the rules: that is what its signature is for.
    private static let reported: [String: Set<String>] = [
        "query.submitted": ["engine", "policy"], "query.refused": ["code", "reason", "piece", "line", "column"],
        "run.completed": ["engine", "result", "rows", "suppressedGroups", "milliseconds"], "run.refused": ["reason", "code"],
    ]

    private static func forgeries(of entry: JSONObject) -> [JSONObject] {
        var forgeries: [JSONObject] = []
        let type = entry["type"]?.stringValue ?? ""
        for (name, value) in [
            ("seq", JSONValue.integer((entry["seq"]?.integerValue ?? 0) + 1)), ("time", "2020-01-01T00:00:00.000Z"),
            ("subject", "86.gs.test"), ("actor", "node"), ("type", "run.refused"), ("type", "contract.signed"),
        ] as [(String, JSONValue)] where entry[name] != value {
            var forgery = entry
            forgery[name] = value
            // The first entry may have any time: nothing is before it.
            if name == "time", entry["seq"] == 0 { continue }
            forgeries.append(forgery)
        }
        guard let body = entry["body"]?.objectValue else { return forgeries }
        let statement = entry["statement"]?.stringValue ?? ""
        let isFreeRefusal = type == "query.refused" && body["code"] == "refused-by-provider"
        for member in body.members where isFreeRefusal || reported[type]?.contains(member.name) != true || statement.isEmpty {
            var changed = body
            changed[member.name] = altered(member.value)
            var forgery = entry
            forgery["body"] = .object(changed)
            forgeries.append(forgery)
            changed[member.name] = nil
            forgery["body"] = .object(changed)
            forgeries.append(forgery)
        }
        var more = body
        more["note"] = ""
        var forgery = entry
        forgery["body"] = .object(more)
        return forgeries + [forgery]
    }

    private static func altered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .bool(let flag): .bool(!flag)
        case .integer(let number): .integer(number + 1)
        case .string(let text): .string(text == "sandbox" ? "rules" : text == "rules" ? "sandbox" : text + "x")
        case .array(let elements): .array(elements.isEmpty ? ["x"] : elements.dropLast())
        case .object: [:]
        default: 0
        }
    }

    @Test("does not hang on the words of a refusal, only on its code")
    func words() throws {
        let fixture = try Self.ledger()
        let place = try #require(fixture.events.firstIndex { $0.body["by"] == "rules" })
        var state = ExchangeState()
        for line in fixture.lines[..<place] { try state.replay(try LedgerEntry(line)) }
        let entry = try #require(try JSONValue.parse(fixture.lines[place]).objectValue)
        for (member, value, isSound) in [("reason", "said in other words", true), ("code", "not-found", false)] as [(String, JSONValue, Bool)] {
            var body = try #require(entry["body"]?.objectValue)
            body[member] = value
            var changed = entry
            changed["body"] = .object(body)
            var copy = state
            let bytes = JSONValue.object(changed).serialized()
            if isSound {
                try copy.replay(try LedgerEntry(bytes))
            } else {
                #expect(throws: ReplayError.self) { try copy.replay(try LedgerEntry(bytes)) }
            }
        }
    }

    @Test("charges that a node made up are found out")
    func forgedCharge() throws {
        let fixture = try Self.ledger()
        let place = try #require(fixture.events.firstIndex { $0.type == .runCompleted })
        var state = ExchangeState()
        for line in fixture.lines[..<place] { try state.replay(try LedgerEntry(line)) }
        let text = String(decoding: fixture.lines[place], as: UTF8.self)
        for (from, to) in [("\"amount\":500", "\"amount\":501"), ("\"rows\":10", "\"rows\":1001"), ("\"policy\":\"", "\"policy\":\"0")] {
            let forged = text.replacing(from, with: to)
            #expect(forged != text)
            #expect(throws: (any Error).self) { try state.replay(try LedgerEntry(Array(forged.utf8))) }
        }
        try state.replay(try LedgerEntry(fixture.lines[place]))
    }
}
