import CommandLineInterface
import Encoding

/// A query shown in full.
enum QueryText {
    static func lines(_ view: JSONValue) -> [String] {
        var details = DetailList()
        details.add("identifier", view.text("identifier"))
        details.add("title", view.text("title"))
        details.add("status", view.text("status"))
        details.add("buyer", view.text("buyer"))
        details.add("mode", view.text("mode"))
        for table in view.list("tables") {
            details.add("table \(table.text("name"))", "\(table.text("product")), version \(table.text("version"))")
        }
        for parameter in view.list("parameters") { details.add("parameter", "$\(parameter.text("name")), \(parameter.text("type"))") }
        details.add("policy", view.text("policy"))
        for decision in view.list("decisions") {
            let verdict = decision["verdict"]?.stringValue.map(TextWidth.printable) ?? "no word yet"
            let reason = decision.text("reason")
            let words = [verdict, reason].filter { !$0.isEmpty }.joined(separator: ": ")
            details.add("provider", "\(decision.text("provider")), \(words)")
        }
        let sql = view["sql"]?.stringValue ?? ""
        var lines = [details.render(), "", numbered(sql)]
        if let refusal = view["refusal"] {
            let place = SQLPlace(refusal)?.lines(sql: sql) ?? []
            let reason = [refusal.text("reason"), refusal.text("message")].first { !$0.isEmpty } ?? ""
            lines += ["", "refused [\(refusal.text("code"))]: \(reason)"] + place
        }
        return lines
    }

    /// The query's text with its lines numbered, as refusals count them.
    static func numbered(_ sql: String) -> String {
        var lines = sql.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let width = String(lines.count).count
        return lines.enumerated().map { index, line in
            let number = String(index + 1)
            return "  \(String(repeating: " ", count: width - number.count))\(number) | \(TextWidth.printable(String(line)))"
        }.joined(separator: "\n")
    }
}
