import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Signing
import Testing
import TransparencyLog

/// Changes of the keys that sign the ledger's checkpoints.
@Suite("The ledger's keys")
struct LogKeysTests {
    private static func keys(_ fixture: ExchangeFixture, _ numbers: [UInt8]) throws -> [String] {
        try numbers.map { try fixture.logSigner($0).verifier.description }
    }

    @Test("are those of the charter, then those of the last change, and remember what was dropped")
    func rotation() throws {
        var fixture = try ExchangeFixture()
        #expect(try fixture.state.space?.logKeys == Self.keys(fixture, [0]))
        let added = try fixture.setLogKeys([0, 1])
        #expect(added.type == .spaceLogKeysChanged)
        #expect(added.subject == ExchangeFixture.prefix)
        #expect(added.actor == Event.operatorActor)
        #expect(added.body["added"]?.arrayValue == [.string(try fixture.logSigner(1).verifier.description)])
        #expect(added.body["dropped"]?.arrayValue == [])
        #expect(try fixture.state.space?.logKeys == Self.keys(fixture, [0, 1]))
        let dropped = try fixture.setLogKeys([1])
        #expect(dropped.body["dropped"]?.arrayValue == [.string(ExchangeFixture.firstLogKey)])
        #expect(try fixture.state.space?.logKeys == Self.keys(fixture, [1]))
        #expect(fixture.state.space?.retiredLogKeys == [ExchangeFixture.firstLogKey])
        #expect(try fixture.replayed() == fixture.state)
    }

    @Test("are changed by the operator alone")
    func onlyTheOperator() throws {
        var market = try Market()
        let change = try market.fixture.logKeys([0, 1])
        for key in [market.airport.key, market.insurer.key, try market.fixture.logSigner(0).key, try SigningKey.numbered(250)] {
            let code = try market.fixture.refusal(of: change, by: key)
            #expect(code == .notTheOperator || code == .signerUnknown)
        }
        #expect(try market.fixture.refusal(of: change, by: market.fixture.operatorKey) == nil)
    }

    @Test("cannot be changed by an earlier statement after a later one, and a repetition is told its entry")
    func order() throws {
        var fixture = try ExchangeFixture()
        let early = try fixture.sign(try fixture.logKeys([0, 1]), by: fixture.operatorKey)
        fixture.time = fixture.time.advanced(byMilliseconds: 1000)
        let late = try fixture.sign(try fixture.logKeys([0, 2]), by: fixture.operatorKey)
        try fixture.submit(late)
        #expect(try fixture.refusal(of: early) == .staleDecision)
        let refusal = #expect(throws: Refusal.self) { try fixture.state.decide(fixture.command(late), at: fixture.time) }
        #expect(refusal?.code == .duplicate)
        #expect(refusal?.recordedAt == fixture.state.size - 1)
    }

    @Test("in the same number but another order are unchanged")
    func anotherOrder() throws {
        var fixture = try ExchangeFixture()
        try fixture.setLogKeys([0, 1])
        #expect(try fixture.refusal(of: try fixture.logKeys([1, 0]), by: fixture.operatorKey) == .logKeysUnchanged)
    }

    /// A handover with something wrong: who sees it must not take it for the word of the keys.
    @Test("pass on only by a handover over exactly this change, signed with every new key and no other")
    func handovers() throws {
        var fixture = try ExchangeFixture()
        let (first, second, third) = (try fixture.logSigner(0), try fixture.logSigner(1), try fixture.logSigner(2))
        let previous = [first.verifier.description]
        let sound = try LogKeys(handingOver: ExchangeFixture.origin, from: previous, to: [first, second], reason: "")
        #expect(try fixture.refusal(of: .logKeys(sound), by: fixture.operatorKey) == nil)
        func note(_ origin: String, _ from: [String], _ to: [NoteSigner], by signers: [NoteSigner]) throws -> SignedNote {
            let text = LogKeys.handoverText(origin: origin, from: from, to: to.map(\.verifier.description))
            return try SignedNote(text: text, signers: signers)
        }
        let other = try NoteSigner(name: "witness.example", key: SigningKey.numbered(9))
        let forged = [
            try note(ExchangeFixture.origin, previous, [first, second], by: [first]),
            try note(ExchangeFixture.origin, previous, [first, second], by: [second]),
            try note(ExchangeFixture.origin, previous, [first, second], by: [first, second, third]),
            try note(ExchangeFixture.origin, previous, [first, second], by: [first, second, other]),
            try note(ExchangeFixture.origin, previous, [first, second], by: [first, first]),
            try note(ExchangeFixture.origin, previous, [second, first], by: [first, second]),
            try note(ExchangeFixture.origin, [], [first, second], by: [first, second]),
            try note("hexi.test/other", previous, [first, second], by: [first, second]),
            try SignedNote(text: "\(ExchangeFixture.origin)\n1\n", signers: [first, second]),
        ]
        for handover in forged {
            let change = LogKeys(logKeys: sound.logKeys, reason: "", handover: handover)
            #expect(try fixture.refusal(of: .logKeys(change), by: fixture.operatorKey) == .handoverWrong, "\(handover)")
        }
        // The signatures of one note under the text of another.
        var bytes = Array(LogKeys.handoverText(origin: ExchangeFixture.origin, from: previous, to: sound.logKeys.map(\.description)).utf8)
        bytes += [0x0A] + forged[6].bytes.dropFirst(forged[6].text.utf8.count + 1)
        let change = LogKeys(logKeys: sound.logKeys, reason: "", handover: try SignedNote(bytes))
        #expect(try fixture.refusal(of: .logKeys(change), by: fixture.operatorKey) == .handoverWrong)
    }

    @Test("are read strictly: each a verifier key in its one form, none twice, one to four")
    func form() throws {
        let fixture = try ExchangeFixture()
        let sound = try JSONValue.parse(
            fixture.logKeys([0, 1]).payload(space: ExchangeFixture.prefix, issuedAt: fixture.time, nonce: "0123456789abcdef"))
        let keys = try #require(sound["logKeys"]?.arrayValue)
        let wrong: [(String, JSONValue)] = [
            ("logKeys", []), ("logKeys", .array([keys[0], keys[0]])), ("logKeys", ["hexi.test+00000000+AQ=="]),
            ("logKeys", .array([keys[0], .string((keys[1].stringValue ?? "") + "\n")])),
            ("logKeys", .array(try (0..<5).map { .string(try fixture.logSigner(UInt8($0)).verifier.description) })),
            ("handover", ""), ("handover", "no note"), ("handover", .string((sound["handover"]?.stringValue ?? "") + "\n")),
            ("reason", .string(String(repeating: "x", count: 1001))), ("reason", "bell \u{7}"),
        ]
        for (name, value) in [("reason", "fine")] + wrong {
            var document = try #require(sound.objectValue)
            document[name] = value
            let payload = JSONValue.object(document).serialized()
            let statement = JSONValue.string(
                JWS.sign(payload: payload, type: StatementKind.logKeys.mediaType, key: fixture.operatorKey))
            let isAccepted = (try? SignedStatement(statement)) != nil
            #expect(isAccepted == (value == "fine"), "\(name): \(value)")
        }
    }

    @Test("of a stored state are the same after it is read again")
    func stored() throws {
        var fixture = try ExchangeFixture()
        try fixture.setLogKeys([0, 1])
        try fixture.setLogKeys([1])
        let stored = try JSONEncoder().encode(fixture.state)
        #expect(try JSONDecoder().decode(ExchangeState.self, from: stored) == fixture.state)
    }
}
