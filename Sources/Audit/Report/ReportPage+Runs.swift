import CommandLineInterface
import Encoding
import Exchange
import Markup

// Tasks, what runs left behind, and what was spent of privacy budgets.
extension ReportPage {
    /// Nothing where the ledger has none of it.
    var tasks: String {
        let isEmpty = survey.entriesByType.keys.allSatisfy { !Self.concerned.contains($0) } && bills.privacy.isEmpty
        return isEmpty ? "" : section(Phrase("任务、结果与隐私预算", "Tasks, results and privacy budgets"), counts + artefacts + privacy)
    }

    private static let concerned: Set<EventType> = [
        .taskMinted, .taskCancelled, .resultDestroyed, .artefactReleased, .artefactRefused, .consentGiven, .consentEnded,
    ]

    private var counts: String {
        let minted = survey.entriesByType[.taskMinted] ?? 0, cancelled = survey.entriesByType[.taskCancelled] ?? 0
        let runs = survey.entriesByType[.runCompleted] ?? 0
        let over = minted - min(minted, survey.usedTasks + cancelled)
        let rows: [(Phrase, UInt64)] = [
            (Phrase("签发的任务", "Tasks minted"), minted), (Phrase("完成运行的任务", "Tasks used by a completed run"), survey.usedTasks),
            (Phrase("取消的任务", "Tasks cancelled"), cancelled), (Phrase("未使用的任务(未用或到期)", "Tasks without a run, open or expired"), over),
            (Phrase("未凭任务的运行", "Completed runs without a task"), runs - min(runs, survey.usedTasks)),
            (Phrase("销毁的结果", "Results destroyed"), survey.entriesByType[.resultDestroyed] ?? 0),
            (Phrase("超期未销毁的结果(账本末)", "Results kept past their time, at the ledger's end"), overdue),
            (Phrase("登记的主体授权", "Consents given"), survey.entriesByType[.consentGiven] ?? 0),
            (Phrase("终止的主体授权", "Consents ended"), survey.entriesByType[.consentEnded] ?? 0),
        ]
        var table = ReportTable([Phrase("事项", "What"), Phrase("数量", "Count")])
        for (what, count) in rows { table.append([.phrase(what), .count(count)]) }
        return table.html(language)
    }

    private var overdue: UInt64 {
        UInt64(state.runs.results.values.filter { $0.keptUntil < state.time }.count)
    }

    /// The artefacts of runs, as they stand at the ledger's end.
    private var artefacts: String {
        var table = ReportTable([
            Phrase("运行", "Run"), Phrase("产物", "Artefact"), Phrase("状态", "State"), Phrase("SHA-256", "SHA-256"),
        ])
        let held = state.runs.artefacts.sorted { ($0.key.run, $0.key.name) < ($1.key.run, $1.key.name) }
        for (key, artefact) in held {
            table.append([
                .code(key.run.text), .value(key.name), .phrase(ReportWords.status(artefact.status.rawValue)), .code(artefact.artefact.sha256),
            ])
        }
        return table.isEmpty ? "" : HTML.element("h3", [], say(Phrase("程序产物", "Artefacts of programs"))) + table.html(language)
    }

    private var privacy: String {
        guard !bills.privacy.isEmpty else { return "" }
        var table = ReportTable([
            Phrase("使用方", "Buyer"), Phrase("产品", "Product"), Phrase("运行", "Runs"), Phrase("ε 之和", "Sum of ε"),
        ])
        for (key, use) in bills.privacy.sorted(by: { ($0.key.buyer, $0.key.product) < ($1.key.buyer, $1.key.product) }) {
            table.append([
                named(key.buyer), named(key.product), .count(use.runs),
                .value(DecimalText.format(Double(use.epsilon) / 1000, digits: 3)),
            ])
        }
        return HTML.element("h3", [], say(Phrase("差分隐私预算的使用", "Spent of privacy budgets"))) + table.html(language)
    }
}
