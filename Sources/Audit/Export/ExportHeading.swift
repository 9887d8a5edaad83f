import Encoding
import Exchange
import TransparencyLog

/// What whoever makes an evidence bundle adds to what the ledger itself gives.
public struct ExportHeading: Sendable {
    /// The longest note, in bytes of UTF-8.
    public static let maximumNoteLength = 4096

    /// The policy's file, for information.
    public var policy: [UInt8]?
    /// The log's keys as the maker knows them from elsewhere than the ledger.
    public var knownKeys: [NoteVerifier]
    /// The maker's own words: one paragraph of printable text.
    public var note: String?
    /// The program that makes it, with its version.
    public var producer: String

    public init(policy: [UInt8]? = nil, knownKeys: [NoteVerifier] = [], note: String? = nil, producer: String) {
        self.policy = policy
        self.knownKeys = knownKeys
        self.note = note
        self.producer = producer
    }

    /// - Parameters:
    ///   - logKeys: verifier keys that the ledger names.
    ///   - time: of the last entry that the checkpoint covers.
    func bundleHeading(
        _ checkpoint: SignedNote, logKeys: [String], time: Timestamp, remarks: [String]
    ) -> EvidenceBundleWriter.Heading {
        var keys = knownKeys
        for text in logKeys {
            if let key = try? NoteVerifier(text), !keys.contains(key) { keys.append(key) }
        }
        let note = note.map { ["Note by whoever made this (制作者附注): \($0)"] } ?? []
        return EvidenceBundleWriter.Heading(
            checkpoint: checkpoint.bytes, policy: policy, verifierKeys: keys, time: Self.seconds(time), remarks: remarks + note)
    }

    static func seconds(_ time: Timestamp) -> UInt64 { UInt64(max(0, time.milliseconds / 1000)) }

    func soundRemark(_ size: UInt64) -> String {
        "When this was made, \(producer) checked the whole ledger (\(size) entries) and found it sound (制作时已对整个账本完成核验,账本完好)."
    }

    func unsoundRemark(_ problem: AuditProblem) -> String {
        "THE LEDGER IS NOT SOUND (账本不完好). \(producer) found, when this was made: \(problem). The entries are here as far as each names the hash of the one before it."
    }
}
