import Encoding

/// A stretch of time that a view is limited to. Both ends belong to it; an end that is `nil` is open.
public struct AuditPeriod: Sendable, Hashable {
    public var from: Timestamp?
    public var to: Timestamp?

    public init(from: Timestamp? = nil, to: Timestamp? = nil) {
        self.from = from
        self.to = to
    }

    public static let everything = AuditPeriod()

    public func contains(_ time: Timestamp) -> Bool {
        if let from, time < from { return false }
        if let to, time > to { return false }
        return true
    }

    /// Reads a day (`2026-11-21`, in UTC) or a time (`2026-11-21T08:30:00.000Z`).
    ///
    /// - Parameter isEnd: whether a day means its last millisecond rather than its first.
    public static func time(_ text: String, isEnd: Bool) -> Timestamp? {
        Timestamp(text) ?? Timestamp(text + (isEnd ? "T23:59:59.999Z" : "T00:00:00.000Z"))
    }
}
