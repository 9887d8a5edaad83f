import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Ledger entries")
struct LedgerEntryTests {
    private static func line() throws -> String {
        String(decoding: try #require(try Market().fixture.lines.last), as: UTF8.self)
    }

    @Test("read back from every line that a ledger writes")
    func roundTrip() throws {
        let fixture = try Market().fixture
        for (index, line) in fixture.lines.enumerated() {
            let entry = try LedgerEntry(line)
            #expect(entry.seq == UInt64(index))
            #expect(entry.event.type == fixture.events[index].type)
            #expect(entry.event.body == fixture.events[index].body)
            #expect(line.starts(with: #"{"prev":""#.utf8))
            #expect(line.count(where: { $0 == 0x0A }) == 0)
        }
        #expect(try LedgerEntry(fixture.lines[0]).previous == SHA256Digest.zero)
    }

    @Test("are refused with white space anywhere")
    func whiteSpace() throws {
        let line = try Self.line()
        for (from, to) in [("{\"prev\"", "{ \"prev\""), ("\",\"seq\":", "\", \"seq\":"), (",\"time\":", ",\"time\": "), ("\"body\":{", "\"body\":{\n")] {
            let changed = line.replacing(from, with: to, maxReplacements: 1)
            #expect(changed != line)
            #expect(throws: LedgerEntryError.notCanonical) { try LedgerEntry(Array(changed.utf8)) }
        }
        for changed in [" " + line, line + "\n", line + " "] {
            #expect(throws: LedgerEntryError.notCanonical) { try LedgerEntry(Array(changed.utf8)) }
        }
    }

    @Test("are refused with another way to write the same characters or numbers")
    func escapes() throws {
        let line = try Self.line()
        for (from, to) in [("\"query.approved\"", "\"query\\u002eapproved\""), ("/Q", "\\/Q"), ("\"seq\":16", "\"seq\":16.0"), ("\"seq\":16", "\"seq\":1.6e1")] {
            let changed = line.replacing(from, with: to, maxReplacements: 1)
            #expect(changed != line, "\(from) is not in \(line)")
            #expect(throws: LedgerEntryError.self) { try LedgerEntry(Array(changed.utf8)) }
        }
    }

    @Test("are refused with their members in another order, missing, added or repeated")
    func members() throws {
        let object = try #require(try JSONValue.parse(try Self.line()).objectValue)
        func write(_ members: [JSONObject.Member]) -> [UInt8] {
            let texts = members.map { "\(JSONValue.string($0.name).serializedString()):\($0.value.serializedString())" }
            return Array("{\(texts.joined(separator: ","))}".utf8)
        }
        _ = try LedgerEntry(write(object.members))
        for place in 0..<object.count {
            var members = object.members
            if place > 0 {
                members.swapAt(place, place - 1)
                #expect(throws: LedgerEntryError.self) { try LedgerEntry(write(members)) }
            }
            members = object.members
            members.remove(at: place)
            #expect(throws: LedgerEntryError.self) { try LedgerEntry(write(members)) }
            members = object.members
            members.append(object.members[place])
            #expect(throws: LedgerEntryError.self) { try LedgerEntry(write(members)) }
        }
        #expect(throws: LedgerEntryError.wrongMembers(object.names + ["note"])) {
            try LedgerEntry(write(object.members + [.init(name: "note", value: "")]))
        }
    }

    private static let misfits: [(String, JSONValue)] = [
        ("prev", "00"), ("prev", .string(String(repeating: "A", count: 64))), ("seq", -1), ("seq", "1"),
        ("time", "2026-11-21T08:30:00Z"), ("type", "query.eaten"), ("subject", ""), ("actor", 1), ("body", []),
        ("statement", .null), ("statement", "a.b.c"), ("statement", [:]), ("statement", 1),
    ]

    @Test("are refused with a value of the wrong form", arguments: misfits)
    func values(name: String, value: JSONValue) throws {
        var object = try #require(try JSONValue.parse(try Self.line()).objectValue)
        object[name] = value
        #expect(throws: LedgerEntryError.self) { try LedgerEntry(JSONValue.object(object).serialized()) }
    }

    /// Whatever a person can sign and a node can find out must fit: what the rules accept, the ledger can hold.
    @Test("hold the longest statement with the longest report")
    func longest() throws {
        var market = try Market()
        var submission = market.fixture.submission(market.insurer, [market.flights])
        // Quotation marks are written as two bytes, twice: in the payload, and in what the node quotes of it.
        submission.sql = String(repeating: "\"", count: QuerySubmission.maximumTextCount)
        let text = String(repeating: "\"", count: 100_000)
        let fault = QueryFault(code: text, message: text, piece: text, line: .max, column: .min)
        try market.fixture.submit(.querySubmission(submission), by: market.insurer.key, .check(.refused(fault)))
        let longest = try #require(market.fixture.lines.last)
        let statementCount = try LedgerEntry(longest).event.statement.json.serialized().count
        // The rest of the entry, with a statement of the greatest length and a number of nineteen digits.
        #expect(longest.count - statementCount + SignedStatement.maximumCount + 19 <= LedgerEntry.maximumCount)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    private static let strangeTexts = [
        "", "plain", "NUL \0 and bell \u{7}", String(repeating: "👩‍👩‍👧‍👦", count: 2000), String(repeating: "错", count: 2000),
        "first\nsecond\tthird", "\u{202E}backwards", String(repeating: "e\u{301}", count: 5000),
    ]

    @Test("hold whatever text a sandbox gives, and replay to the same", arguments: strangeTexts.indices)
    func strangeReports(index: Int) throws {
        let text = Self.strangeTexts[index]
        var market = try Market()
        let request = market.fixture.request(market.flightsQuery, [market.contract])
        let event = try market.fixture.submit(
            request, by: market.insurer.key, .outcome(.refusedBySandbox(code: "time-limit", message: text)))
        #expect(event.type == .runRefused)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }
}
