import Signing
import TransparencyLog

/// What a benchmark of the audit measured. Rates are per second.
public struct AuditBenchmarkResult: Sendable {
    /// Entries of about 300 bytes whose chain, tree and checkpoint were checked, on one core.
    public var chainEntries: Int
    public var chainRate: Double
    /// The yardstick: SHA-256 of the same bytes alone, a leaf and a node for each entry, on one core.
    public var hashingRate: Double
    /// Entries with completed runs that were checked in full: statements, signatures, rules.
    public var fullEntries: Int
    public var fullRate: Double
    /// The yardstick: Ed25519 verification alone of messages of the statements' length, on all cores.
    public var signatureRate: Double
    /// How many tasks verified statements side by side.
    public var workers: Int
    /// Memory resident in the process during the full check, in bytes: after a tenth of the entries, and the most after
    /// that. They are about the same unless memory grows with the ledger.
    public var memoryAfterTenth: UInt64
    public var memoryAtMost: UInt64
}

/// Measures the auditor against what hashing and signature verification alone allow on the same machine.
public enum AuditBenchmark {
    /// Writes two ledgers, checks them, and removes them.
    ///
    /// - Parameters:
    ///   - entries: runs in the ledger that is checked in full; making one takes longer than checking it.
    ///   - chainEntries: entries in the ledger whose chain alone is checked; each takes about 300 bytes on the disk.
    ///   - folder: where the ledgers are written, each in a folder of its own.
    public static func run(
        entries: Int, chainEntries: Int = 500_000, in folder: String = "/tmp"
    ) async throws -> AuditBenchmarkResult {
        let workers = ProcessorCount.online
        let (entries, chainEntries) = (max(1, entries), max(1, chainEntries))
        let (chainRate, hashingRate) = try await measureChain(chainEntries, in: folder)
        let ledger = try BenchmarkLedger(in: folder)
        var space = try BenchmarkSpace(ledger)
        try space.run(times: entries)
        try ledger.finish(space.signer)
        let options = AuditOptions(pinnedKeys: [space.signer.verifier], workers: workers)
        let memory = MemoryRecord()
        let (count, seconds) = try await audit(ledger, options) { memory.note(done: $0, total: $1) }
        return AuditBenchmarkResult(
            chainEntries: chainEntries, chainRate: chainRate, hashingRate: hashingRate, fullEntries: count,
            fullRate: Double(count) / seconds, signatureRate: await measureSignatures(workers), workers: workers,
            memoryAfterTenth: memory.afterTenth, memoryAtMost: memory.atMost)
    }

    private static func measureChain(_ count: Int, in folder: String) async throws -> (chain: Double, hashing: Double) {
        let ledger = try BenchmarkLedger(in: folder)
        var space = try BenchmarkSpace(ledger)
        try space.found()
        let content = Array("\"time\":\"2026-01-01T00:00:00.000Z\",\"filler\":\"\(String(repeating: "x", count: 165))\"}".utf8)
        for _ in 1..<max(2, count) { try ledger.append(content) }
        try ledger.finish(space.signer)
        let options = AuditOptions(pinnedKeys: [space.signer.verifier], isChainOnly: true)
        // The first pass brings the file into the page cache: the measure is the auditor, not the disk.
        _ = try await audit(ledger, options)
        let (checked, seconds) = try await audit(ledger, options)
        let entry = ChainedEntry.head(previous: .zero, sequence: UInt64(count)) + content
        let hashing = elapsed {
            var frontier = MerkleFrontier()
            for _ in 0..<checked { frontier.append(MerkleTree.leafHash(entry)) }
            return frontier.root != .zero
        }
        return (Double(checked) / seconds, Double(checked) / hashing)
    }

    private static func audit(
        _ ledger: BenchmarkLedger, _ options: AuditOptions, progress: @Sendable (UInt64, UInt64) -> Void = { _, _ in }
    ) async throws -> (Int, seconds: Double) {
        let start = ContinuousClock.now
        let report = try await Auditor(.folder(ledger.path), options: options).run(progress: progress)
        let seconds = Self.seconds(since: start)
        if let problem = report.problem { throw AuditBenchmarkError.notSound(problem) }
        return (Int(report.entries), seconds)
    }

    /// Verifies the same signature on every core for about a second.
    private static func measureSignatures(_ workers: Int) async -> Double {
        let key = SigningKey.generate()
        // A run request's signing input, its JWS header and payload in base64url, has about this length.
        let message = [UInt8](repeating: 0x61, count: 640)
        let signature = key.sign(message)
        return await withTaskGroup(of: Double.self) { group in
            for _ in 0..<workers {
                group.addTask {
                    let count = 10_000
                    let seconds = elapsed {
                        (0..<count).allSatisfy { _ in key.verificationKey.isValid(signature: signature, for: message) }
                    }
                    return Double(count) / seconds
                }
            }
            return await group.reduce(0, +)
        }
    }

    /// How long the work takes; its result keeps it from being left out as useless.
    private static func elapsed(_ work: () -> Bool) -> Double {
        let start = ContinuousClock.now
        let result = work()
        let seconds = Self.seconds(since: start)
        return result ? seconds : .infinity
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let parts = (ContinuousClock.now - start).components
        return max(1e-9, Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }
}
