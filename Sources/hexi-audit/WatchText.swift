import Audit
import CommandLineInterface
import Encoding

/// What watching a log found, for people.
enum WatchText {
    /// The whole of one round.
    ///
    /// - Parameter width: columns of the terminal; `nil` for output that is no terminal.
    static func report(_ round: WatchRound, width: Int?) -> String {
        var table = Table(["Place", "", "Entries", "What it shows"], alignments: [.left, .left, .right, .left])
        for place in round.places {
            table.append([place.name, place.kind.rawValue, place.size.map { DecimalText.grouped($0) } ?? "", standing(place.standing)])
        }
        var text = round.places.isEmpty ? "" : table.render(width: width) + "\n"
        for alarm in round.alarms { text += wrap(line(alarm), width) + (alarm.conflict.map(evidence) ?? "") }
        for warning in round.report?.warnings ?? [] { text += wrap("Note: \(warning)", width) }
        return text + wrap(verdict(round), width)
    }

    /// A line for each change since the round before, and below them the checkpoints that prove an alarm: they may not be shown
    /// again.
    static func changes(_ round: WatchRound, after last: WatchRound?) -> String {
        var lines: [String] = []
        let known = Set(last?.alarms.map(key) ?? [])
        var evidence = ""
        for alarm in round.alarms where !known.contains(key(alarm)) {
            lines.append(line(alarm))
            evidence += alarm.conflict.map(Self.evidence) ?? ""
        }
        let standing = Set(round.alarms.map(key))
        for alarm in last?.alarms ?? [] where !standing.contains(key(alarm)) {
            lines.append("over: \(alarm.kind.rawValue) at \(alarm.place)")
        }
        if let size = round.size, size != last?.size || round.report?.root != last?.report?.root {
            lines.append("\(DecimalText.grouped(size)) entries, \(DecimalText.grouped(round.newEntries)) new; \(summary(round))")
        }
        if lines.isEmpty { lines.append(summary(round)) }
        return lines.map { "\(round.time)  \(TextWidth.printable($0))\n" }.joined() + evidence
    }

    private static func key(_ alarm: WatchAlarm) -> [String] { [alarm.kind.rawValue, alarm.place] }

    private static func line(_ alarm: WatchAlarm) -> String { "ALARM \(alarm.kind.rawValue) at \(alarm.place): \(alarm.message)" }

    private static func standing(_ standing: WatchedPlace.Standing) -> String {
        switch standing {
        case .current: "the audited entries"
        case .behind: "an earlier part of them"
        case .ahead: "more than the log"
        case .parted: "ANOTHER HISTORY"
        case .unknown(let reason): reason
        }
    }

    private static func summary(_ round: WatchRound) -> String {
        switch round.verdict {
        case .fine: "sound"
        case .attention: "sound, but needs attention"
        case .unchecked: "not checked completely"
        case .tampered: "NOT SOUND"
        }
    }

    private static func verdict(_ round: WatchRound) -> String {
        let amount = round.size.map { "\(DecimalText.grouped($0)) entries, \(DecimalText.grouped(round.newEntries)) new" } ?? "no entries"
        switch round.verdict {
        case .fine: return "FINE: \(amount) 一切正常"
        case .attention: return "NEEDS ATTENTION, though sound: \(amount) 需要注意"
        case .unchecked: return "NOT CHECKED COMPLETELY 未能完成检查"
        case .tampered: return "TAMPERED, FORKED OR SHRUNK 账本被篡改、分叉或回退"
        }
    }

    private static func evidence(_ conflict: CheckpointConflict) -> String {
        func quoted(_ note: [UInt8]) -> String {
            String(decoding: note, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "" : "    " + TextWidth.printable(String($0)) }.joined(separator: "\n")
        }
        return "\nThe checkpoint that was known before, or that others have:\n\n\(quoted(conflict.trusted))"
            + "\nThe checkpoint that the log shows now:\n\n\(quoted(conflict.shown))\n"
    }

    private static func wrap(_ text: String, _ width: Int?) -> String {
        let text = TextWidth.printable(text)
        guard let width else { return text + "\n" }
        return TextWidth.wrap(text, width: width).joined(separator: "\n") + "\n"
    }
}
