import Encoding

/// Comma-separated values (RFC 4180), for spreadsheets and other programs.
enum CSVText {
    /// A line with its line end. Nulls are empty; text that needs it is quoted.
    static func line(_ cells: [JSONValue]) -> String {
        cells.map { cell in
            switch cell {
            case .null: ""
            case .string(let text): quoted(text)
            default: quoted(cell.serializedString())
            }
        }.joined(separator: ",") + "\r\n"
    }

    private static func quoted(_ text: String) -> String {
        // An empty text is quoted, so that it differs from a null.
        let needsQuotes = text.isEmpty || text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
            || text.first == " " || text.last == " "
        return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}
