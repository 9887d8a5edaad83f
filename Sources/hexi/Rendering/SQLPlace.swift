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
    /// How many UTF-8 bytes of the text the piece takes; `nil` where the node does not say.
    let length: Int64?

    init(piece: String, line: Int64, column: Int64, length: Int64? = nil) {
        self.piece = piece
        self.line = line
        self.column = column
        self.length = length
    }

    /// The place in a problem document or a fault; `nil` where it names none.
    init?(_ document: JSONValue) {
        guard let piece = document["piece"]?.stringValue else { return nil }
        self.init(
            piece: piece, line: document.number("line"), column: document.number("column"), length: document["length"]?.integerValue)
        if piece.isEmpty && line < 1 { return nil }
    }

    private static let mostLines = 4

    /// The line of the text with the piece underlined, and the lines it goes on to:
    ///
    ///     2 | FROM read_csv('x')
    ///       |      ^~~~~~~~
    func lines(sql: String?, style: TextStyle = TextStyle(isOn: false)) -> [String] {
        let source = sql?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        guard line >= 1, line <= Int64(source.count) else {
            return piece.isEmpty ? [] : ["at: \(TextWidth.printable(piece))\(position)"]
        }
        let first = Int(line) - 1
        let start = Int(min(max(column - 1, 0), Int64(source[first].count)))
        let rest = Array(source[first].dropFirst(start)) + source[(first + 1)...].flatMap { ["\n"] + Array($0) }
        var left = markLength(rest)
        let shown = source[first...].prefix(Self.mostLines)
        let margin = String(first + shown.count).count
        var lines: [String] = []
        for (index, text) in shown.enumerated() where index == 0 || left > 0 {
            let characters = Array(text)
            let from = index == 0 ? start : characters.firstIndex { !$0.isWhitespace } ?? characters.count
            let to = min(characters.count, (index == 0 ? start : 0) + left)
            left -= (index == 0 ? characters.count - start : characters.count) + 1
            lines.append(numbered(String(first + index + 1), margin, TextWidth.printable(String(text)), style))
            let width = max(index == 0 ? 1 : 0, from < to ? Self.width(characters[from..<to]) : 0)
            guard width > 0 else { continue }
            let mark = (index == 0 ? "^" : "~") + String(repeating: "~", count: width - 1)
            lines.append(numbered("", margin, String(repeating: " ", count: Self.width(characters[..<from])) + style.mark(mark), style))
        }
        return lines
    }

    private func numbered(_ number: String, _ margin: Int, _ text: String, _ style: TextStyle) -> String {
        let blank = String(repeating: " ", count: max(0, margin - number.count))
        return style.faint("  \(blank)\(number) |") + " \(text)"
    }

    /// How many characters of the text from here on the piece takes: as many bytes as the node says; else as far as the text reads
    /// like the piece, whatever its spaces and capitals; else one word.
    private func markLength(_ rest: [Character]) -> Int {
        if let length, length > 0 {
            var bytes: Int64 = 0
            let count = rest.prefix { character in
                bytes += Int64(character.utf8.count)
                return bytes <= length
            }.count
            if count > 0 { return count }
        }
        let wanted = piece.filter { !$0.isWhitespace }.lowercased()
        var found = ""
        for (index, character) in rest.enumerated() where !wanted.isEmpty {
            if !character.isWhitespace { found += character.lowercased() }
            if found == wanted { return index + 1 }
            guard wanted.hasPrefix(found) else { break }
        }
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }.count
        return max(1, word)
    }

    private static func width(_ text: ArraySlice<Character>) -> Int { TextWidth.of(TextWidth.printable(String(text))) }

    private var position: String { line >= 1 ? " (line \(line), column \(column))" : "" }
}
