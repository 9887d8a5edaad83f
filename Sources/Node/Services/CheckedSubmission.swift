import Encoding
import Exchange
import Sandbox
import Signing

/// What passed the machine check: a query's text, or a program's declaration.
enum CheckedSubmission: Sendable {
    case query(CheckedQuery)
    case program(CheckedProgram)

    /// Of what exactly runs; the provider's approval is bound to it.
    var policyHash: SHA256Digest {
        switch self {
        case .query(let query): query.policyHash
        case .program(let program): program.policyHash
        }
    }
}

/// A program with everything that decides how it runs.
struct CheckedProgram: Sendable {
    let program: ApprovedProgram
    let tables: [TablePolicy]
    let limits: RunLimits
    let policyHash: SHA256Digest

    /// How programs are run, as the ledger names it in the place of a query engine.
    static func runnerName(_ runtime: Exchange.ProgramRuntime) -> String { "Hexi programs 1, \(runtime.rawValue)" }

    /// - Throws: a refusal where a table's product does not offer programs.
    init(_ submission: ProgramSubmission, _ listings: [ListedTable], tables: [TablePolicy], usual: RunLimits) throws {
        var terms: [MetricsTerms] = []
        for (table, listing) in listings {
            guard let metrics = listing.metrics, metrics.runtimes.contains(submission.runtime) else {
                throw Refusal(
                    .programNotAllowed, "the product of the table \(table.name) runs no programs of the runtime \(submission.runtime.rawValue)",
                    pointer: "/program/runtime")
            }
            terms.append(metrics)
        }
        let digits = terms.map(\.significantDigits).min() ?? 1
        limits = Self.limits(terms, usual)
        program = try Self.approved(submission, significantDigits: Int(clamping: digits))
        self.tables = tables
        let seen = tables.map { table -> JSONValue in
            [
                "name": .string(table.name),
                "columns": .array(
                    table.columns.filter { $0.role != .hidden }.map {
                        ["name": .string($0.name), "type": .string($0.type), "role": .string($0.role.rawValue)]
                    }),
            ]
        }
        let document: JSONValue = [
            "runner": .string(Self.runnerName(submission.runtime)), "program": submission.json, "tables": .array(seen),
            "significantDigits": .integer(digits),
        ]
        policyHash = SHA256.hash(document.serialized())
    }

    /// The strictest of every product's terms.
    private static func limits(_ terms: [MetricsTerms], _ usual: RunLimits) -> RunLimits {
        func bytes(_ mebibytes: Int64?) -> Int { Int(clamping: mebibytes ?? 16) << 20 }
        var limits = usual
        limits.wallClockSeconds = Double(terms.map(\.maximumSeconds).min() ?? 1)
        limits.cpuSeconds = max(1, Int(clamping: terms.map(\.maximumSeconds).min() ?? 1)) * max(1, usual.threads)
        limits.memoryBytes = min(usual.memoryBytes, bytes(terms.map(\.maximumMemory).min()))
        limits.scratchBytes = bytes(terms.map(\.maximumScratch).min())
        return limits
    }

    private static func approved(_ submission: ProgramSubmission, significantDigits: Int) throws -> ApprovedProgram {
        guard let bundle = SHA256Digest(hexadecimal: submission.bundle),
            let runtime = ApprovedProgram.Runtime(rawValue: submission.runtime.rawValue)
        else { throw Refusal(.programNotAllowed, "this node cannot run the program", pointer: "/program") }
        let metrics = submission.metrics.compactMap { metric -> MetricDeclaration? in
            guard let type = MetricDeclaration.ValueType(rawValue: metric.type.rawValue), let lower = Double(metric.lower.text),
                let upper = Double(metric.upper.text), lower <= upper
            else { return nil }
            return MetricDeclaration(name: metric.name, type: type, bounds: lower...upper, size: metric.size.map { Int(clamping: $0) })
        }
        guard metrics.count == submission.metrics.count else {
            throw Refusal(.programNotAllowed, "the bounds of a metric are no numbers", pointer: "/program/metrics")
        }
        return ApprovedProgram(
            bundleHash: bundle, runtime: runtime, entry: submission.entry, arguments: submission.arguments, metrics: metrics,
            artefacts: submission.artefacts.map { ArtefactDeclaration(name: $0.name, maximumBytes: Int(clamping: $0.maximumBytes)) },
            significantDigits: significantDigits)
    }
}
