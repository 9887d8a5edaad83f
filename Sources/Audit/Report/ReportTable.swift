import CommandLineInterface
import Markup

/// A table of a report, of which at most so many rows are shown.
struct ReportTable {
    enum Cell {
        /// A text of the report itself.
        case phrase(Phrase)
        /// What somebody else chose.
        case value(String)
        /// An identifier, hash or key.
        case code(String)
        case count(UInt64)
        /// An amount in minor units.
        case money(Int64, currency: String)
        /// A count with a bar whose length is the count's share of the largest.
        case bar(UInt64, of: UInt64)
        case named(String, identifier: String)
    }

    /// The most rows that are shown. What a court reads must end; the commands give everything.
    static let maximumRows = 50

    let titles: [Phrase]
    private var rows: [[Cell]] = []
    private var hidden = 0

    init(_ titles: [Phrase]) { self.titles = titles }

    mutating func append(_ row: [Cell]) {
        if rows.count < Self.maximumRows { rows.append(row) } else { hidden += 1 }
    }

    var isEmpty: Bool { rows.isEmpty }

    func html(_ language: PageLanguage) -> String {
        let head = HTML.element(
            "tr", [], titles.indices.map { HTML.element("th", alignment($0), titles[$0].html(language)) }.joined())
        let body = rows.map { HTML.element("tr", [], $0.map { Self.cell($0, language) }.joined()) + "\n" }.joined()
        let table = HTML.element("table", [], HTML.element("thead", [], head) + "\n" + HTML.element("tbody", [], body))
        if hidden == 0 { return table + "\n" }
        let more = Phrase("另有 \(DecimalText.grouped(hidden)) 行未列出", "and \(DecimalText.grouped(hidden)) more")
        return table + HTML.element("p", [("class", "more")], more.html(language)) + "\n"
    }

    /// A heading stands above the figures of its column.
    private func alignment(_ column: Int) -> [(String, String)] {
        guard let row = rows.first, row.indices.contains(column) else { return [] }
        switch row[column] {
        case .count, .money: return [("class", "number")]
        default: return []
        }
    }

    private static func cell(_ cell: Cell, _ language: PageLanguage) -> String {
        let number = [("class", "number")]
        return switch cell {
        case .phrase(let phrase): HTML.element("td", [], phrase.html(language))
        case .value(let text): HTML.element("td", [], HTML.value(text))
        case .code(let text): HTML.element("td", [("class", "code")], HTML.value(text))
        case .count(let count): HTML.element("td", number, DecimalText.grouped(count))
        case .money(let amount, let currency):
            HTML.element("td", number, HTML.escape(MoneyText.format(amount, currency: currency)))
        case .bar(let count, let most): HTML.element("td", [("class", "bar")], bar(count, most) + DecimalText.grouped(count))
        case .named(let name, let identifier):
            HTML.element(
                "td", [], HTML.value(name) + HTML.element("div", [("class", "code")], HTML.value(identifier)))
        }
    }

    private static func bar(_ count: UInt64, _ most: UInt64) -> String {
        let length = DecimalText.format(Double(count) / Double(max(1, most)) * 120, digits: 1)
        let rect = HTML.empty("rect", [("width", length), ("height", "9"), ("fill", "#2e86c1")])
        return HTML.element(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("class", "bar"), ("viewBox", "0 0 120 9"), ("width", "120"),
                ("height", "9"), ("aria-hidden", "true"),
            ], rect)
    }
}
