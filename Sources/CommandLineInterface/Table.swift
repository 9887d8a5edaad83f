/// A table for people: columns aligned by what the terminal shows, numbers to the right.
///
/// Cells are made printable (see `TextWidth.printable`), so data from other parties cannot play with the terminal.
public struct Table: Sendable {
    public enum Alignment: Sendable, Hashable {
        /// To the right where every cell of the column is a number or empty.
        case automatic
        case left
        case right
    }

    public var titles: [String]
    public var alignments: [Alignment]
    public private(set) var rows: [[String]] = []

    /// - Parameter alignments: one for each column; columns without one are `automatic`.
    public init(_ titles: [String], alignments: [Alignment] = []) {
        self.titles = titles
        self.alignments = alignments
    }

    /// Adds a row; missing cells are empty, cells beyond the last column are dropped.
    public mutating func append(_ cells: [String]) {
        rows.append(titles.indices.map { $0 < cells.count ? cells[$0] : "" })
    }

    /// The table's lines. Where it is wider than `width` columns, its widest columns are cut, but not below 8.
    ///
    /// - Parameter width: `nil` for as wide as it needs, as when the output is a file.
    public func render(width: Int?) -> String {
        let cells = ([titles] + rows).map { $0.map(TextWidth.printable) }
        let widths = fittedWidths(cells, width)
        let rightAligned = titles.indices.map(isRightAligned)
        func line(_ row: [String]) -> String {
            let padded = row.indices.map { column in
                let text = TextWidth.truncate(row[column], to: widths[column])
                let space = String(repeating: " ", count: max(0, widths[column] - TextWidth.of(text)))
                return rightAligned[column] ? space + text : text + space
            }
            let joined = padded.joined(separator: "  ")
            return String(joined.reversed().drop { $0 == " " }.reversed())
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        guard let head = cells.first else { return "" }
        return ([line(head), rule] + cells.dropFirst().map(line)).joined(separator: "\n") + "\n"
    }

    private func fittedWidths(_ cells: [[String]], _ width: Int?) -> [Int] {
        var widths = titles.indices.map { column in cells.map { TextWidth.of($0[column]) }.max() ?? 0 }
        guard let width else { return widths }
        var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - width
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8 {
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func isRightAligned(_ column: Int) -> Bool {
        switch column < alignments.count ? alignments[column] : .automatic {
        case .left: return false
        case .right: return true
        case .automatic:
            let filled = rows.map { $0[column] }.filter { !$0.isEmpty && $0 != "–" }
            return !filled.isEmpty && filled.allSatisfy(Self.isNumber)
        }
    }

    /// A number, with thousands separators, a sign or a unit after it ("12.34 CNY", "5 %", "1.5 MiB").
    private static func isNumber(_ text: String) -> Bool {
        let parts = text.split(separator: " ")
        guard parts.count <= 2, let first = parts.first else { return false }
        return Double(first.filter { $0 != "," }) != nil && first.allSatisfy { $0.isASCII && !$0.isLetter || $0 == "e" }
    }
}
