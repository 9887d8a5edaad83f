import Encoding

/// What the rules need to know of the rights in data.
public struct RightsState: Sendable, Hashable, Codable {
    public var resources: [Identifier: DataResource] = [:]
    /// Every right that was ever applied for, by its certificate's number.
    public var rights: [Identifier: Right] = [:]
    /// By resource or product: the rights over it that wait for a decision or were granted and not replaced or
    /// cancelled, in the order in which they came.
    public var overThing: [Identifier: [Identifier]] = [:]
    /// The resource that has an external identifier, by ``ExternalIdentifier/key``.
    public var externalIdentifiers: [ExternalIdentifier: Identifier] = [:]
    /// The statements that are still fresh, by SHA-256 of their payload, so that none can be replayed. Whoever signs the
    /// same bytes again with another key makes no new statement of them.
    public var recent = LastingStatements()

    public init() {}
}

extension ExchangeState {
    /// The rights over a resource or product that wait for a decision, or stand: granted and neither replaced nor ended.
    /// They may have expired.
    public func rights(over thing: Identifier) -> [Right] {
        (rights.overThing[thing] ?? []).compactMap { rights.rights[$0] }
    }

    /// Whether a right, and every right from which it derives, is in force.
    ///
    /// A right derives from all that became of its basis: it stands as long as any part of that one's root is live. A
    /// frozen right is not in force; what derives from it is, since nobody has frozen that.
    public func isInForce(_ right: Right, at time: Timestamp) -> Bool {
        right.standing(at: time) == .inForce && basisStands(of: right, at: time)
    }

    /// Whether what a right derives from, and what that derives from in its turn, has a live part.
    func basisStands(of right: Right, at time: Timestamp) -> Bool {
        var right = right
        for _ in 0...Right.maximumDepth {
            guard let identifier = right.basis else { return true }
            guard let basis = rights.rights[identifier],
                let part = rights(over: basis.over).first(where: { $0.root == basis.root && $0.isLive(at: time) })
            else { return false }
            right = part
        }
        return false
    }

    /// The kind of a right that a participant may exercise at a moment, as its holder or under a licence; `nil` if the
    /// right is not in force, or somebody else's.
    public func rightInForce(_ identifier: Identifier, of participant: Identifier, at time: Timestamp) -> RightKind? {
        guard let right = rights.rights[identifier], isInForce(right, at: time) else { return nil }
        let isHolder = right.holder == participant
        guard isHolder || right.licences(at: time).contains(where: { $0.licensee == participant }) else { return nil }
        return right.kind
    }

    /// The kinds of right that a participant may exercise over a resource or product at a moment, each once.
    public func rightsInForce(of participant: Identifier, over thing: Identifier, at time: Timestamp) -> [RightKind] {
        let kinds = Set((rights.overThing[thing] ?? []).compactMap { rightInForce($0, of: participant, at: time) })
        return RightKind.allCases.filter { kinds.contains($0) }
    }
}
