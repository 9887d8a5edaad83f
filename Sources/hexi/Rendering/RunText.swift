import CommandLineInterface
import Encoding

/// A run and its result, shown.
enum RunText {
    /// What a run was charged in all, in minor units.
    static func total(_ run: JSONValue) -> Int64 {
        run.list("charges").reduce(0) { sum, charge in
            let (total, overflow) = sum.addingReportingOverflow(charge.number("amount"))
            return overflow ? .max : total
        }
    }

    static func details(_ run: JSONValue, currency: String) -> String {
        var details = DetailList()
        details.add("run", run.text("identifier"))
        details.add("query", run.text("query"))
        details.add("task", run.text("task"))
        details.add("outcome", outcome(run))
        details.add("at", run.text("time"))
        if run.text("outcome") == "completed" {
            details.add("rows", run.text("rows"))
            // Zero is worth saying too: then the result is complete.
            details.add("suppressed groups", run.text("suppressedGroups"))
            details.add("took", run["milliseconds"]?.integerValue.map { DurationText.format(.milliseconds($0)) } ?? "")
            details.add("result SHA-256", run.text("result"))
            details.add("sealed SHA-256", run.text("sealed"))
            if let privacy = run["privacy"] { details.add("spent", "ε \(privacy.text("epsilon")) thousandths of the privacy budget") }
            for artefact in run.list("artefacts") {
                details.add("artefact", "\(artefact.text("name")), \(artefact.text("bytes")) bytes, SHA-256 \(artefact.text("sha256"))")
            }
            for charge in run.list("charges") {
                details.add(
                    "charged", "\(MoneyText.format(charge.number("amount"), currency: currency)) to \(charge.text("payee")) under \(charge.text("contract"))")
            }
            if run.list("charges").count > 1 { details.add("charged in all", MoneyText.format(total(run), currency: currency)) }
        }
        return details.render()
    }

    private static func outcome(_ run: JSONValue) -> String {
        guard run.text("outcome") != "completed" else { return "completed" }
        let who = run.text("by").isEmpty ? "" : " by the \(run.text("by"))"
        return "\(run.text("outcome"))\(who) [\(run.text("code"))]: \(run.text("reason"))"
    }

    /// Prints a result as a table or as comma-separated values.
    static func printResult(_ result: DeliveredResult, _ context: CommandContext) {
        if let metrics = result.document["metrics"]?.objectValue {
            printTable(
                [["name": "metric"], ["name": "value"]],
                metrics.members.map { .array([.string($0.name), $0.value.arrayValue == nil ? $0.value : .string($0.value.serializedString())]) },
                context)
            return
        }
        printTable(result.columns, result.rows, context)
    }

    static func printTable(_ columns: [JSONValue], _ rows: [JSONValue], _ context: CommandContext) {
        if context.arguments.flag("csv") {
            context.console.write(CSVText.line(columns.map { $0["name"] ?? .null }), to: .output)
            for row in rows { context.console.write(CSVText.line(row.arrayValue ?? []), to: .output) }
            return
        }
        var table = Table(columns.map { $0.text("name") })
        for row in rows { table.append((row.arrayValue ?? []).map(\.shown)) }
        context.show(table)
    }
}
