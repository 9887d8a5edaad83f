import Audit
import CommandLineInterface
import Encoding
import Glibc
import Signing
import TransparencyLog

/// `hexi-audit certificate`.
enum CertificateCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "certificate", about: "verify the certificate of a right, offline",
            discussion: """
                Takes the certificate's file (as "hexi right certificate" writes it). With --ledger it verifies the whole ledger, \
                takes the node's keys from it, and tells whether the right is still in force and since when. Without one, the \
                node's key must be pinned with --node-key, and what is checked is that the node said so: the signature, the \
                certificate's own dates, and with --proof that the entry it names is on the ledger.

                Exit code 0 means that the certificate holds and, with --ledger, that the right is in force; 1 that it does \
                not; 2 that it could not be checked.
                """,
            options: [
                .value("ledger", "LEDGER", about: "a ledger's folder, a node's home, an evidence bundle, or an address", completion: .directory),
                .value("node-key", "FILE", about: "the node's public key as a JWK, known from elsewhere", isRepeated: true, completion: .file),
                .value("proof", "FILE", about: "the .tlog-proof of the entry that the certificate names", completion: .file),
                .value("at", "TIME", about: "whether it is good at this UTC time, instead of now"),
                .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
            ] + TrustOptions.all + [.flag("json", about: "print the report as JSON")],
            arguments: [CommandArgument("file", about: "the certificate", completion: .file)],
            examples: [
                "hexi-audit certificate T….vc.jwt --ledger copy --policy trust-policy",
                "hexi-audit certificate T….vc.jwt --node-key node.jwk --proof 86.gs.qingyang-ledger-17.tlog-proof --policy trust-policy",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let path = try arguments.requiredArgument("file")
        let keys = try arguments.values("node-key").map { try key($0) }
        guard arguments.value("ledger") != nil || !keys.isEmpty else {
            throw UsageError.missingOption("--ledger", valueName: "LEDGER (or --node-key FILE)")
        }
        let policy = try TrustOptions.policy(arguments)
        if arguments.value("proof") != nil && policy == nil {
            throw UsageError.missingOption("--policy", valueName: "FILE (or --vkey VKEY), to check the proof with")
        }
        var report = CertificateReport(time: try time(arguments))
        do {
            let checker = try CertificateChecker(try text(path))
            report.claims = checker.claims
            try await check(checker, keys, policy, arguments, console, &report)
        } catch let problem as CertificateProblem {
            report.problem = problem.reason
        } catch let failure as AuditFailure {
            throw CommandFailure("could not check: \(failure)", exitCode: .failure)
        }
        if arguments.flag("json") {
            console.print(json: report.json)
        } else {
            console.write(report.text(width: console.outputWidth), to: .output)
        }
        return report.isGood ? .success : .negative
    }

    private static func check(
        _ checker: CertificateChecker, _ pinned: [VerificationKey], _ policy: TrustPolicy?, _ arguments: ParsedArguments,
        _ console: Console, _ report: inout CertificateReport
    ) async throws {
        var keys = pinned
        if let ledger = arguments.value("ledger") {
            let view = CertificateView(checker.claims)
            // Keys alone are no policy: nothing is said of witnesses then.
            let audit = try await LedgerAudit.run(
                view, arguments, console, wantsJSON: arguments.flag("json"), ledger: ledger,
                policy: arguments.value("policy") == nil ? nil : policy)
            guard audit.isSound else {
                throw CertificateProblem(reason: "the ledger itself is not sound: \(audit.problem.map { "\($0)" } ?? "")")
            }
            report.take(view, audit)
            if keys.isEmpty { keys = view.nodeKeys }
        }
        try checker.verify(keys: keys, at: report.time)
        report.isGenuine = true
        guard let path = arguments.value("proof"), let policy else { return }
        do throws(ProofCheckError) {
            let proof = try ProofCheck(policy: policy).check(try bytes(path))
            try checkProof(proof, checker)
            report.proof = proof.isProved ? .holds : .unwitnessed
        } catch { throw CertificateProblem(reason: "its proof does not hold: \(error)") }
    }

    private static func checkProof(_ proof: ProofReport, _ checker: CertificateChecker) throws(ProofCheckError) {
        do { try checker.check(proof) } catch { throw .notProved(error.reason) }
    }

    private static func bytes(_ path: String) throws(ProofCheckError) -> [UInt8] {
        do { return try ProofFile.read(path, maximumLength: ProofCheck.maximumLength) } catch { throw .notProved("\(error)") }
    }

    private static func text(_ path: String) throws -> String {
        let bytes = try ProofFile.read(path, maximumLength: CertificateChecker.maximumLength)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CertificateProblem(reason: "it is not text") }
        return text
    }

    private static func key(_ path: String) throws -> VerificationKey {
        do {
            let document = try JSONValue.parse(try ProofFile.read(path, maximumLength: 1 << 16), maximumDepth: 8)
            return try VerificationKey(jwk: JSONCursor(document))
        } catch { throw CommandFailure("\(path) holds no public key as a JWK: \(error)") }
    }

    private static func time(_ arguments: ParsedArguments) throws -> Timestamp {
        guard let text = arguments.value("at") else {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
        }
        guard let time = AuditPeriod.time(text, isEnd: false) else {
            throw UsageError.badValue(of: "--at", value: text, reason: "give a day such as 2026-11-21, or a time such as 2026-11-21T08:30:00.000Z")
        }
        return time
    }
}
