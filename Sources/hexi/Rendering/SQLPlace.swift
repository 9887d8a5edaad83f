import CommandLineInterface
import Encoding

/// Where in a query's text the machine check found something, as the node says it.
struct SQLPlace: Sendable, Hashable {
    /// The offending piece of text; may be empty.
    let piece: String
    /// From 1; 0 where the engine gives no place.
    let line: Int64
    /// From 1, in characters; 0 where the engine gives no place.
    let column: Int64

    init(piece: String, line: Int64, column: Int64) {
        self.piece = piece
        self.line = line
        self.column = column
    }

    /// The place in a problem document or a fault; `nil` where it names none.
    init?(_ document: JSONValue) {
        guard let piece = document["piece"]?.stringValue else { return nil }
        self.init(piece: piece, line: document.number("line"), column: document.number("column"))
        if piece.isEmpty && line < 1 { return nil }
    }

    /// The line of the text with the piece underlined:
    ///
    ///     2 | FROM read_csv('x')
    ///       |      ^^^^^^^^
    func lines(sql: String?) -> [String] {
        let source = sql?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        guard line >= 1, line <= Int64(source.count) else {
            return piece.isEmpty ? [] : ["at: \(TextWidth.printable(piece))\(position)"]
        }
        let text = Array(source[Int(line) - 1])
        let start = Int(min(max(column - 1, 0), Int64(text.count)))
        let length = markLength(text[start...])
        let number = String(line)
        let margin = String(repeating: " ", count: number.count)
        let blank = String(repeating: " ", count: Self.width(text[..<start]))
        let mark = String(repeating: "^", count: max(1, Self.width(text[start..<(start + length)])))
        return ["  \(number) | \(TextWidth.printable(String(text)))", "  \(margin) | \(blank)\(mark)"]
    }

    /// How many characters of a line the piece takes: all of its first line if the text really has it there.
    private func markLength(_ rest: ArraySlice<Character>) -> Int {
        let first = Array(piece.prefix { !$0.isNewline })
        return rest.starts(with: first) ? first.count : min(1, rest.count)
    }

    private static func width(_ text: ArraySlice<Character>) -> Int { TextWidth.of(TextWidth.printable(String(text))) }

    private var position: String { line >= 1 ? " (line \(line), column \(column))" : "" }
}
