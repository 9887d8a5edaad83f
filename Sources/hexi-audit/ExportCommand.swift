import Audit
import CommandLineInterface
import Encoding
import struct Exchange.Identifier
import Glibc
import TransparencyLog

/// `hexi-audit export`.
enum ExportCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "export", about: "write a ledger, or the entries that concern a case, into one file for a court or an archive",
            discussion: """
                Verifies the whole ledger and writes an evidence bundle: a tar file with the entries, the signed \
                checkpoint, the keys, the policy, a manifest, and a text in Chinese and English that says how to check \
                it, with hexi-audit or with sha256sum, openssl and python3 alone. It can be checked offline, years later.

                With --id or --entry, only the entries that concern these, each with its proof, and the entries that \
                register the keys which signed them. The same ledger and the same options give the same file.

                A ledger that is not sound is not exported, and the exit code is 1, unless --even-if-unsound asks for it: \
                the text in the bundle then says what was found.
                """,
            options: TrustOptions.all + [
                .value("output", short: "o", "FILE", about: "where to write the bundle", isRequired: true, completion: .file),
                .value("id", "ID", about: "only what has to do with this identifier, as \"hexi-audit show\" finds it", isRepeated: true),
                .value("entry", "N", about: "only this entry", isRepeated: true),
                .value("note", "TEXT", about: "a sentence of yours for the text in the bundle"),
                .flag("even-if-unsound", about: "export a whole ledger that is not sound, as it is"),
                .flag("force", about: "replace the file if it is there"),
                .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
                .flag("json", about: "print the verdict as JSON"),
            ],
            arguments: [LedgerAudit.argument],
            examples: [
                "hexi-audit export /var/lib/hexi/ledger --output ledger.tar --policy trust-policy",
                "hexi-audit export https://space.example.org --id 86.gs.qingyang/C… --id 86.gs.qingyang/R… -o case-17.tar",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let path = try arguments.required("output")
        if OutputFile.exists(path) && !arguments.flag("force") {
            throw CommandFailure("\(path) is there already; give another name, or --force to replace it")
        }
        let identifiers = try arguments.values("id").map(identifier)
        let numbers = try arguments.values("entry").map(number)
        let job = Job(
            path: path, heading: try heading(arguments),
            policy: arguments.value("policy") == nil ? nil : try TrustOptions.policy(arguments), arguments: arguments,
            console: console)
        do {
            if identifiers.isEmpty && numbers.isEmpty { return try await exportWhole(job) }
            if arguments.flag("even-if-unsound") {
                throw UsageError.badValue(
                    of: "--even-if-unsound", value: "", reason: "single entries of an unsound ledger cannot be proved; leave out --id and --entry")
            }
            return try await export(try EntryExport(identifiers: identifiers, numbers: Set(numbers)), job)
        } catch let failure as AuditFailure { throw CommandFailure("\(failure)") }
    }

    // MARK: What is asked for

    private struct Job {
        let path: String
        let heading: ExportHeading
        let policy: TrustPolicy?
        let arguments: ParsedArguments
        let console: Console

        var wantsJSON: Bool { arguments.flag("json") }

        func audit(_ visitor: any AuditVisitor) async throws -> AuditReport {
            let temporary = EvidenceBundleWriter.temporaryPath(for: path)
            return try await LedgerAudit.run(visitor, arguments, console, wantsJSON: wantsJSON, policy: policy) {
                unlink(temporary)
            }
        }
    }

    private static func heading(_ arguments: ParsedArguments) throws -> ExportHeading {
        var heading = ExportHeading(producer: "hexi-audit \(AuditProgram.version)")
        heading.knownKeys = try TrustOptions.keys(arguments)
        if let path = arguments.value("policy") {
            heading.policy = try ProofFile.read(path, maximumLength: TrustPolicy.maximumLength)
            heading.knownKeys = try TrustOptions.policy(arguments)?.logs.map(\.verifier) ?? []
        }
        if let note = arguments.value("note") {
            guard note.utf8.count <= ExportHeading.maximumNoteLength, !note.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
                throw UsageError.badValue(
                    of: "--note", value: TextWidth.printable(note),
                    reason: "one line of at most \(ExportHeading.maximumNoteLength) bytes, please")
            }
            heading.note = note
        }
        return heading
    }

    private static func identifier(_ text: String) throws -> Identifier {
        do { return try Identifier(text) } catch {
            let reason = TextWidth.printable("\(error)") + IdentifierHint.question(about: text)
            throw UsageError.badValue(of: "--id", value: TextWidth.printable(text), reason: reason)
        }
    }

    private static func number(_ text: String) throws -> UInt64 {
        guard let number = UInt64(text) else {
            throw UsageError.badValue(of: "--entry", value: TextWidth.printable(text), reason: "the number of an entry, from 0")
        }
        return number
    }

    // MARK: The whole ledger

    private static func exportWhole(_ job: Job) async throws -> ExitCode {
        let export = LedgerExport(job.path, job.heading)
        let report = try await job.audit(export)
        if let count = try export.finish(report) {
            show(job, report, count, ["The whole ledger up to its checkpoint, \(DecimalText.grouped(count)) entries, is in \(job.path)."])
            return .success
        }
        guard job.arguments.flag("even-if-unsound"), let problem = report.problem else { return refuse(job, report) }
        let timeout = try job.arguments.integer("timeout", in: 1...86_400) ?? 60
        do {
            let count = try LedgerExport.writeUnsound(
                AuditSource(report.source), AuditOptions(timeoutSeconds: Double(timeout)), to: job.path, job.heading,
                problem: problem)
            show(job, report, count, ["\(DecimalText.grouped(count)) entries of the unsound ledger are in \(job.path), which says so itself."])
        } catch let problem as AuditProblem { throw CommandFailure("nothing can be exported: \(TextWidth.printable("\(problem)"))") }
        return .negative
    }

    // MARK: Single entries

    private static func export(_ export: EntryExport, _ job: Job) async throws -> ExitCode {
        let report = try await job.audit(export)
        if !report.isSound { return refuse(job, report) }
        let missing = export.missing
        guard missing.isEmpty else {
            let names = missing.map { TextWidth.printable($0) }.joined(separator: ", ")
            throw CommandFailure(
                "nothing was written: among the entries that the checkpoint covers there is nothing for \(names)", exitCode: .negative)
        }
        guard let outcome = try export.write(job.path, job.heading, report) else {
            throw CommandFailure("nothing was written: no checkpoint covers these entries yet", exitCode: .negative)
        }
        var lines = ["\(DecimalText.grouped(outcome.chosen)) entries are in \(job.path), with their proofs."]
        if outcome.supporting > 0 {
            lines.append("\(DecimalText.grouped(outcome.supporting)) more stand beside them, so that their signatures can be checked.")
        }
        if outcome.unsigned > 0 {
            lines.append("\(DecimalText.grouped(outcome.unsigned)) were left out, since no checkpoint covers them yet; export again later.")
        }
        show(job, report, outcome.chosen + outcome.supporting, lines)
        return .success
    }

    // MARK: Both

    private static func refuse(_ job: Job, _ report: AuditReport) -> ExitCode {
        show(job, report, nil, ["Nothing was exported."])
        return .negative
    }

    private static func show(_ job: Job, _ report: AuditReport, _ count: UInt64?, _ lines: [String]) {
        guard job.wantsJSON else {
            job.console.write(ReportText.verdict(report, job.console.outputWidth), to: .output)
            for line in lines { job.console.print(line) }
            return
        }
        var object: JSONObject = ["verdict": report.json["verdict"] ?? .null, "source": .string(report.source)]
        if let problem = report.problem { object["problem"] = problem.json }
        if let count {
            object["bundle"] = .string(job.path)
            object["bundleEntries"] = .integer(Int64(clamping: count))
        }
        if let checkpoint = report.json["checkpoint"] { object["checkpoint"] = checkpoint }
        job.console.print(json: .object(object))
    }
}
