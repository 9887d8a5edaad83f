import Encoding
import TransparencyLog

/// The files by which anybody can check, without either log, that two histories of one log were signed.
public struct ForkEvidence: Sendable {
    /// Name and contents of each file.
    public let files: [(name: String, bytes: [UInt8])]

    /// `nil` unless the logs part.
    public init?(_ comparison: LogComparison) {
        guard let parting = comparison.parting else { return nil }
        let seq = parting.seq
        files = [
            ("README.txt", Array(Self.text(comparison, seq).utf8)),
            ("a.checkpoint", comparison.a.note.bytes), ("b.checkpoint", comparison.b.note.bytes),
            ("a-entry-\(seq).json", parting.a.extra ?? []), ("b-entry-\(seq).json", parting.b.extra ?? []),
            ("a-entry-\(seq).tlog-proof", parting.a.bytes), ("b-entry-\(seq).tlog-proof", parting.b.bytes),
        ]
    }

    private static func text(_ comparison: LogComparison, _ seq: UInt64) -> String {
        let (a, b) = (comparison.a, comparison.b)
        let keys = comparison.commonKeys.isEmpty ? a.signers + b.signers : comparison.commonKeys
        return """
            Two histories of one log

            Log      \(a.checkpoint.origin)
            A        \(Self.line(a.source))
                     \(a.checkpoint.size) entries, root \(a.checkpoint.root)
            B        \(Self.line(b.source))
                     \(b.checkpoint.size) entries, root \(b.checkpoint.root)
            Keys     \(keys.map(\.description).joined(separator: "\n         "))

            Up to entry \(seq) both histories are the same. As entry \(seq) each has another one, and each of the two is
            proved to be in the log by a checkpoint that the log has signed:

              a.checkpoint, b.checkpoint           the signed checkpoints (C2SP signed-note, tlog-checkpoint)
              a-entry-\(seq).json, b-entry-\(seq).json          the two entries, byte for byte
              a-entry-\(seq).tlog-proof, b-entry-\(seq).tlog-proof    each entry with its path to its checkpoint's root (C2SP tlog-proof)

            A log can only be added to. So whoever holds the key has signed two histories. To check it, take the log's key
            from a source that you trust, for example \(keys.first?.description ?? "the log's charter"), and run, with
            no network needed:

              hexi-audit check a-entry-\(seq).tlog-proof --vkey 'KEY'
              hexi-audit check b-entry-\(seq).tlog-proof --vkey 'KEY'

            Both must end with PROVED, for the same log and the same number, and show two different leaf hashes. Any other
            program for C2SP tlog-proof files serves as well.

            """
    }

    /// A name on one line.
    private static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}
