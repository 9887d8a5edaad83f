import Encoding
import TransparencyLog

/// One of the places at which a log is watched.
public struct WatchedPlace: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// Where the log's holder publishes it.
        case log
        /// Another address of it, which may lag behind.
        case mirror
        /// A witness of the policy.
        case witness
    }

    /// How what the place shows relates to the entries that were audited.
    public enum Standing: Sendable, Hashable {
        /// The audited entries themselves.
        case current
        /// An earlier part of them.
        case behind
        /// More than the log showed.
        case ahead
        /// The checkpoint of another history.
        case parted
        /// Nothing can be said, and why.
        case unknown(String)
    }

    public var kind: Kind
    /// An address, or the witness' name in the policy.
    public var name: String
    /// How many entries its checkpoint covers; `nil` if it shows none.
    public var size: UInt64?
    public var standing: Standing
}

/// Something that whoever watches a log must know of.
public struct WatchAlarm: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// The log has signed two histories.
        case fork
        /// The log shows less than it did, or than others have from it.
        case shrunk
        /// An entry, a signature or a checkpoint that cannot be right, or that breaks a rule.
        case tampered
        /// Too few witnesses have cosigned.
        case quorum
        /// No sign of life for longer than is allowed.
        case stall
        /// The log could not be read.
        case unreachable
    }

    public var kind: Kind
    /// The address or the witness that gave rise to it.
    public var place: String
    /// One sentence without its full stop.
    public var message: String
    /// For a fork: both signed checkpoints.
    public var conflict: CheckpointConflict?
    /// What the audit found, where it is that.
    public var problem: AuditProblem?
}

/// What one look at a log found.
public struct WatchRound: Sendable {
    public enum Verdict: String, Sendable {
        case fine
        /// Sound, but too few witnesses, or no sign of life.
        case attention
        /// The log, or one of its addresses, could not be read.
        case unchecked
        /// Tampered with, forked, shrunk, or against the rules.
        case tampered
    }

    public var time: Timestamp
    public var places: [WatchedPlace] = []
    public var alarms: [WatchAlarm] = []
    /// The audit; `nil` if no address could be read.
    public var report: AuditReport?

    /// The gravest thing decides.
    public var verdict: Verdict {
        let kinds = Set(alarms.map(\.kind))
        if !kinds.isDisjoint(with: [.fork, .shrunk, .tampered]) { return .tampered }
        if kinds.contains(.unreachable) { return .unchecked }
        return kinds.isEmpty ? .fine : .attention
    }

    /// How many entries the audited checkpoint covers.
    public var size: UInt64? { report?.checkpoint?.size }
    /// How many of the audited entries were new; all of them in the first round.
    public var newEntries: UInt64 {
        guard let report else { return 0 }
        let earlier = report.continuedFrom ?? 0
        return report.entries > earlier ? report.entries - earlier : 0
    }

    /// Whether there is anything to tell that the round before did not have.
    public func isNews(after earlier: WatchRound?) -> Bool {
        guard let earlier else { return true }
        func keys(_ round: WatchRound) -> Set<[String]> { Set(round.alarms.map { [$0.kind.rawValue, $0.place] }) }
        return size != earlier.size || report?.root != earlier.report?.root || keys(self) != keys(earlier)
    }
}

extension WatchRound {
    /// The round for programs. `verdict` is `fine`, `attention`, `unchecked` or `tampered`.
    public var json: JSONValue {
        var object: JSONObject = ["time": .string(time.description), "verdict": .string(verdict.rawValue)]
        object["alarms"] = .array(alarms.map(\.json))
        object["places"] = .array(places.map(\.json))
        object["newEntries"] = .count(newEntries)
        if let report { object["audit"] = report.json }
        return .object(object)
    }
}

extension WatchAlarm {
    var json: JSONValue {
        var object: JSONObject = [
            "kind": .string(kind.rawValue), "place": .string(place), "message": .string(message),
        ]
        if let problem { object["problem"] = problem.json }
        if let conflict { object["conflict"] = conflict.json }
        return .object(object)
    }
}

extension WatchedPlace {
    var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue), "name": .string(name)]
        if let size { object["size"] = .count(size) }
        switch standing {
        case .current: object["standing"] = "current"
        case .behind: object["standing"] = "behind"
        case .ahead: object["standing"] = "ahead"
        case .parted: object["standing"] = "parted"
        case .unknown(let reason):
            object["standing"] = "unknown"
            object["reason"] = .string(reason)
        }
        return .object(object)
    }
}
