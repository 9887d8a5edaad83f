import Audit
import CommandLineInterface
import Encoding

/// What a proof proves, for people.
enum ProofText {
    /// The most characters of a record that are shown.
    private static let maximumRecord = 400

    /// - Parameters:
    ///   - isKeyOnly: whether the log's key alone was given, and no policy.
    ///   - width: columns of the terminal; `nil` for output that is no terminal.
    static func render(_ report: ProofReport, isKeyOnly: Bool, width: Int?) -> String {
        var text = lines(report, isKeyOnly).map { name, value in
            name + String(repeating: " ", count: 12 - name.count) + TextWidth.printable(value) + "\n"
        }.joined()
        if !report.isProved {
            text += "\n" + wrap("Not enough witnesses have cosigned this checkpoint, so the log could still show others another history: \(report.judgement.missing).", width)
        }
        return text + "\n" + wrap(verdict(report), width)
    }

    private static func lines(_ report: ProofReport, _ isKeyOnly: Bool) -> [(String, String)] {
        var lines: [(String, String)] = []
        if let record = report.record {
            lines.append(("Record", "\(DecimalText.grouped(record.index)) of a batch of \(DecimalText.grouped(record.count)) (counted from 0)"))
            lines.append(("Contents", contents(record.bytes)))
        }
        if let entry = report.entry {
            lines.append(("Entry", "\(report.index): \(entry.type)"))
            lines.append(("Subject", entry.subject))
            lines.append(("By", entry.actor))
            lines.append(("Time", entry.time.description))
        } else {
            lines.append(("Entry", "\(report.index): \(report.entryLength) bytes that are no entry of a Hexi ledger"))
        }
        let (checkpoint, judgement) = (report.judgement.checkpoint, report.judgement)
        lines.append(("Leaf hash", report.leafHash.description))
        lines.append(("Log", "\(checkpoint.origin), when it had \(amount(checkpoint.size))"))
        lines.append(("Root", checkpoint.root.description))
        lines.append(("Log's key", judgement.log.description))
        for (index, cosignature) in judgement.cosignatures.enumerated() {
            lines.append((index == 0 ? "Witnesses" : "", "\(cosignature.witness) at \(ProofReport.time(cosignature.time))"))
        }
        lines.append(("Quorum", quorum(report, isKeyOnly)))
        return lines
    }

    private static func quorum(_ report: ProofReport, _ isKeyOnly: Bool) -> String {
        if isKeyOnly { return "none asked for: no policy was given, so this rests on the log's key alone" }
        if report.quorum == "none" { return "none asked for by the policy" }
        return "\(report.quorum), \(report.judgement.isQuorumReached ? "reached" : "NOT reached")"
    }

    private static func verdict(_ report: ProofReport) -> String {
        guard report.isProved else { return "NOT PROVED: witnesses are missing 见证不足" }
        let thing = report.record == nil ? "This entry" : "This record is in the batch that entry \(report.index) commits to, and the entry"
        return "PROVED: \(thing) is on the ledger. 已证明上链"
    }

    private static func contents(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "\(bytes.count) bytes: \(Base64.encode(bytes.prefix(240)))" }
        return text.count <= maximumRecord ? text : "\(text.prefix(maximumRecord))… (\(bytes.count) bytes)"
    }

    private static func amount(_ entries: UInt64) -> String {
        entries == 1 ? "1 entry" : "\(DecimalText.grouped(entries)) entries"
    }

    private static func wrap(_ text: String, _ width: Int?) -> String {
        let text = TextWidth.printable(text)
        guard let width else { return text + "\n" }
        return TextWidth.wrap(text, width: width).joined(separator: "\n") + "\n"
    }
}
