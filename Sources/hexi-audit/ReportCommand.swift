import Audit
import CommandLineInterface
import Encoding
import Glibc
import Markup

/// `hexi-audit report`.
enum ReportCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "report", about: "verify a ledger and write a report that can be read, printed and filed",
            discussion: """
                Verifies the whole ledger, recomputes every bill, and writes one HTML file that needs nothing else: the \
                verdict, what was checked, activity over time, participants, products, usage, charges and refusals. It \
                prints on A4 paper. The verification always covers the whole ledger; --from and --to limit what is \
                counted in the report.
                """,
            options: LedgerAudit.options + LedgerAudit.periodOptions + [
                .value("output", short: "o", "FILE", about: "where to write the report", isRequired: true, completion: .file),
                .value(
                    "language", "LANGUAGE", about: "Chinese, English, or both side by side", default: "both",
                    choices: PageLanguage.allCases.map(\.rawValue)),
                .flag("force", about: "replace the file if it is there"),
                .flag("json", about: "print the verdict as JSON"),
            ],
            arguments: [LedgerAudit.argument],
            examples: [
                "hexi-audit report /var/lib/hexi/ledger --output report.html",
                "hexi-audit report copy --output 2026-11.html --from 2026-11-01 --to 2026-11-30 --language zh",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let path = try arguments.required("output")
        if OutputFile.exists(path) && !arguments.flag("force") {
            throw CommandFailure("\(path) is there already; give another name, or --force to replace it")
        }
        let language = arguments.value("language").flatMap(PageLanguage.init) ?? .both
        let collector = SurveyCollector(period: try LedgerAudit.period(arguments))
        let wantsJSON = arguments.flag("json")
        let report = try await LedgerAudit.run(collector, arguments, console, wantsJSON: wantsJSON)
        let page = ReportPage(
            collector, language: language, producedAt: now, producer: "hexi-audit \(AuditProgram.version)")
        try OutputFile.write(Array(page.html.utf8), to: path)
        let result = collector.reconciliation
        if wantsJSON {
            var object = result.json.objectValue ?? [:]
            for name in ["accounts", "contracts", "payers", "payees"] { object[name] = nil }
            object["report"] = .string(path)
            console.print(json: .object(object))
        } else {
            if report.isSound { console.write(ReconciliationText.conclusion(result, console.outputWidth), to: .output) }
            console.write(ReportText.verdict(report, console.outputWidth), to: .output)
            console.print("The report is in \(path).")
        }
        return result.isReconciled ? .success : .negative
    }

    private static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
