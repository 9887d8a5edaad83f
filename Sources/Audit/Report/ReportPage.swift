import CommandLineInterface
import Encoding
import Exchange
import Markup

/// The report of an audit as one HTML file that needs nothing else: no script, no network, and it prints on A4 paper.
public struct ReportPage {
    let audit: AuditReport
    let survey: Survey
    let bills: Reconciliation
    let state: ExchangeState
    let period: AuditPeriod
    let language: PageLanguage
    private let producedAt: Timestamp
    private let producer: String

    /// - Parameters:
    ///   - collector: has seen the whole audit.
    ///   - producer: the program and its version.
    public init(_ collector: SurveyCollector, language: PageLanguage, producedAt: Timestamp, producer: String) {
        bills = collector.reconciler.reconciliation
        audit = collector.audit ?? bills.audit
        survey = collector.survey
        state = collector.state
        period = collector.period
        self.language = language
        self.producedAt = producedAt
        self.producer = producer
    }

    public var html: String {
        let title = Phrase("交易账本审计报告", "Audit report of an exchange ledger")
        let head = [
            HTML.empty("meta", [("charset", "utf-8")]),
            // Nothing may be loaded, whatever a value in the page may look like.
            HTML.empty("meta", [("http-equiv", "Content-Security-Policy"), ("content", "default-src 'none'; style-src 'unsafe-inline'")]),
            HTML.empty("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            HTML.element("title", [], HTML.escape(title.plain(language))), HTML.element("style", [], Self.style),
        ].joined(separator: "\n")
        let body = [HTML.element("h1", [], say(title)), verdict, heading, checks, notes] + sections + [footer]
        let root = [("xmlns", "http://www.w3.org/1999/xhtml"), ("lang", language == .en ? "en" : "zh")]
        let document = HTML.element(
            "html", root,
            "\n" + HTML.element("head", [], "\n" + head + "\n") + "\n"
                + HTML.element("body", [], "\n" + body.joined(separator: "\n") + "\n") + "\n")
        return "<!DOCTYPE html>\n" + document + "\n"
    }

    func say(_ phrase: Phrase) -> String { phrase.html(language) }

    /// A heading with what stands under it, kept together where a page is broken.
    func section(_ title: Phrase, _ content: String) -> String {
        HTML.element("section", [], "\n" + HTML.element("h2", [], say(title)) + "\n" + content)
    }

    // MARK: Verdict and heading

    private var verdict: String {
        guard let problem = audit.problem else {
            let isRight = bills.differenceCount == 0
            let sound = Phrase("账本完好", "The ledger is sound")
            let accounts = isRight
                ? Phrase("账目逐笔复算相符", "every charge was recomputed and agrees")
                : Phrase("账目不符 \(bills.differenceCount) 处", "\(bills.differenceCount) differences in the charges")
            return HTML.element(
                "p", [("class", isRight ? "verdict sound" : "verdict bad")], say(sound) + " · " + say(accounts))
        }
        let words = Phrase("账本被篡改或自相矛盾", "The ledger was tampered with or contradicts itself")
        let check = HTML.element("p", [], say(Phrase("未通过的检查", "Check that failed")) + ": " + say(ReportWords.check(problem.check)))
        return HTML.element(
            "div", [("class", "verdict bad")],
            HTML.element("p", [], say(words)) + check + HTML.element("p", [], HTML.value(problem.description)))
    }

    private var heading: String {
        var rows: [(Phrase, String)] = [(Phrase("账本来源", "Ledger"), HTML.value(audit.source))]
        if let space = audit.space {
            let names = space.name.sorted { $0.key < $1.key }.map { HTML.value($0.value) }.joined(separator: " · ")
            rows.append((Phrase("数据空间", "Space"), names + " " + code(space.prefix)))
            rows.append((Phrase("货币", "Currency"), HTML.value(space.currency)))
        }
        if let from = audit.firstTime, let to = audit.lastTime {
            rows.append((Phrase("账本起止", "Ledger from and to"), "\(from) – \(to)"))
        }
        if period != .everything {
            let from = period.from.map(\.description) ?? "…", to = period.to.map(\.description) ?? "…"
            rows.append((Phrase("报告期", "Period of the report"), "\(from) – \(to)"))
        }
        rows.append((Phrase("账本条目", "Entries"), DecimalText.grouped(audit.entries)))
        rows += checkpointRows
        if let root = audit.root { rows.append((Phrase("复算的树根", "Root as recomputed"), code(root.description))) }
        rows.append((Phrase("出具时间", "Produced at"), "\(producedAt)"))
        let body = rows.map { HTML.element("tr", [], HTML.element("th", [], say($0)) + HTML.element("td", [], $1)) + "\n" }
        return HTML.element("table", [("class", "facts")], HTML.element("tbody", [], body.joined())) + "\n"
    }

    private var checkpointRows: [(Phrase, String)] {
        guard let checkpoint = audit.checkpoint else { return [] }
        let pinned = checkpoint.isPinned
            ? Phrase("密钥由审计方另行取得", "key known from elsewhere") : Phrase("密钥取自账本自身", "key taken from the ledger itself")
        let witnesses = checkpoint.unknownSigners.isEmpty
            ? say(Phrase("无", "none")) : checkpoint.unknownSigners.map { HTML.value($0) }.joined(separator: ", ")
        return [
            (Phrase("检查点", "Checkpoint"), HTML.value(checkpoint.origin) + " · " + DecimalText.grouped(checkpoint.size)),
            (Phrase("检查点树根", "Root of the checkpoint"), code(checkpoint.root.description)),
            (Phrase("签名密钥", "Signed with"), checkpoint.signers.map(code).joined(separator: " ") + " (" + say(pinned) + ")"),
            (Phrase("未核验的其他签名", "Other signatures, not verified"), witnesses),
        ]
    }

    private func code(_ text: String) -> String { HTML.element("span", [("class", "code")], HTML.value(text)) }

    // MARK: Checks and notes

    private var checks: String {
        var table = ReportTable([Phrase("检查", "Check"), Phrase("数量", "Count"), Phrase("结果", "Result")])
        let failed = audit.problem?.check
        func row(_ name: Phrase, _ count: UInt64, _ checks: Set<AuditProblem.Check>, isReached: Bool = true) {
            let isBad = failed.map { checks.contains($0) } ?? false
            let result = isBad
                ? Phrase("不通过", "BAD") : isReached ? Phrase("通过", "ok") : Phrase("未进行", "not reached")
            table.append([.phrase(name), .count(count), .phrase(result)])
        }
        let isSound = audit.isSound
        row(Phrase("日志帧、哈希链、编号", "Journal, chain, numbering"), audit.entries, [.header, .frame, .chain])
        row(
            Phrase("检查点签名", "Checkpoint signatures"), UInt64(audit.checkpoint?.signers.count ?? 0), [.checkpoint],
            isReached: audit.checkpoint != nil)
        row(Phrase("默克尔树根与检查点", "Merkle root against checkpoint"), isSound ? 1 : 0, [.root], isReached: isSound)
        row(Phrase("条目与声明的格式", "Form of entries and statements"), audit.entries, [.entry])
        row(Phrase("声明上的签名", "Signatures on statements"), audit.counts.signatures, [.signature])
        row(Phrase("交易规则逐条重演", "Rules of exchange, replayed"), audit.entries, [.rules])
        let recomputed = bills.runsCompleted
        table.append([
            .phrase(Phrase("报告期内账单复算", "Bills recomputed, in the period")), .count(recomputed),
            .phrase(bills.differenceCount == 0 ? Phrase("相符", "ok") : Phrase("不符 \(bills.differenceCount) 处", "\(bills.differenceCount) differ")),
        ])
        return section(Phrase("已进行的检查", "Checks"), table.html(language))
    }

    private var notes: String {
        let lines = chineseNotes + audit.warnings + bills.differences.prefix(ReportTable.maximumRows).map(\.description)
        guard !lines.isEmpty else { return "" }
        let items = lines.map { HTML.element("li", [], HTML.value($0)) + "\n" }.joined()
        return section(Phrase("审计程序的说明(原文)", "Notes of the program, verbatim"), HTML.element("ul", [], items))
    }

    /// What the program's commonest warnings say, for who does not read them in English.
    private var chineseNotes: [String] {
        guard language != .en else { return [] }
        var lines: [String] = []
        if audit.checkpoint?.isPinned == false {
            lines.append("日志公钥取自账本自身,因此本次核验只证明账本前后一致;请通过其他途径向运营方取得公钥,并以 --vkey 指定。")
        }
        if audit.entriesAfterCheckpoint > 0 {
            lines.append("有 \(audit.entriesAfterCheckpoint) 条条目尚未纳入检查点:已接入哈希链并符合规则,但日志尚未对其签名。")
        }
        return lines
    }

    private var footer: String {
        let advice = Phrase(
            "任何人都可以凭账本副本自行核验本报告:hexi-audit verify、hexi-audit reconcile、hexi-audit report。",
            "Anybody with a copy of the ledger can check this report: hexi-audit verify, hexi-audit reconcile, hexi-audit report.")
        return HTML.element("footer", [], HTML.element("p", [], say(advice)) + HTML.element("p", [], HTML.value(producer)))
    }

    private static let style = """
        @page { size: A4; margin: 18mm 16mm; }
        body { font: 10.5pt/1.5 "Noto Sans", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif;
          color: #1a1a1a; max-width: 180mm; margin: 0 auto; padding: 8mm 4mm; }
        h1 { font-size: 17pt; margin: 0 0 4mm; } h2 { font-size: 12.5pt; margin: 7mm 0 2mm; break-after: avoid; }
        h3 { font-size: 10.5pt; margin: 4mm 0 1mm; break-after: avoid; }
        table { border-collapse: collapse; width: 100%; font-size: 9.5pt; margin-bottom: 4mm; } thead { display: table-header-group; }
        th, td { border-bottom: 0.3pt solid #bbb; padding: 1mm 2mm 1mm 0; text-align: left; vertical-align: top;
          overflow-wrap: break-word; } th { font-weight: 600; } tr { break-inside: avoid; }
        .facts th { width: 38mm; } td.number, th.number { text-align: right; } td.number { white-space: nowrap; }
        .code { font-family: "Noto Sans Mono", monospace; font-size: 8pt; overflow-wrap: anywhere; }
        td.bar { white-space: nowrap; } svg.bar { width: 32mm; height: 2.4mm; margin-right: 2mm; }
        .more { color: #555; margin: 1mm 0; }
        .verdict { font-size: 12pt; font-weight: 600; padding: 3mm 4mm; border-left: 2mm solid; overflow-wrap: anywhere; }
        .sound { border-color: #1e8449; background: #eafaf1; } .bad { border-color: #b03a2e; background: #fdedec; }
        .legend span.box { display: inline-block; width: 3mm; height: 3mm; margin: 0 1mm 0 3mm; }
        footer { margin-top: 8mm; border-top: 0.3pt solid #bbb; color: #555; font-size: 9pt; }
        * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        """
}
