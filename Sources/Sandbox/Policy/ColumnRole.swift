/// What a column of a listed product may be used for in a buyer's query.
public enum ColumnRole: String, Sendable, Hashable, CaseIterable {
    /// Names the person, animal, vehicle or firm that the row is about. Only `count(DISTINCT …)` may use it.
    case privacyUnit = "privacy_unit"
    /// May be grouped by, filtered by, joined on, counted.
    case dimension
    /// A value that is summed and averaged; in a filter only `IS NULL` and `IS NOT NULL`.
    case measure
    /// A value that may be summed and averaged, and also filtered and grouped by, alone or in expressions.
    case attribute
    /// May be filtered by and grouped by.
    case filter
    /// May be joined on and filtered by.
    case joinKey = "join_key"
    /// Does not exist for the buyer.
    case hidden
}
