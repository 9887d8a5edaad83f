import Encoding

/// The recorded statements that bear a time until which they are valid, remembered until then.
public struct LastingStatements: Sendable, Hashable, Codable {
    struct Item: Sendable, Hashable, Codable {
        var seq: UInt64
        var until: Timestamp
    }

    private var items: [String: Item] = [:]
    /// The earliest of the times, so that nothing is looked through while nothing can be forgotten.
    private var earliest: Timestamp?

    public init() {}

    public var count: Int { items.count }

    /// The entry that recorded a statement.
    subscript(key: String) -> UInt64? { items[key]?.seq }

    mutating func insert(_ key: String, seq: UInt64, until: Timestamp) {
        items[key] = Item(seq: seq, until: until)
        earliest = earliest.map { min($0, until) } ?? until
    }

    /// How much later than they could they are forgotten, so that all are not looked through for each of them.
    private static let leisure: Int64 = 3_600_000

    /// Forgets what could not be recorded again at this time or later.
    mutating func forget(before time: Timestamp) {
        guard let earliest, earliest.advanced(byMilliseconds: Self.leisure) < time else { return }
        items = items.filter { $0.value.until >= time }
        self.earliest = items.values.map(\.until).min()
    }
}
