import Audit
import CommandLineInterface
import Encoding
import TransparencyLog

/// A comparison of two logs for people.
enum ComparisonText {
    /// The most characters of a value that are shown.
    private static let maximumValue = 160

    /// - Parameter width: columns of the terminal; `nil` for output that is no terminal.
    static func render(_ comparison: LogComparison, width: Int?) -> String {
        var text = side("A", comparison.a) + "\n" + side("B", comparison.b)
        if let parting = comparison.parting { text += "\n" + entries(parting, width) }
        if !comparison.isPinned, comparison.verdict != .different {
            text += "\n" + wrap(
                "Note: the log's key was taken from the ledgers themselves. Get it from the operator by another way and pin it with --vkey or --policy; here it is \(names(comparison.a.signers)).", width)
        }
        text += "\n" + verdict(comparison).map { wrap($0, width) }.joined()
        guard comparison.parting != nil else { return text }
        return text + "\nThe checkpoint of A:\n\n\(quoted(comparison.a.note))\nThe checkpoint of B:\n\n\(quoted(comparison.b.note))"
    }

    private static func side(_ letter: String, _ side: LogComparison.Side) -> String {
        var lines = [
            (letter, side.source), ("Log", side.checkpoint.origin), ("Entries", DecimalText.grouped(side.checkpoint.size)),
            ("Root", side.checkpoint.root.description),
        ]
        if !side.signers.isEmpty { lines.append(("Signed by", names(side.signers))) }
        for cosignature in side.judgement?.cosignatures ?? [] {
            lines.append(("Witness", "\(cosignature.witness) at \(ProofReport.time(cosignature.time))"))
        }
        if let judgement = side.judgement, !judgement.isQuorumReached {
            lines.append(("Quorum", "NOT reached: \(judgement.missing)"))
        }
        return lines.map { name, value in
            name + String(repeating: " ", count: 12 - name.count) + TextWidth.printable(value) + "\n"
        }.joined()
    }

    /// The first entries that differ, side by side.
    private static func entries(_ parting: LogComparison.Parting, _ width: Int?) -> String {
        var table = Table(["Entry \(parting.seq)", "A", "B"], alignments: [.left, .left, .left])
        let bytes = (parting.a.extra ?? [], parting.b.extra ?? [])
        let summaries = (try? EntrySummary(bytes.0), try? EntrySummary(bytes.1))
        func row(_ name: String, _ value: (EntrySummary) -> String) {
            table.append([name, summaries.0.map(value) ?? "unreadable", summaries.1.map(value) ?? "unreadable"])
        }
        row("type", \.type)
        row("subject", \.subject)
        row("by", \.actor)
        row("time", \.time.description)
        table.append(["leaf hash", MerkleTree.leafHash(bytes.0).description, MerkleTree.leafHash(bytes.1).description])
        let difference = parting.difference
        let place = difference.pointer.map { $0.isEmpty ? "the whole" : $0 } ?? "byte \(difference.offset)"
        let text = "\nThe first difference in them is at \(place):\n"
        return table.render(width: width) + wrap(text, width)
            + wrap("  A  \(value(difference.a))", width) + wrap("  B  \(value(difference.b))", width)
    }

    private static func value(_ text: String?) -> String {
        guard let text else { return "(nothing)" }
        return text.count <= maximumValue ? text : text.prefix(maximumValue) + "…"
    }

    private static func verdict(_ comparison: LogComparison) -> [String] {
        let (a, b) = (comparison.a.checkpoint.size, comparison.b.checkpoint.size)
        switch comparison.verdict {
        case .identical: return ["IDENTICAL: both have the same \(amount(a)) 两份账本一致"]
        case .prefix:
            let (short, long) = a < b ? ("A", "B") : ("B", "A")
            return ["ONE IS THE BEGINNING OF THE OTHER: \(long) has \(amount(comparison.lead)) more than \(short) 一份是另一份的前缀"]
        case .different: return ["NOT THE SAME LOG 不是同一账本", "\(comparison.reason ?? "")."]
        case .parted: return ["THE HISTORIES PART at entry \(comparison.parting?.seq ?? 0) 账本分叉", guilt(comparison)]
        }
    }

    private static func guilt(_ comparison: LogComparison) -> String {
        let log = comparison.a.checkpoint.origin
        let common = comparison.commonKeys
        guard common.isEmpty else {
            return "Both checkpoints are of the same log, \(log), and signed with the same key, \(names(common)), but they stand for two different trees. A log can only be added to: whoever holds this key has signed two histories, and these two checkpoints with the two entries prove it."
        }
        return "Both checkpoints are of the same log, \(log), and signed with keys of it (A with \(names(comparison.a.signers)), B with \(names(comparison.b.signers))), but they stand for two different trees. A log can only be added to: whoever holds these keys has signed two histories, and these two checkpoints with the two entries prove it."
    }

    private static func names(_ keys: [NoteVerifier]) -> String { keys.map(\.description).joined(separator: ", ") }

    private static func amount(_ entries: UInt64) -> String {
        entries == 1 ? "1 entry" : "\(DecimalText.grouped(entries)) entries"
    }

    private static func quoted(_ note: SignedNote) -> String {
        String(decoding: note.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "    " + TextWidth.printable(String($0)) }.joined(separator: "\n")
    }

    private static func wrap(_ text: String, _ width: Int?) -> String {
        let text = text.split(separator: "\n", omittingEmptySubsequences: false).map { TextWidth.printable(String($0)) }
        guard let width else { return text.joined(separator: "\n") + "\n" }
        return text.flatMap { $0.isEmpty ? [""] : TextWidth.wrap($0, width: width) }.joined(separator: "\n") + "\n"
    }
}
