import Audit
import CommandLineInterface
import Encoding

/// A report for people.
enum ReportText {
    /// - Parameter width: columns of the terminal; `nil` for output that is no terminal.
    static func render(_ report: AuditReport, width: Int?) -> String {
        var text = heading(report) + "\n" + checks(report).render(width: width)
        if !report.isChainOnly && !report.isPartial && report.entries > 0 { text += "\n" + recorded(report).render(width: width) }
        for warning in report.warnings { text += "\n" + wrap(TextWidth.printable("Note: " + warning), width) }
        return text + "\n" + verdict(report, width)
    }

    private static func heading(_ report: AuditReport) -> String {
        var lines = [("Ledger", report.source)]
        if let space = report.space {
            let names = space.name.sorted { $0.key < $1.key }.map(\.value).joined(separator: " · ")
            lines.append(("Space", "\(names) (\(space.prefix))"))
        }
        if let from = report.firstTime, let to = report.lastTime { lines.append(("Period", "\(from) to \(to)")) }
        if let checkpoint = report.checkpoint {
            let pinned = checkpoint.handovers.isEmpty ? "pinned key" : "trust carried over from a pinned key"
            let origin = checkpoint.isPinned ? pinned : "key taken from the ledger itself"
            lines.append(("Checkpoint", "\(amount(checkpoint.size)), signed by \(checkpoint.origin) (\(origin))"))
        }
        for cosignature in report.checkpoint?.cosignatures ?? [] {
            lines.append(("Witness", "\(cosignature.witness), at \(cosignature.timeText)"))
        }
        if let quorum = report.checkpoint?.quorum {
            lines.append(("Quorum", "\(quorum.name): \(quorum.missing == nil ? "reached" : "not reached")"))
        }
        if let earlier = report.continuedFrom {
            let isNew = report.entries > earlier
            let news = isNew ? "\(amount(report.entries - earlier)) new" : "nothing new since"
            lines.append(("Went on", "from \(amount(earlier)) of an earlier audit; \(news)"))
        }
        if let root = report.root { lines.append(("Root", root.description)) }
        return lines.map { name, value in
            name + String(repeating: " ", count: 12 - name.count) + TextWidth.printable(value) + "\n"
        }.joined()
    }

    /// What was checked, how often, and with what result. What comes after the first problem was not reached.
    private static func checks(_ report: AuditReport) -> Table {
        if report.isPartial { return partialChecks(report) }
        var table = Table(["Check", "Count", "Result"], alignments: [.left, .right, .left])
        let failed = report.problem?.check
        func row(_ name: String, _ count: UInt64, _ checks: Set<AuditProblem.Check>, isReached: Bool = true) {
            let isBad = failed.map { checks.contains($0) } ?? false
            let result = isBad ? "BAD" : isReached ? "ok" : "not reached"
            table.append([name, DecimalText.grouped(count), result])
        }
        let counts = report.counts
        let isSound = report.isSound
        row("Journal, chain, numbering", report.entries, [.header, .frame, .chain])
        let hasCheckpoint = report.checkpoint != nil
        row("Checkpoint signatures", UInt64(report.checkpoint?.signers.count ?? 0), [.checkpoint], isReached: hasCheckpoint)
        let hasRoot = isSound || failed == .quorum
        row("Merkle root against checkpoint", hasRoot ? 1 : 0, [.root], isReached: hasRoot)
        if let checkpoint = report.checkpoint, checkpoint.quorum != nil {
            row("Cosignatures by witnesses", UInt64(checkpoint.cosignatures.count), [.quorum])
        }
        if report.conflict != nil { row("Continuation of the trusted tree", 0, [.shrunk, .forked]) }
        guard !report.isChainOnly else { return table }
        row("Form of entries and statements", report.entries, [.entry])
        row("Signatures on statements", counts.signatures, [.signature])
        row("Rules of exchange, replayed", report.entries, [.rules])
        return table
    }

    private static func partialChecks(_ report: AuditReport) -> Table {
        var table = Table(["Check", "Count", "Result"], alignments: [.left, .right, .left])
        let failed = report.problem?.check
        table.append(["Manifest", "1", failed == .bundle ? "BAD" : "ok"])
        let signers = String(report.checkpoint?.signers.count ?? 0)
        table.append(["Checkpoint signatures", signers, report.checkpoint == nil ? "BAD" : "ok"])
        let isBad = failed == .root || failed == .entry
        table.append(["Entries proved to be in the log", DecimalText.grouped(report.entries), isBad ? "BAD" : "ok"])
        let signatures = DecimalText.grouped(report.counts.signatures)
        table.append(["Signatures on statements", signatures, failed == .signature ? "BAD" : "ok"])
        return table
    }

    private static func recorded(_ report: AuditReport) -> Table {
        let counts = report.counts
        var table = Table(["Recorded", "Count"], alignments: [.left, .right])
        for (name, count) in [
            ("Participants", counts.participants), ("Products and versions", counts.productVersions),
            ("Contracts", counts.contracts), ("Runs completed", counts.runsCompleted), ("Runs refused", counts.runsRefused),
        ] { table.append([name, DecimalText.grouped(count)]) }
        if !counts.chargesOverflow {
            table.append(["Charges", MoneyText.format(counts.charges, currency: report.space?.currency ?? "")])
        }
        return table
    }

    /// Whether the ledger is sound, and what is wrong with it.
    static func verdict(_ report: AuditReport, _ width: Int?) -> String {
        guard let problem = report.problem else {
            let scope = report.isChainOnly || report.isPartial ? "SOUND as far as checked" : "SOUND"
            return "\(scope): \(amount(report.entries)) 账本完好\n"
        }
        if problem.check == .quorum {
            return wrap("NOT WITNESSED AS ASKED 见证不足", width) + wrap(TextWidth.printable("\(problem)."), width)
                + wrap("Nothing speaks against the ledger itself: \(amount(report.entries)) were checked.", width)
        }
        return wrap("TAMPERED OR INCONSISTENT 账本被篡改或不一致", width) + wrap(TextWidth.printable("\(problem)."), width)
            + (report.conflict.map(evidence) ?? "")
    }

    /// Both checkpoints in full, so that the report itself holds the proof.
    private static func evidence(_ conflict: CheckpointConflict) -> String {
        func quoted(_ note: [UInt8]) -> String {
            String(decoding: note, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
                .map { "    " + TextWidth.printable(String($0)) }.joined(separator: "\n")
        }
        return "\nThe checkpoint that an earlier audit came to trust:\n\n\(quoted(conflict.trusted))"
            + "\nThe checkpoint that is shown now:\n\n\(quoted(conflict.shown))\n"
    }

    private static func amount(_ entries: UInt64) -> String {
        entries == 1 ? "1 entry" : "\(DecimalText.grouped(entries)) entries"
    }

    private static func wrap(_ text: String, _ width: Int?) -> String {
        guard let width else { return text + "\n" }
        return TextWidth.wrap(text, width: width).joined(separator: "\n") + "\n"
    }
}
