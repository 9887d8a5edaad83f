import Audit
import CommandLineInterface
import Glibc

/// `hexi-audit dump`.
enum DumpCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "dump", about: "print a ledger's entries as they are stored, one a line, for scripts of your own",
            discussion: """
                Prints the entries that the signed checkpoint covers, and checks the hash chain, the Merkle tree and the \
                checkpoint meanwhile; the whole ledger is read whichever entries are printed. Statements and rules are \
                not checked: that is hexi-audit verify.

                Entries are printed before it is known whether all of them lead to the checkpoint's root. Only exit code \
                0 says that they do; 1 says that the ledger was tampered with or contradicts itself, 2 that it could not \
                be read, or that nobody read the output to its end.
                """,
            options: LedgerAudit.options + [
                .value("from", "N", about: "the first entry to print", default: "0"),
                .value("to", "N", about: "the last entry to print; without it, the last that the checkpoint covers"),
                .flag("quiet", short: "q", about: "say nothing on standard error but what is wrong"),
            ],
            arguments: [
                CommandArgument(
                    "ledger", about: "a ledger's folder, a node's home, an evidence bundle of a whole ledger, or a node's address",
                    completion: .directory)
            ],
            examples: [
                "hexi-audit dump /var/lib/hexi/ledger | python3 check.py",
                "hexi-audit dump https://space.example.org --from 100 --to 199 > part.jsonl",
            ],
            run: { try run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) throws -> ExitCode {
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        let options = AuditOptions(pinnedKeys: try TrustOptions.keys(arguments), timeoutSeconds: Double(timeout))
        let from = try arguments.integer("from", in: 0...Int.max).map { UInt64($0) } ?? 0
        let to = try arguments.integer("to", in: 0...Int.max).map { UInt64($0) }
        if let to, to < from {
            throw UsageError.badValue(of: "--to", value: "\(to)", reason: "it lies before --from")
        }
        let isQuiet = arguments.flag("quiet")
        // On a terminal the entries themselves show how far it has come.
        let progress = VerifyProgress(console, label: "reading", isQuiet: isQuiet || console.outputWidth != nil)
        defer { progress.finish() }
        var output = LineOutput()
        do {
            let dump = LedgerDump(AuditSource(try arguments.requiredArgument("ledger")), options: options)
            let checkpoint = try dump.run(from: from, to: to, progress: { progress.update($0, of: $1) }) { try output.line($0) }
            try output.flush()
            progress.finish()
            if !isQuiet {
                let key = checkpoint.isPinned ? "a pinned key" : "a key that the ledger itself names"
                console.note("The chain of \(checkpoint.size) entries leads to root \(checkpoint.root), signed by \(checkpoint.origin) with \(key).")
            }
            return .success
        } catch let problem as AuditProblem {
            try? output.flush()
            progress.finish()
            throw CommandFailure("TAMPERED OR INCONSISTENT: \(TextWidth.printable("\(problem)"))", exitCode: .negative)
        } catch let failure as AuditFailure {
            throw CommandFailure("could not dump: \(failure)")
        } catch let failure as LineOutput.Failure {
            // A reader that has had enough, such as head, is no fault worth a message.
            if failure.number == EPIPE { return .failure }
            throw CommandFailure("standard output cannot be written: \(String(cString: strerror(failure.number)))")
        }
    }
}

/// Lines on standard output, many to a write.
private struct LineOutput {
    struct Failure: Error { var number: Int32 }

    private static let limit = 1 << 16
    private var bytes: [UInt8] = []

    /// A reader that goes away must not end the program before it can say how it stands.
    init() { signal(SIGPIPE, SIG_IGN) }

    mutating func line(_ line: ArraySlice<UInt8>) throws(Failure) {
        bytes += line
        bytes.append(0x0A)
        if bytes.count >= Self.limit { try flush() }
    }

    mutating func flush() throws(Failure) {
        var rest = bytes[...]
        bytes.removeAll(keepingCapacity: true)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(number: errno)
            }
            rest = rest.dropFirst(count)
        }
    }
}
