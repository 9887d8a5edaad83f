import CommandLineInterface
import Encoding
import HTTPTransport

/// Says an error to a person in a fixed order: what is wrong, where, what would be right, and what was recorded of it.
enum ProblemText {
    /// - Parameter sql: the query's text, where the error may point into it.
    static func lines(_ error: ClientError, sql: String? = nil) -> [String] {
        guard case .problem(let problem) = error else {
            return ["hexi: \(safe(error.description))"] + (error.hint.isEmpty ? [] : [safe(error.hint)])
        }
        var lines = ["hexi: \(safe(problem.title)) [\(safe(problem.code))]", safe(problem.detail)]
        if let pointer = problem.pointer, !pointer.isEmpty { lines.append("where: \(safe(pointer)) in what was sent") }
        let members = JSONValue.object(problem.extensions)
        if let place = SQLPlace(members) { lines += place.lines(sql: sql) }
        if let hint = problem.hint, !hint.isEmpty { lines.append("hint: \(safe(hint))") }
        for name in ["identifier", "run"] {
            // A refused run or query has an identifier of its own, because its refusal is on the record.
            if let text = members[name]?.stringValue { lines.append("recorded as: \(safe(text))") }
        }
        if let receipt = members["receipt"] { lines += ReceiptText.lines(receipt) }
        return lines
    }

    private static func safe(_ text: String) -> String { TextWidth.printable(text) }
}

/// A ledger receipt: the node's word, and how to get the proof of it.
enum ReceiptText {
    static func lines(_ receipt: JSONValue) -> [String] {
        let seq = receipt.text("seq")
        let word =
            "receipt: ledger entry \(seq), \(receipt.text("type")), \(receipt.text("time")), leaf hash \(receipt.text("leafHash"))"
        return [word, "proof to keep: hexi receipt \(seq) --wait"]
    }
}
