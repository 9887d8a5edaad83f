import Audit
import CommandLineInterface
import Encoding
import struct Exchange.Identifier
import struct Exchange.LedgerEntry
import TransparencyLog

/// `hexi-audit show`.
enum ShowCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "show", about: "show the whole life of a participant, product, contract, query or run, or one entry",
            discussion: """
                Verifies the whole ledger and shows every entry that has to do with the identifier: as its subject or \
                actor, by a signature, or by naming it. With a number, shows that entry with the statement in it.

                If the ledger is not sound, that is said first, and the entries shown are those before the first bad one.
                """,
            options: LedgerAudit.options + [
                .value(
                    "proofs", "DIR", about: "write the proof of each entry shown into this folder; \"hexi-audit check\" checks them",
                    completion: .directory),
                .flag("json", about: "print JSON"),
            ],
            arguments: [
                CommandArgument("id", about: "an identifier such as 86.gs.qingyang/C…, or an entry's number"),
                LedgerAudit.argument,
            ],
            examples: [
                "hexi-audit show 86.gs.qingyang/C… /var/lib/hexi/ledger",
                "hexi-audit show 1234 https://space.example.org --json",
                "hexi-audit show 86.gs.qingyang/X… copy --proofs evidence",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let text = try arguments.requiredArgument("id")
        do {
            let proofs = arguments.value("proofs") == nil ? nil : try ProofExport()
            if let seq = UInt64(text) {
                return try await show(EntryView(seq) { proofs?.want($0) }, proofs, arguments, console)
            }
            let view = try LifeView(of: try identifier(text)) { proofs?.want($0) }
            return try await show(view, proofs, arguments, console)
        } catch let failure as AuditFailure { throw CommandFailure("\(failure)") }
    }

    private static func identifier(_ text: String) throws -> Identifier {
        do { return try Identifier(text) } catch {
            let reason = TextWidth.printable("\(error)") + IdentifierHint.question(about: text)
            throw UsageError.badValue(of: "<id>", value: TextWidth.printable(text), reason: reason)
        }
    }

    // MARK: A life

    private static func show(
        _ view: LifeView, _ proofs: ProofExport?, _ arguments: ParsedArguments, _ console: Console
    ) async throws -> ExitCode {
        let wantsJSON = arguments.flag("json")
        let visitor = AuditVisitors([view] + (proofs.map { [$0] } ?? []))
        let report = try await LedgerAudit.run(visitor, arguments, console, wantsJSON: wantsJSON)
        let written = try write(proofs, arguments, report, console, count: view.count)
        if wantsJSON {
            try printJSON(view, report, written, console)
        } else {
            try printText(view, report, written, console)
        }
        if view.count == 0 && report.isSound {
            throw CommandFailure("no entry of the ledger has to do with \(view.identifier)", exitCode: .negative)
        }
        return report.isSound ? .success : .negative
    }

    private static func printText(
        _ view: LifeView, _ report: AuditReport, _ written: UInt64?, _ console: Console
    ) throws {
        let width = console.outputWidth
        if !report.isSound { console.print(ReportText.verdict(report, width)) }
        let kind = view.identifier.kind.map { "\($0)" } ?? "thing"
        let state = [kind, view.status].compactMap { $0 }.joined(separator: ", ")
        let name = view.name.map { TextWidth.printable($0) + " · " } ?? ""
        console.print("\(name)\(view.identifier) (\(state))\n")
        try view.forEachLine { line in
            let relations = line.relations.joined(separator: ", ")
            console.print("\(line.seq)  \(line.time)  \(line.type)  (\(TextWidth.printable(relations)))  \(mark(line, report))")
            console.print(indented(line.sentence, width))
        }
        guard report.isSound else { return }
        let entries = DecimalText.grouped(view.count) + (view.count == 1 ? " entry" : " entries")
        console.print("\n\(entries) of \(DecimalText.grouped(report.entries)).")
        if let written { console.print("\(DecimalText.grouped(written)) proofs written.") }
        console.write(footer(report, width), to: .output)
    }

    private static func printJSON(_ view: LifeView, _ report: AuditReport, _ written: UInt64?, _ console: Console) throws {
        var head = summary(report)
        head["identifier"] = .string(view.identifier.text)
        if let name = view.name { head["name"] = .string(name) }
        if let status = view.status { head["status"] = .string(status) }
        if let written { head["proofsWritten"] = .integer(Int64(clamping: written)) }
        // The list may be longer than memory: it is written as it is read.
        let opening = JSONValue.object(head).serializedString().dropLast()
        console.write("\(opening),\"entries\":[", to: .output)
        var separator = ""
        try view.forEachLine { line in
            console.write(separator + document(line, report).serializedString(), to: .output)
            separator = ",\n"
        }
        console.print("]}")
    }

    // MARK: One entry

    private static func show(
        _ view: EntryView, _ proofs: ProofExport?, _ arguments: ParsedArguments, _ console: Console
    ) async throws -> ExitCode {
        let wantsJSON = arguments.flag("json")
        let visitor = AuditVisitors([view] + (proofs.map { [$0] } ?? []))
        let report = try await LedgerAudit.run(visitor, arguments, console, wantsJSON: wantsJSON)
        let written = try write(proofs, arguments, report, console, count: 1)
        if wantsJSON { console.print(json: document(view, report, written)) }
        if !report.isSound && !wantsJSON { console.print(ReportText.verdict(report, console.outputWidth)) }
        guard let line = view.line else {
            if !report.isSound { return .negative }
            throw CommandFailure(
                "there is no entry \(view.seq): the ledger has the entries 0 to \(report.entries - min(1, report.entries))",
                exitCode: .negative)
        }
        if !wantsJSON { printText(view, line, report, console) }
        return report.isSound ? .success : .negative
    }

    private static func printText(_ view: EntryView, _ line: LifeLine, _ report: AuditReport, _ console: Console) {
        console.print("\(line.seq)  \(line.time)  \(line.type)  \(mark(line, report))")
        console.print(indented(line.sentence, console.outputWidth))
        console.print("\nLeaf hash   \(line.leafHash)")
        for signer in view.signers {
            let name = signer.name.isEmpty ? "" : TextWidth.printable(signer.name) + " · "
            console.print("Signed by   \(name)\(signer.owner), key \(signer.keyIdentifier)")
        }
        for (title, value) in [("Body", body(view)), ("Statement", view.statement)] {
            console.print("\n\(title)")
            for row in value.prettyString().split(separator: "\n") { console.print("  " + TextWidth.printable(String(row))) }
        }
        if report.isSound { console.write("\n" + footer(report, console.outputWidth), to: .output) }
    }

    private static func document(_ view: EntryView, _ report: AuditReport, _ written: UInt64?) -> JSONValue {
        var object = summary(report)
        if let line = view.line {
            object["entry"] = document(line, report)
            object["signers"] = .array(view.signers.map { signer in
                ["key": .string(signer.keyIdentifier), "owner": .string(signer.owner), "name": .string(signer.name)]
            })
            object["body"] = body(view)
            object["statement"] = view.statement
            object["stored"] = .string(String(decoding: view.entry, as: UTF8.self))
        }
        if let written { object["proofsWritten"] = .integer(Int64(clamping: written)) }
        return .object(object)
    }

    private static func body(_ view: EntryView) -> JSONValue {
        (try? JSONValue.parse(view.entry, maximumDepth: 16, maximumCount: LedgerEntry.maximumCount))?["body"] ?? .null
    }

    // MARK: Both

    private static func write(
        _ proofs: ProofExport?, _ arguments: ParsedArguments, _ report: AuditReport, _ console: Console, count total: UInt64
    ) throws -> UInt64? {
        guard let proofs, let folder = arguments.value("proofs"), report.isSound else { return nil }
        try OutputFile.makeFolder(folder)
        let progress = VerifyProgress(console, label: "writing proofs", isQuiet: false)
        defer { progress.finish() }
        var count: UInt64 = 0
        try proofs.forEachProof(report) { proof in
            try OutputFile.write(proof.bytes, to: "\(folder)/\(proof.fileName)")
            count += 1
            progress.update(count, of: total)
        }
        return count
    }

    private static func summary(_ report: AuditReport) -> JSONObject {
        var object: JSONObject = ["verdict": .string(report.isSound ? "sound" : "tampered"), "source": .string(report.source)]
        if let problem = report.problem { object["problem"] = problem.json }
        object["ledgerEntries"] = .integer(Int64(clamping: report.entries))
        if let root = report.root { object["root"] = .string(root.description) }
        return object
    }

    private static func document(_ line: LifeLine, _ report: AuditReport) -> JSONValue {
        guard var object = line.json.objectValue else { return line.json }
        object["proof"] = .string(ProofStatus(seq: line.seq, in: report).rawValue)
        return .object(object)
    }

    private static func mark(_ line: LifeLine, _ report: AuditReport) -> String {
        switch ProofStatus(seq: line.seq, in: report) {
        case .included: "proven"
        case .notSigned: "not yet in a checkpoint"
        case .unsound: "not proven"
        }
    }

    private static func indented(_ text: String, _ width: Int?) -> String {
        let text = TextWidth.printable(text)
        guard let width else { return "    " + text }
        return TextWidth.wrap(text, width: max(20, width - 4)).map { "    " + $0 }.joined(separator: "\n")
    }

    private static func footer(_ report: AuditReport, _ width: Int?) -> String {
        let notes = report.warnings.map { warning in
            TextWidth.wrap(TextWidth.printable("Note: " + warning), width: width ?? 1 << 20).joined(separator: "\n") + "\n"
        }
        return notes.joined() + ReportText.verdict(report, width)
    }
}
