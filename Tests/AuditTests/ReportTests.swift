import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import FoundationXML
import Markup
import Signing
import Testing

@testable import Audit

@Suite struct ReportTests {
    /// What an XML parser makes of a page.
    private final class Reading: NSObject, XMLParserDelegate {
        var elements: [String: Int] = [:]
        var attributes: [(element: String, name: String, value: String)] = []
        var text = ""
        var cells: [String] = []
        private var isInCell = false

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes found: [String: String]
        ) {
            elements[name, default: 0] += 1
            for (attribute, value) in found { attributes.append((name, attribute, value)) }
            guard name == "td" || name == "th" else { return }
            cells.append("")
            isInCell = true
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            if name == "td" || name == "th" { isInCell = false }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            text += string
            if isInCell { cells[cells.count - 1] += string }
        }
    }

    private static func read(_ html: String) throws -> Reading {
        let reading = Reading()
        let parser = XMLParser(data: Data(html.utf8))
        parser.delegate = reading
        let isWellFormed = parser.parse()
        try #require(isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
        return reading
    }

    private static func page(
        _ space: TestSpace, language: PageLanguage = .both, period: AuditPeriod = .everything, contents: [[UInt8]]? = nil
    ) async throws -> (html: String, report: AuditReport) {
        let writer = JournalWriter(contents: contents ?? space.records.map(\.content))
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let collector = SurveyCollector(period: period)
        let report = try await Auditor(.folder(folder.path)).run(visitor: collector)
        let page = ReportPage(
            collector, language: language, producedAt: Timestamp(milliseconds: 1_795_000_000_000), producer: "hexi-audit test")
        return (page.html, report)
    }

    private static func story() throws -> TestSpace {
        var space = TestSpace()
        try space.liveThroughEverything()
        return space
    }

    @Test(arguments: PageLanguage.allCases) func aPageIsWellFormedAndNeedsNothingFromElsewhere(_ language: PageLanguage) async throws {
        let (html, _) = try await Self.page(try Self.story(), language: language)
        let reading = try Self.read(html)
        for element in ["script", "img", "link", "iframe", "object", "embed", "base", "form", "a", "use", "image"] {
            #expect(reading.elements[element] == nil, "<\(element)> stands in the page")
        }
        for (element, name, value) in reading.attributes {
            #expect(!["src", "href", "xlink:href", "srcset", "data", "action"].contains(name), "\(element) \(name)=\(value)")
            #expect(!name.hasPrefix("on"), "\(element) \(name)=\(value)")
            #expect(name == "xmlns" || !value.contains("//"), "\(element) \(name)=\(value)")
        }
        for word in ["url(", "@import", "javascript:"] { #expect(!html.contains(word)) }
        #expect(html.contains("default-src 'none'") || html.contains("default-src &#39;none&#39;"))
        #expect(reading.elements["svg"] ?? 0 > 1)
    }

    @Test func theLanguageAskedForIsTheOnlyOne() async throws {
        let space = try Self.story()
        let zh = try await Self.page(space, language: .zh).html
        let en = try await Self.page(space, language: .en).html
        let both = try await Self.page(space, language: .both).html
        #expect(zh.contains("账本完好") && !zh.contains("lang=\"en\"") && !zh.contains("The ledger is sound"))
        #expect(en.contains("The ledger is sound") && !en.contains("lang=\"zh\"") && !en.contains("账本完好"))
        #expect(both.contains("账本完好") && both.contains("The ledger is sound"))
    }

    @Test func itsNumbersAreThoseOfTheAudit() async throws {
        let space = try Self.story()
        let (html, report) = try await Self.page(space, language: .en)
        let reading = try Self.read(html)
        /// The text of the cell behind the one with this text.
        func value(_ title: String) -> String? {
            reading.cells.firstIndex(of: title).map { reading.cells[$0 + 1].trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        #expect(value("Entries") == "\(report.entries)")
        #expect(value("Signatures on statements") == "\(report.counts.signatures)")
        #expect(value("Root as recomputed") == report.root?.description)
        for type in EventType.ofTrade.subtracting([.spacePolicySet]) {
            #expect(value(ReportWords.type(type).en) == "\(report.counts[type])", "\(type)")
        }
        #expect(reading.text.contains("Total of the period: 12.50 CNY"))
        #expect(value("group-too-small") == "1")
        #expect(value("signer-not-active") == "1")
        #expect(value("function-not-allowed") == "1")
    }

    @Test func aPeriodLimitsWhatIsCountedAndNotWhatIsVerified() async throws {
        let space = try Self.story()
        // Up to and with entry 10, the completed run.
        let (html, report) = try await Self.page(space, language: .en, period: AuditPeriod(to: space.records[10].time))
        #expect(report.entries == UInt64(space.records.count))
        let reading = try Self.read(html)
        #expect(!reading.cells.contains("run refused"))
        #expect(reading.text.contains("1 runs completed and 0 refused"))
        // The product was withdrawn later, the buyer suspended later.
        #expect(!reading.cells.contains("withdrawn"))
        #expect(!reading.cells.contains("refused"))
        let none = try await Self.page(space, language: .en, period: AuditPeriod(to: Timestamp(milliseconds: 0)))
        #expect(try Self.read(none.html).text.contains("no entries in the period"))
    }

    @Test func anUnsoundLedgersReportSaysSoAndWhy() async throws {
        let space = try Self.story()
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"amount\":1250", with: "\"amount\":9250")
        let (html, report) = try await Self.page(space, contents: contents)
        let reading = try Self.read(html)
        #expect(!report.isSound)
        #expect(reading.text.contains("账本被篡改或自相矛盾"))
        #expect(reading.text.contains("entry 10 (run.completed"))
        #expect(!reading.text.contains("账本完好"))
        #expect(!reading.cells.contains("Root as recomputed"))
    }

    @Test func hostileNamesCannotBecomeMarkup() async throws {
        var space = TestSpace()
        try space.found()
        let hostile = "</td><script>alert(\"1\")</script>&amp;' onload='x"
        _ = try space.apply(hostile, .buyer, TestSpace.key(10))
        _ = try space.apply(String(repeating: "很长", count: 100), .buyer, TestSpace.key(11))
        _ = try space.apply("abc\u{200F}def\u{FEFF}", .buyer, TestSpace.key(12))
        let (html, _) = try await Self.page(space)
        let reading = try Self.read(html)
        #expect(reading.text.contains(hostile))
        #expect(reading.elements["script"] == nil)
        #expect(!html.contains("<script"))
        #expect(reading.text.contains("abc\u{FFFD}def\u{FFFD}"))
    }

    @Test func everyCharacterIsSafeOrReplaced() throws {
        var scalars = String.UnicodeScalarView()
        for value in [UInt32](0...0x2FF) + [0x61C, 0x200B, 0x200E, 0x2028, 0x202E, 0x2066, 0xFEFF, 0xFFFE, 0xFFFF, 0x1F600] {
            if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
        }
        for start in stride(from: 0, to: scalars.count, by: 100) {
            let part = String(String.UnicodeScalarView(scalars.dropFirst(start).prefix(100)))
            let reading = try Self.read("<p title=\"\(HTML.escape(part))\">\(HTML.value(part))</p>")
            #expect(reading.elements == ["p": 1, "bdi": 1])
        }
        let long = HTML.escape(String(repeating: "&", count: 100_000))
        #expect(long == String(repeating: "&amp;", count: HTML.maximumTextCount) + "…")
    }

    @Test func tablesEndAndSayHowManyRowsAreMissing() throws {
        var table = ReportTable([Phrase("甲", "A")])
        for number in 0..<1234 { table.append([.count(UInt64(number))]) }
        let html = table.html(.en)
        #expect(try Self.read("<div>\(html)</div>").elements["td"] == ReportTable.maximumRows)
        #expect(html.contains("and 1,184 more"))
    }

    @Test func theHistogramKeepsEveryEntryInAFixedNumberOfBars() throws {
        for spread in [1000, 3_600_000, 86_400_000, 4_000_000_000] as [Int64] {
            var histogram = ActivityHistogram()
            // Also before 1970, and not in order.
            for step in 0..<500 {
                let time = Int64((step * 7919) % 500) * spread - 5 * spread
                histogram.add(ActivityFamily.allCases[step % 7], at: Timestamp(milliseconds: time))
            }
            let columns = histogram.columns
            #expect(columns.count <= Int(ActivityHistogram.maximumBars))
            #expect(columns.flatMap(\.counts).reduce(0, +) == 500)
            #expect(zip(columns, columns.dropFirst()).allSatisfy { $1.start.milliseconds - $0.start.milliseconds == histogram.width })
        }
        var ends = ActivityHistogram()
        ends.add(.other, at: Timestamp("0001-01-01T00:00:00.000Z") ?? Timestamp(milliseconds: 0))
        ends.add(.other, at: Timestamp("9999-12-31T23:59:59.999Z") ?? Timestamp(milliseconds: 0))
        #expect(ends.columns.count <= Int(ActivityHistogram.maximumBars))
        #expect(try Self.read(ReportChart(ends).svg).elements["rect"] == 2)
    }

    @Test func reasonsOfRefusalBeyondALimitAreCountedTogether() throws {
        var space = TestSpace()
        let parties = try space.openForRuns()
        var survey = Survey()
        for number in 0..<Survey.maximumReasons + 20 {
            let code = "reason-\(number)"
            try space.run(parties, facts: .outcome(.refusedBySandbox(code: code, message: "")))
        }
        for bytes in JournalWriter(space).entries.dropFirst(10) { survey.add(try LedgerEntry(bytes)) }
        #expect(survey.refusals.count == Survey.maximumReasons)
        #expect(survey.otherRefusals == 20)
    }
}
