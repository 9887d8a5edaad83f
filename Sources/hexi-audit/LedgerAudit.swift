import Audit
import CommandLineInterface
import Encoding
import TransparencyLog

/// What the commands share that look at a whole ledger while they verify it.
enum LedgerAudit {
    static let options: [CommandOption] = [
        .value(
            "vkey", "VKEY",
            about: "a key of the log, name+identifier+base64, known from elsewhere; the ledger's own word is then not needed",
            isRepeated: true),
        .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
    ]

    static let periodOptions: [CommandOption] = [
        .value("from", "DAY", about: "from the beginning of this day in UTC, or from this time, on"),
        .value("to", "DAY", about: "to the end of this day in UTC, or to this time"),
    ]

    static let argument = CommandArgument(
        "ledger", about: "a ledger's folder, a node's home, or a node's address (http:// or https://)",
        completion: .directory)

    /// Verifies the ledger that the command line names, and shows each entry to the visitor.
    ///
    /// - Parameters:
    ///   - ledger: where it is; `nil` for the argument of that name.
    ///   - policy: whom to believe, instead of `--vkey`.
    ///   - cleanUp: what to do when the program is stopped.
    /// - Throws: `CommandFailure` with exit code 2 where the ledger cannot be checked; with `wantsJSON`, this is printed
    ///   as a document as well.
    static func run(
        _ visitor: any AuditVisitor, _ arguments: ParsedArguments, _ console: Console, wantsJSON: Bool, ledger: String? = nil,
        policy: TrustPolicy? = nil, cleanUp: @escaping @Sendable () -> Void = {}
    ) async throws -> AuditReport {
        let source = AuditSource(try ledger ?? arguments.requiredArgument("ledger"))
        let keys = try TrustOptions.keys(arguments)
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        var options = AuditOptions(pinnedKeys: keys, timeoutSeconds: Double(timeout))
        options.policy = policy
        let progress = VerifyProgress(console, isQuiet: false)
        Interruption.onSignal { _ in
            progress.finish()
            cleanUp()
            return .exit
        }
        defer { progress.finish() }
        do {
            return try await Auditor(source, options: options).run(visitor: visitor) { progress.update($0, of: $1) }
        } catch let failure as AuditFailure {
            if wantsJSON {
                let document: JSONValue = [
                    "verdict": "unchecked", "source": .string(source.description), "reason": .string(failure.description),
                ]
                console.print(json: document)
            }
            throw CommandFailure("could not check: \(failure)", exitCode: .failure)
        }
    }

    /// The period of `--from` and `--to`.
    static func period(_ arguments: ParsedArguments) throws -> AuditPeriod {
        func time(_ name: String, isEnd: Bool) throws -> Timestamp? {
            guard let text = arguments.value(name) else { return nil }
            guard let time = AuditPeriod.time(text, isEnd: isEnd) else {
                throw UsageError.badValue(
                    of: "--\(name)", value: text, reason: "give a day such as 2026-11-21, or a time such as 2026-11-21T08:30:00.000Z")
            }
            return time
        }
        let period = AuditPeriod(from: try time("from", isEnd: false), to: try time("to", isEnd: true))
        if let from = period.from, let to = period.to, to < from {
            throw UsageError.badValue(of: "--to", value: arguments.value("to") ?? "", reason: "it lies before --from")
        }
        return period
    }
}
