/// What a product answers about one subject.
public struct MatchPolicy: Sendable, Hashable {
    /// The column that names the subject; its role is the privacy unit.
    public var subject: String

    public init(subject: String) { self.subject = subject }
}
