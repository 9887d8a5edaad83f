import Encoding

public enum Alarm: String, Sendable, CaseIterable, Codable {
    /// More rows released to one account within an hour than the policy says.
    case bulkRelease = "bulk-release"
    case failedSignatures = "failed-signatures"
    case oddHours = "odd-hours"
    case repeatedRefusals = "repeated-refusals"
}

/// The node's own statement that something happened which people should look at, signed with one of the node's keys.
public struct AlarmReport: Sendable, Hashable {
    public var alarm: Alarm
    /// Whom it concerns; `nil` where nobody is known, as with signatures by unknown keys.
    public var participant: Identifier?
    /// The key identifier of the account; `nil` where the signatures were by keys that nobody has.
    public var account: String?
    /// How many rows, signatures, runs or refusals were counted.
    public var count: Int64
    /// The length of the time over which they were counted, in seconds.
    public var windowSeconds: Int64
    /// What the policy allowed at that time; `count` is above it.
    public var threshold: Int64
    public var from: Timestamp
    public var until: Timestamp

    public init(
        alarm: Alarm, participant: Identifier?, account: String? = nil, count: Int64, windowSeconds: Int64, threshold: Int64, from: Timestamp,
        until: Timestamp
    ) {
        self.alarm = alarm
        self.participant = participant
        self.account = account
        self.count = count
        self.windowSeconds = windowSeconds
        self.threshold = threshold
        self.from = from
        self.until = until
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        alarm = try cursor.member("alarm").oneOf(Alarm.self)
        participant = try cursor.optionalMember("participant")?.identifier(.participant)
        account = try cursor.optionalMember("account").map { (member) throws(JSONMismatch) in try member.keyIdentifier() }
        count = try cursor.member("count").integer(in: 1...1_000_000_000_000)
        windowSeconds = try cursor.member("windowSeconds").integer(in: 1...31_536_000)
        threshold = try cursor.member("threshold").integer(in: 0...1_000_000_000_000)
        from = try cursor.member("from").timestamp()
        until = try cursor.member("until").timestamp()
        if until < from { throw try cursor.member("until").mismatch("must not be before from") }
        if count <= threshold { throw try cursor.member("count").mismatch("must be above the threshold, or it is no alarm") }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("alarm", .string(alarm.rawValue)), ("participant", participant.map { .string($0.text) }),
            ("account", account.map { .string($0) }), ("count", .integer(count)), ("windowSeconds", .integer(windowSeconds)), ("threshold", .integer(threshold)),
            ("from", .string(from.description)), ("until", .string(until.description)),
        ]
    }
}
