import Audit
import CommandLineInterface
import Encoding

/// A reconciliation for people.
enum ReconciliationText {
    /// The most accounts and differences that are shown; `--json` and `--csv` give all.
    private static let maximumRows = 200

    /// - Parameter width: columns of the terminal; `nil` for output that is no terminal.
    static func render(_ result: Reconciliation, width: Int?) -> String {
        var text = ""
        if !result.audit.isSound { text += ReportText.verdict(result.audit, width) + "\n" }
        text += heading(result)
        if !result.accounts.isEmpty {
            text += "\n" + accounts(result).render(width: width)
            if result.accounts.count > maximumRows { text += "and \(result.accounts.count - maximumRows) more accounts\n" }
            for (title, member) in [
                ("contract", \Reconciliation.Account.contract), ("payer", \.payer), ("payee", \.payee),
            ] { text += "\n" + totals(title, result.totals(by: member), result).render(width: width) }
        }
        if !result.privacy.isEmpty { text += "\n" + privacy(result).render(width: width) }
        return text + "\n" + conclusion(result, width)
    }

    private static func privacy(_ result: Reconciliation) -> Table {
        var table = Table(
            ["Privacy spent by", "Product", "Runs", "Sum of ε"], alignments: [.left, .left, .right, .right])
        let rows = result.privacy.sorted { ($0.key.buyer, $0.key.product) < ($1.key.buyer, $1.key.product) }
        for (key, use) in rows.prefix(maximumRows) {
            table.append([
                named(key.buyer, result), named(key.product, result), DecimalText.grouped(use.runs),
                DecimalText.format(Double(use.epsilon) / 1000, digits: 3),
            ])
        }
        if rows.count > maximumRows { table.append(["and \(rows.count - maximumRows) more"]) }
        return table
    }

    private static func heading(_ result: Reconciliation) -> String {
        var lines = [("Ledger", result.audit.source)]
        if let contract = result.contract { lines.append(("Contract", contract.text)) }
        if let participant = result.participant { lines.append(("Participant", participant.text)) }
        let from = result.period.from ?? result.audit.firstTime, to = result.period.to ?? result.audit.lastTime
        if let from, let to { lines.append(("Period", "\(from) to \(to)")) }
        let runs = "\(DecimalText.grouped(result.runsCompleted)) completed, \(DecimalText.grouped(result.runsRefused)) refused"
        lines.append(("Runs", runs))
        return lines.map { name, value in
            name + String(repeating: " ", count: 13 - name.count) + TextWidth.printable(value) + "\n"
        }.joined()
    }

    private static func accounts(_ result: Reconciliation) -> Table {
        var table = Table(
            ["Contract", "Product", "Payer", "Payee", "Uses", "Recorded", "Recomputed"],
            alignments: [.left, .left, .left, .left, .right, .right, .right])
        for (account, amounts) in result.rows.prefix(maximumRows) {
            table.append([
                account.contract, named(account.product, result), named(account.payer, result), named(account.payee, result),
                DecimalText.grouped(amounts.uses), money(amounts.recorded, amounts, result),
                money(amounts.recomputed, amounts, result),
            ])
        }
        return table
    }

    private static func totals(
        _ title: String, _ totals: [(name: String, amounts: Reconciliation.Amounts)], _ result: Reconciliation
    ) -> Table {
        var table = Table(
            ["Total by \(title)", "Uses", "Recorded", "Recomputed"], alignments: [.left, .right, .right, .right])
        for (name, amounts) in totals.prefix(maximumRows) {
            table.append([
                named(name, result), DecimalText.grouped(amounts.uses), money(amounts.recorded, amounts, result),
                money(amounts.recomputed, amounts, result),
            ])
        }
        if totals.count > maximumRows { table.append(["and \(totals.count - maximumRows) more"]) }
        let all = result.total
        table.append([
            "all", DecimalText.grouped(all.uses), money(all.recorded, all, result), money(all.recomputed, all, result),
        ])
        return table
    }

    /// The differences, and the verdict.
    static func conclusion(_ result: Reconciliation, _ width: Int?) -> String {
        func wrap(_ text: String) -> String {
            let text = TextWidth.printable(text)
            return (width.map { TextWidth.wrap(text, width: $0).joined(separator: "\n") } ?? text) + "\n"
        }
        let differences = result.differences.prefix(maximumRows).map { wrap("\($0).") }.joined()
        let hidden = result.differenceCount - min(result.differences.count, maximumRows)
        let more = hidden > 0 ? "and \(hidden) more differences\n" : ""
        guard result.audit.isSound else {
            let scope = wrap("NOT RECONCILED 未能对账: the ledger is not sound; the sums are those of the \(result.audit.entries) entries before the fault.")
            return differences + more + scope
        }
        if result.differenceCount == 0 {
            return wrap("RECONCILED: every charge recomputed, no difference 账目相符")
        }
        let count = result.differenceCount == 1 ? "1 difference" : "\(DecimalText.grouped(result.differenceCount)) differences"
        return differences + more + wrap("DIFFERENCES: \(count) 账目不符")
    }

    private static func named(_ identifier: String, _ result: Reconciliation) -> String {
        result.names[identifier].map { "\($0) · \(identifier)" } ?? identifier
    }

    private static func money(_ amount: Int64, _ amounts: Reconciliation.Amounts, _ result: Reconciliation) -> String {
        amounts.isTooLarge ? "too large" : MoneyText.format(amount, currency: result.currency)
    }
}
