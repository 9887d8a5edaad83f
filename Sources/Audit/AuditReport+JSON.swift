import Encoding
import Exchange

extension AuditReport {
    /// The report for programs. `verdict` is `sound`, `unwitnessed` (sound, but with fewer cosignatures than the policy asks
    /// for) or `tampered`; amounts are in minor units of the currency.
    public var json: JSONValue {
        var object: JSONObject = [
            "verdict": .string(verdict), "source": .string(source),
            "checked": .string(isPartial ? "entries" : isChainOnly ? "chain" : "all"),
        ]
        if let problem { object["problem"] = problem.json }
        if let conflict { object["conflict"] = conflict.json }
        if let space { object["space"] = spaceJSON(space) }
        if let checkpoint { object["checkpoint"] = checkpoint.json }
        object["entries"] = .count(entries)
        if let continuedFrom { object["continuedFrom"] = .count(continuedFrom) }
        if let root { object["root"] = .string(root.description) }
        object["entriesAfterCheckpoint"] = .count(entriesAfterCheckpoint)
        if let firstTime, let lastTime {
            object["from"] = .string(firstTime.description)
            object["to"] = .string(lastTime.description)
        }
        if !isChainOnly { object["counts"] = counts.json }
        object["warnings"] = .array(warnings.map { .string($0) })
        return .object(object)
    }

    private var verdict: String {
        guard let problem else { return "sound" }
        return problem.check == .quorum ? "unwitnessed" : "tampered"
    }

    private func spaceJSON(_ space: Space) -> JSONValue {
        let names = space.name.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        return [
            "prefix": .string(space.prefix), "name": .object(JSONObject(names)), "currency": .string(space.currency),
        ]
    }
}

extension AuditProblem {
    /// `check`, `reason`, and `seq`, `offset`, `type`, `subject` where they are known.
    public var json: JSONValue {
        var object: JSONObject = ["check": .string(check.rawValue)]
        if let seq { object["seq"] = .count(seq) }
        if let offset { object["offset"] = .count(offset) }
        if let type { object["type"] = .string(type) }
        if let subject { object["subject"] = .string(subject) }
        object["reason"] = .string(reason)
        return .object(object)
    }
}

extension CheckpointConflict {
    var json: JSONValue {
        [
            "trusted": .string(String(decoding: trusted, as: UTF8.self)),
            "shown": .string(String(decoding: shown, as: UTF8.self)),
        ]
    }
}

extension CheckpointSummary {
    var json: JSONValue {
        var object: JSONObject = [
            "origin": .string(origin), "size": .count(size), "root": .string(root.description),
            "signers": .array(signers.map { .string($0) }), "keyPinned": .bool(isPinned),
            "unknownSigners": .array(unknownSigners.map { .string($0) }),
            "retiredSigners": .array(retiredSigners.map { .string($0) }),
            "absentSigners": .array(absentSigners.map { .string($0) }),
            "handovers": .array(handovers.map { .count($0) }),
        ]
        if let quorum {
            object["cosignatures"] = .array(
                cosignatures.map { ["witness": .string($0.witness), "time": .count($0.time), "at": .string($0.timeText)] })
            object["quorum"] = .string(quorum.name)
            object["quorumReached"] = .bool(quorum.missing == nil)
            if let missing = quorum.missing { object["quorumMissing"] = .string(missing) }
        }
        return .object(object)
    }
}

extension CheckpointSummary.Cosignature {
    /// The last second of the year 9999, behind which RFC 3339 has no form.
    private static let lastSecond: UInt64 = 253_402_300_799

    /// RFC 3339, or the number of seconds where that has no form for it.
    public var timeText: String {
        time <= Self.lastSecond ? Timestamp(milliseconds: Int64(time) * 1000).description : "second \(time) of POSIX time"
    }
}

extension AuditCounts {
    var json: JSONValue {
        let types = EventType.allCases.filter { self[$0] > 0 }.map { ($0.rawValue, JSONValue.count(self[$0])) }
        return [
            "signatures": .count(signatures), "participants": .count(participants),
            "productVersions": .count(productVersions), "contracts": .count(contracts),
            "runsCompleted": .count(runsCompleted), "runsRefused": .count(runsRefused),
            "charges": chargesOverflow ? .null : .integer(charges), "entriesByType": .object(JSONObject(types)),
        ]
    }
}

extension JSONValue {
    /// A count. JSON integers here end at 2^63 − 1, which no count reaches.
    static func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
}
