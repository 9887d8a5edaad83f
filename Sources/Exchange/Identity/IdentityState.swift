import Encoding

/// What the rules need to know of who is who, beside the participants and their keys.
public struct IdentityState: Sendable, Hashable, Codable {
    public init() {}
}
