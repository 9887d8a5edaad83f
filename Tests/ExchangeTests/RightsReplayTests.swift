import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

@Suite("Replay of rights")
struct RightsReplayTests {
    @Test("of a ledger with every type of entry about rights gives the state of the node that wrote it, also over stored states")
    func equality() throws {
        let story = try RightsStory()
        #expect(Set(story.fixture.events.map(\.type)).isSuperset(of: EventType.ofRights))
        #expect(try story.fixture.replayed() == story.fixture.state)
        var state = ExchangeState()
        for line in story.fixture.lines {
            try state.replay(try LedgerEntry(line))
            state = try JSONDecoder().decode(ExchangeState.self, from: try JSONEncoder().encode(state))
        }
        #expect(state == story.fixture.state)
        let list = try PropertyListEncoder().encode(state)
        #expect(try PropertyListDecoder().decode(ExchangeState.self, from: list) == state)
        #expect(state.rights.rights[story.merged]?.standing(at: state.time) == .cancelled)
    }

    @Test("refuses an entry of which any word of the body was changed, left out or added")
    func forgeries() throws {
        let story = try RightsStory()
        var state = ExchangeState()
        var forgeryCount = 0
        for line in story.fixture.lines {
            let entry = try #require(try JSONValue.parse(line).objectValue)
            let body = try #require(entry["body"]?.objectValue)
            if EventType.ofRights.map(\.rawValue).contains(entry["type"]?.stringValue ?? "") {
                for name in body.names + ["colour"] {
                    for value in [nil, JSONValue.string("1/2"), .bool(false), .string(story.airport.identifier.text)] where body[name] != value {
                        var (forged, changed) = (entry, body)
                        changed[name] = value
                        forged["body"] = .object(changed)
                        var attempt = state
                        let bytes = JSONValue.object(forged).serialized()
                        #expect(throws: (any Error).self, "\(name) of \(entry["type"] ?? .null)") {
                            try attempt.replay(try LedgerEntry(bytes))
                        }
                        forgeryCount += 1
                    }
                }
            }
            try state.replay(try LedgerEntry(line))
        }
        #expect(forgeryCount > 400)
    }
}
