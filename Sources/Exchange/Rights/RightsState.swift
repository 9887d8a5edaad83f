import Encoding

/// What the rules need to know of the rights in data.
public struct RightsState: Sendable, Hashable, Codable {
    public init() {}
}
