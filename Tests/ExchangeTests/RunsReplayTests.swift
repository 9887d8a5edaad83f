import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

@Suite("Replay of runs")
struct RunsReplayTests {
    private static let types = EventType.ofRuns.union([.runCompleted])

    @Test("of a ledger with every type of entry gives the state of the node that wrote it, also from a stored state")
    func equality() throws {
        let fixture = try RunsStory().fixture
        #expect(Set(fixture.events.map(\.type)).isSuperset(of: EventType.ofRuns))
        #expect(try fixture.replayed() == fixture.state)
        var state = ExchangeState()
        for line in fixture.lines {
            let entry = try LedgerEntry(line)
            #expect(ContractSchemas.mismatch(inEntry: try JSONValue.parse(line)) == nil, "\(entry.event.type)")
            try state.replay(entry)
            let restored = try JSONDecoder().decode(ExchangeState.self, from: try JSONEncoder().encode(state))
            #expect(restored == state, "after \(entry.event.type)")
            state = restored
        }
        #expect(state == fixture.state)
    }

    @Test("refuses an entry whose body says anything else than the rules do")
    func tampering() throws {
        let fixture = try RunsStory().fixture
        // What a node alone can know, and an auditor has to believe.
        let believed: Set<String> = ["engine", "result", "rows", "suppressedGroups", "milliseconds", "artefacts", "method", "exact"]
        var state = ExchangeState()
        var changes = 0
        for line in fixture.lines {
            let document = try #require(try JSONValue.parse(line).objectValue)
            if Self.types.map(\.rawValue).contains(document["type"]?.stringValue ?? "") {
                let isRun = document["type"] == "run.completed"
                for name in document["body"]?.objectValue?.names ?? [] where !(isRun && believed.contains(name)) {
                    var changed = document
                    var body = try #require(document["body"]?.objectValue)
                    body[name] = try Self.other(try #require(body[name]))
                    changed["body"] = .object(body)
                    let entry = try LedgerEntry(JSONValue.object(changed).serialized())
                    var copy = state
                    #expect(throws: ReplayError.self, "\(document["type"] ?? .null) with another \(name)") { try copy.replay(entry) }
                    changes += 1
                }
            }
            try state.replay(try LedgerEntry(line))
        }
        #expect(changes > 40, "\(changes)")
    }

    /// A value that is not the one given, of a form that may well be right.
    private static func other(_ value: JSONValue) throws -> JSONValue {
        switch value {
        case .string(let text):
            if let time = Timestamp(text) { return .string(time.advanced(byMilliseconds: 1).description) }
            return .string(text.last == "0" ? text.dropLast() + "1" : text.dropLast() + "0")
        case .integer(let number): return .integer(number + 1)
        case .bool(let flag): return .bool(!flag)
        case .array(let elements): return .array(elements.isEmpty ? [1] : Array(elements.dropLast()))
        case .object(let object):
            var changed = object
            let name = try #require(object.names.first)
            changed[name] = try other(try #require(object[name]))
            return .object(changed)
        default: return .null
        }
    }
}
