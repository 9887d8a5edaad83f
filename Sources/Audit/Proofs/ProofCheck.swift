import Signing
import TransparencyLog

/// Why a proof's file does not prove anything, or cannot be checked.
public enum ProofCheckError: Error, Sendable, CustomStringConvertible {
    /// The file is damaged, forged, or of another log or entry.
    case notProved(String)
    /// The file does not hold the entry, and none was given.
    case entryMissing

    public var description: String {
        switch self {
        case .notProved(let reason): reason
        case .entryMissing: "the proof does not hold the entry itself; give the entry's bytes as well"
        }
    }
}

/// Checks the files that participants keep, offline: log proofs and batch proofs, told by their first line.
public struct ProofCheck: Sendable {
    /// The largest file that is read, in bytes.
    public static let maximumLength = BatchProof.maximumLength

    public let policy: TrustPolicy

    /// - Parameter policy: which logs and witnesses to believe.
    public init(policy: TrustPolicy) { self.policy = policy }

    /// Checks a file.
    ///
    /// - Parameter entry: the entry that is to be proved, where one has it from elsewhere; it must then be the one that
    ///   the file holds, if it holds one.
    /// - Returns: what is proved. Whether enough witnesses have seen it is in ``ProofReport/judgement``.
    /// - Throws: ``ProofCheckError``.
    public func check(_ file: [UInt8], entry: [UInt8]? = nil) throws(ProofCheckError) -> ProofReport {
        if BatchProof.isBatchProof(file) { return try checkBatch(file, entry) }
        let proof: LogProof
        do { proof = try LogProof(file) } catch { throw .notProved(error.description) }
        let found = try Self.entry(proof, given: entry)
        return try report(proof, found, try judge(proof, found), record: nil)
    }

    private func checkBatch(_ file: [UInt8], _ entry: [UInt8]?) throws(ProofCheckError) -> ProofReport {
        let proof: BatchProof
        do { proof = try BatchProof(file) } catch { throw .notProved(error.description) }
        let found = try Self.entry(proof.log, given: entry)
        let judgement: TrustJudgement
        do {
            judgement = try proof.verify(policy: policy) { try EntrySummary($0).batchCommitment() }
        } catch let problem as AuditProblem {
            throw .notProved("entry \(proof.log.index): \(problem.reason)")
        } catch { throw .notProved("\(error)") }
        let record = ProofReport.Record(bytes: proof.record, index: proof.inclusion.index, count: proof.inclusion.size)
        return try report(proof.log, found, judgement, record: record)
    }

    /// The bytes that are to be proved.
    private static func entry(_ proof: LogProof, given: [UInt8]?) throws(ProofCheckError) -> [UInt8] {
        guard let entry = given ?? proof.extra else { throw .entryMissing }
        guard proof.extra.map({ $0 == entry }) ?? true else {
            throw .notProved("the file proves another entry than the given one: it holds \(proof.extra?.count ?? 0) other bytes")
        }
        return entry
    }

    private func judge(_ proof: LogProof, _ entry: [UInt8]) throws(ProofCheckError) -> TrustJudgement {
        do { return try proof.verify(leafHash: MerkleTree.leafHash(entry), policy: policy) } catch {
            throw .notProved(error.description)
        }
    }

    private func report(
        _ proof: LogProof, _ entry: [UInt8], _ judgement: TrustJudgement, record: ProofReport.Record?
    ) throws(ProofCheckError) -> ProofReport {
        // A log of another kind has entries that only its own users can read; that they are there is proved all the same.
        let summary = ChainedEntry.sequence(of: entry) == nil ? nil : try? EntrySummary(entry)
        if let seq = ChainedEntry.sequence(of: entry), seq != proof.index {
            throw .notProved(
                "the log has it as entry \(proof.index), but it says that it is entry \(seq): the ledger that it is from is not sound")
        }
        return ProofReport(
            index: proof.index, leafHash: MerkleTree.leafHash(entry), entryLength: entry.count, entry: summary,
            judgement: judgement, quorum: policy.quorumName, record: record)
    }
}

/// What a proof's file proves.
public struct ProofReport: Sendable {
    /// A record of a batch.
    public struct Record: Sendable, Hashable {
        public let bytes: [UInt8]
        /// Its number in the batch, from 0.
        public let index: UInt64
        /// The number of records in the batch.
        public let count: UInt64
    }

    /// The entry's number in the log.
    public let index: UInt64
    public let leafHash: SHA256Digest
    /// In bytes.
    public let entryLength: Int
    /// What the entry says; `nil` if it is not an entry of a Hexi ledger.
    public let entry: EntrySummary?
    public let judgement: TrustJudgement
    /// The name of the policy's quorum; `none` if it has none.
    public let quorum: String
    /// The record, if the file is a batch proof.
    public let record: Record?

    /// Whether all that the policy asks for is there.
    public var isProved: Bool { judgement.isQuorumReached }
}
