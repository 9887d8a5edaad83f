import Encoding
import Signing

/// A data resource that a holder has registered, over which rights can be registered.
public struct DataResource: Sendable, Hashable, Codable {
    public var identifier: Identifier
    public var holder: Identifier
    /// By language tag.
    public var title: [String: String]
    public var grade: ResourceGrade
    /// Whether the registration names a lawful basis. Without one there are no rights over the resource.
    public var hasLawfulBasis: Bool
    public var created: Mark
}

public enum RightStatus: String, Sendable, Codable, CaseIterable {
    /// Asked for; waits for the formal check.
    case applied
    /// Passed the formal check; shown to the public, and then waits for the decision.
    case noticed
    /// The certificate stands, though it may have expired or be frozen.
    case granted
    case refused
    /// By the applicant, before the decision.
    case withdrawn
    /// Replaced by the certificates of its parts.
    case divided
    /// Replaced, with other parts, by one certificate.
    case merged
    case cancelled

    /// Whether the application waits for something.
    public var isPending: Bool { self == .applied || self == .noticed }
}

/// How a right stands at a moment: its status, and what time and the law make of it.
public enum RightStanding: String, Sendable, Codable, CaseIterable {
    case applied, noticed, refused, withdrawn, divided, merged, cancelled
    case inForce = "in-force"
    case frozen
    case expired
}

/// A right in data, or a part of one, with its certificate's number, from the application to the end.
///
/// A right that is split is replaced by its parts, each with its own number, all with the same `root`. The parts that
/// are not themselves replaced are the root's leaves; their shares add up to exactly one.
public struct Right: Sendable, Hashable, Codable {
    /// The number of the certificate.
    public var identifier: Identifier
    public var kind: RightKind
    /// The resource or product.
    public var over: Identifier
    public var holder: Identifier
    /// By language tag.
    public var title: [String: String]
    public var ground: RightGround
    /// The right from which this one derives.
    public var basis: Identifier?
    /// How many rights lie between this one and one without a basis, 0 to ``maximumDepth``.
    public var depth: Int64
    public var isExclusive: Bool
    public var territory: String?
    public var term: RightTerm
    /// The right that was granted, of which this is a part or the whole.
    public var root: Identifier
    /// Of the root.
    public var share: Fraction
    /// What this certificate replaces: the divided one, or those merged; empty for a root.
    public var replaces: [Identifier] = []
    public var status: RightStatus
    /// When the public notice ends; it stands once the formal check is passed.
    public var noticeUntil: Timestamp?
    /// The keys with which the formal check was signed.
    public var checkedBy: [String] = []
    public var objections: [Objection] = []
    public var grantedAt: Timestamp?
    /// The first moment at which the right is no longer in force.
    public var expiresAt: Timestamp?
    public var licences: [Licence] = []
    public var pledge: Pledge?
    public var freezes: [Freeze] = []
    public var created: Mark
    public var changed: Mark

    /// The longest chain of rights that derive from each other.
    public static let maximumDepth: Int64 = 16
    /// How many objections an application can have, and how many licences can be in force on a right.
    public static let maximumObjectionCount = 64
    public static let maximumLicenceCount = 64

    public struct Objection: Sendable, Hashable, Codable {
        public var objector: Identifier
        public var ground: ObjectionGround
        /// `nil` while it is open.
        public var verdict: ObjectionVerdict?
        public var made: Mark
    }

    public struct Licence: Sendable, Hashable, Codable {
        public var licensee: Identifier
        public var isExclusive: Bool
        /// The first moment at which it is no longer in force.
        public var until: Timestamp
        public var made: Mark
    }

    public struct Pledge: Sendable, Hashable, Codable {
        public var pledgee: Identifier
        /// The first moment at which it is no longer in force; `nil`: until it is released.
        public var until: Timestamp?
        public var made: Mark
    }

    public struct Freeze: Sendable, Hashable, Codable {
        public var regulator: Identifier
        public var made: Mark
    }

    /// The objections that wait for a decision.
    public var openObjections: [Objection] { objections.filter { $0.verdict == nil } }

    public var isFrozen: Bool { !freezes.isEmpty }

    /// The pledge on the right at a moment.
    public func pledge(at time: Timestamp) -> Pledge? {
        guard let pledge, pledge.until.map({ time < $0 }) ?? true else { return nil }
        return pledge
    }

    /// The licences in force at a moment, as long as the right is.
    public func licences(at time: Timestamp) -> [Licence] { licences.filter { time < $0.until } }

    /// Whether the certificate stands at a moment: granted, not replaced or ended, and not expired. It may be frozen.
    public func isLive(at time: Timestamp) -> Bool {
        status == .granted && (expiresAt.map { time < $0 } ?? false)
    }

    /// How the right itself stands. Whether the right from which it derives still stands,
    /// ``ExchangeState/isInForce(_:at:)`` says.
    public func standing(at time: Timestamp) -> RightStanding {
        switch status {
        case .applied: .applied
        case .noticed: .noticed
        case .refused: .refused
        case .withdrawn: .withdrawn
        case .divided: .divided
        case .merged: .merged
        case .cancelled: .cancelled
        case .granted: !isLive(at: time) ? .expired : isFrozen ? .frozen : .inForce
        }
    }

    /// The number of the part with a number, from 1, of a right that a statement splits: the first 130 bits of SHA-256
    /// of this text, where the digest is that of the statement's payload in hexadecimal.
    ///
    ///     hexi right-part/v1
    ///     digest
    ///     number
    public static func part(_ number: Int, of split: SignedStatement) -> Identifier {
        let text = "hexi right-part/v1\n\(split.payloadHash)\n\(number)\n"
        return Identifier(kind: .right, prefix: split.header.space, payload: Array(text.utf8))
    }
}
