import Audit
import CommandLineInterface
import Encoding
import enum Exchange.IdentifierKind
import struct Exchange.Identifier

/// `hexi-audit reconcile`.
enum ReconcileCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "reconcile", about: "recompute every bill from the ledger's own contents, and compare",
            discussion: """
                Verifies the whole ledger and keeps books of its own beside the rules of exchange: for every completed \
                run it looks up whether the buyer was registered and active, the query approved by every provider and \
                not revoked, the product listed, the contract signed by all, in its time and with runs left, and what \
                the run costs at the listed price; and that a refused run cost nothing. Every charge is compared, and \
                the charges are summed up by contract, payer and payee. A run must have used a task that its buyer had \
                minted for it, and what runs in private mode spend is held against the products' budgets.

                Exit code 0 means that every bill is right, 1 that one is not or that the ledger is not sound.
                """,
            options: LedgerAudit.options + LedgerAudit.periodOptions + [
                .value("contract", "ID", about: "show what concerns this contract only"),
                .value("participant", "ID", about: "show what this participant owes or earns only"),
                .flag("json", about: "print JSON; amounts are in minor units of the currency"),
                .flag("csv", about: "print the accounts as comma-separated values; amounts are in minor units"),
            ],
            arguments: [LedgerAudit.argument],
            examples: [
                "hexi-audit reconcile /var/lib/hexi/ledger",
                "hexi-audit reconcile https://space.example.org --participant 86.gs.qingyang/P… --from 2026-11-01 --to 2026-11-30",
                "hexi-audit reconcile copy --csv",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let (wantsJSON, wantsCSV) = (arguments.flag("json"), arguments.flag("csv"))
        if wantsJSON && wantsCSV { throw CommandFailure("give either --json or --csv", exitCode: .usage) }
        let reconciler = Reconciler(
            contract: try identifier("contract", .contract, arguments),
            participant: try identifier("participant", .participant, arguments), period: try LedgerAudit.period(arguments))
        let report = try await LedgerAudit.run(reconciler, arguments, console, wantsJSON: wantsJSON)
        let result = reconciler.reconciliation
        if wantsJSON {
            console.print(json: result.json)
        } else if wantsCSV {
            console.write(result.csv, to: .output)
            if !result.isReconciled { console.note(ReconciliationText.conclusion(result, nil)) }
        } else {
            console.write(ReconciliationText.render(result, width: console.outputWidth), to: .output)
        }
        if report.isSound && !result.isFilterKnown {
            throw CommandFailure("the ledger has no such contract or participant", exitCode: .negative)
        }
        return result.isReconciled ? .success : .negative
    }

    private static func identifier(
        _ option: String, _ kind: IdentifierKind, _ arguments: ParsedArguments
    ) throws -> Identifier? {
        guard let text = arguments.value(option) else { return nil }
        do { return try Identifier(text, kind: kind) } catch {
            let reason = TextWidth.printable("\(error)") + IdentifierHint.question(about: text, kind: kind)
            throw UsageError.badValue(of: "--\(option)", value: TextWidth.printable(text), reason: reason)
        }
    }
}
