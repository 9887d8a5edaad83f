import CommandLineInterface
import Encoding
import Exchange
import Markup

// What the ledger records, in the report's period.
extension ReportPage {
    var sections: [String] { [activity, participants, products, contracts, usage, charges, tasks, refusals] }

    private var activity: String {
        guard survey.entries > 0 else {
            return section(Phrase("活动", "Activity"), HTML.element("p", [], say(Phrase("报告期内没有条目", "no entries in the period"))))
        }
        let legend = ActivityFamily.allCases.map { family in
            let colour = ReportChart.colours[family.rawValue % ReportChart.colours.count]
            return HTML.element("span", [("class", "box"), ("style", "background: \(colour)")], "") + say(ReportWords.family(family))
        }.joined()
        var table = ReportTable([Phrase("条目类型", "Type of entry"), Phrase("数量", "Count")])
        let most = survey.entriesByType.values.max() ?? 0
        for type in EventType.allCases {
            guard let count = survey.entriesByType[type] else { continue }
            table.append([.phrase(ReportWords.type(type)), .bar(count, of: most)])
        }
        let unit = HTML.element("p", [("class", "more")], say(ReportChart.unit(survey.histogram.width)))
        return section(
            Phrase("活动", "Activity"),
            ReportChart(survey.histogram).svg + "\n" + HTML.element("p", [("class", "legend")], legend) + unit
                + table.html(language))
    }

    /// How many things of a kind stood where at the end of the period.
    private func statusTable(_ kind: IdentifierKind) -> String {
        var counts: [String: UInt64] = [:]
        for (identifier, status) in survey.statuses where identifier.kind == kind { counts[status, default: 0] += 1 }
        guard !counts.isEmpty else { return HTML.element("p", [], say(Phrase("无", "none"))) }
        var table = ReportTable([Phrase("期末状态", "State at the end of the period"), Phrase("数量", "Count")])
        let most = counts.values.max() ?? 0
        for (status, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.append([.phrase(ReportWords.status(status)), .bar(count, of: most)])
        }
        return table.html(language)
    }

    private var participants: String {
        var table = ReportTable([Phrase("名称与标识", "Name and identifier"), Phrase("角色", "Roles"), Phrase("期末状态", "State")])
        for (identifier, status) in things(.participant) {
            let roles = state.participants[identifier]?.roles.map(\.rawValue).joined(separator: ", ") ?? ""
            table.append([named(identifier.text), .value(roles), .phrase(ReportWords.status(status))])
        }
        return section(ReportWords.kind(.participant), statusTable(.participant) + (table.isEmpty ? "" : table.html(language)))
    }

    private var products: String {
        let used = Dictionary(bills.totals(by: \.product).map { ($0.name, $0.amounts.uses) }, uniquingKeysWith: { first, _ in first })
        var table = ReportTable([
            Phrase("产品与标识", "Title and identifier"), Phrase("版本数", "Versions"), Phrase("期末状态", "State"), Phrase("使用次数", "Uses"),
        ])
        let listed = things(.product).sorted { (used[$1.0.text] ?? 0, $0.0) < (used[$0.0.text] ?? 0, $1.0) }
        for (identifier, status) in listed {
            table.append([
                named(identifier.text), .count(UInt64(state.products[identifier]?.versions.count ?? 0)),
                .phrase(ReportWords.status(status)), .count(used[identifier.text] ?? 0),
            ])
        }
        return section(ReportWords.kind(.product), statusTable(.product) + (table.isEmpty ? "" : table.html(language)))
    }

    private var contracts: String {
        section(
            Phrase("合约与查询", "Contracts and queries"),
            HTML.element("h3", [], say(ReportWords.kind(.contract))) + statusTable(.contract)
                + HTML.element("h3", [], say(ReportWords.kind(.query))) + statusTable(.query))
    }

    private var usage: String {
        let runs = Phrase(
            "报告期内完成运行 \(DecimalText.grouped(bills.runsCompleted)) 次,拒绝 \(DecimalText.grouped(bills.runsRefused)) 次。一次运行读取几个产品,即计几次使用。",
            "\(DecimalText.grouped(bills.runsCompleted)) runs completed and \(DecimalText.grouped(bills.runsRefused)) refused in the period. A run counts as one use of each product that it reads.")
        var content = HTML.element("p", [], say(runs))
        for (title, member) in [
            (Phrase("按产品", "By product"), \Reconciliation.Account.product), (Phrase("按合约", "By contract"), \.contract),
            (Phrase("按使用方", "By buyer"), \.payer), (Phrase("按提供方", "By provider"), \.payee),
        ] {
            let totals = bills.totals(by: member).sorted { ($1.amounts.uses, $0.name) < ($0.amounts.uses, $1.name) }
            guard !totals.isEmpty else { continue }
            var table = ReportTable([title, Phrase("使用次数", "Uses"), Phrase("金额", "Amount")])
            let most = totals.first?.amounts.uses ?? 0
            for (name, amounts) in totals { table.append([named(name), .bar(amounts.uses, of: most), money(amounts)]) }
            content += table.html(language)
        }
        return section(Phrase("使用", "Usage"), content)
    }

    private var charges: String {
        var table = ReportTable([
            Phrase("付款方", "Payer"), Phrase("收款方", "Payee"), Phrase("合约", "Contract"), Phrase("使用次数", "Uses"),
            Phrase("金额", "Amount"),
        ])
        let rows = bills.rows.sorted { ($1.amounts.recorded, $0.account.contract) < ($0.amounts.recorded, $1.account.contract) }
        for (account, amounts) in rows {
            table.append([
                named(account.payer), named(account.payee), .code(account.contract), .count(amounts.uses), money(amounts),
            ])
        }
        let total = bills.total
        let sum = total.isTooLarge ? "> 2^63" : MoneyText.format(total.recorded, currency: bills.currency)
        let line = say(Phrase("报告期内合计", "Total of the period")) + ": " + HTML.escape(sum)
        return section(
            Phrase("计费", "Charges"),
            HTML.element("p", [("class", "total")], line) + (table.isEmpty ? "" : table.html(language)))
    }

    private var refusals: String {
        let counted = survey.refusals.sorted { ($1.value, $0.key.code) < ($0.value, $1.key.code) }
        guard !counted.isEmpty else {
            return section(Phrase("拒绝", "Refusals"), HTML.element("p", [], say(Phrase("无", "none"))))
        }
        var table = ReportTable([Phrase("拒绝者", "Refused by"), Phrase("原因代码", "Reason"), Phrase("数量", "Count")])
        let most = counted.first?.value ?? 0
        for (refusal, count) in counted {
            table.append([.phrase(ReportWords.judge(refusal.judge)), .code(refusal.code), .bar(count, of: most)])
        }
        var content = table.html(language)
        if survey.otherRefusals > 0 {
            let count = DecimalText.grouped(survey.otherRefusals)
            content += HTML.element("p", [], say(Phrase("其他原因 \(count) 次", "\(count) for other reasons")))
        }
        return section(Phrase("拒绝", "Refusals"), content)
    }

    // MARK: Cells

    private func things(_ kind: IdentifierKind) -> [(Identifier, String)] {
        survey.statuses.filter { $0.key.kind == kind }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func named(_ text: String) -> ReportTable.Cell {
        guard let identifier = try? Identifier(text), let name = state.givenName(of: identifier) else { return .code(text) }
        return .named(name, identifier: text)
    }

    private func money(_ amounts: Reconciliation.Amounts) -> ReportTable.Cell {
        amounts.isTooLarge ? .value("> 2^63") : .money(amounts.recorded, currency: bills.currency)
    }
}

extension ReportChart {
    /// What one bar stands for.
    static func unit(_ milliseconds: Int64) -> Phrase {
        let hours = milliseconds / 3_600_000
        if hours < 24 { return Phrase("每柱 \(hours) 小时(UTC)", "each bar \(hours == 1 ? "an hour" : "\(hours) hours") (UTC)") }
        let days = hours / 24
        return Phrase("每柱 \(days) 天(UTC)", "each bar \(days == 1 ? "a day" : "\(days) days") (UTC)")
    }
}
