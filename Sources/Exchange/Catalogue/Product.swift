import Encoding

/// Where a product stands.
public enum ProductStatus: String, Sendable, Codable, CaseIterable {
    /// No version is in force; one waits for its review.
    case submitted
    /// A version is in force.
    case listed
    /// No version is in force, and none waits.
    case refused
    /// For good.
    case withdrawn
}

/// Where one version of a product stands.
public enum ProductVersionStatus: String, Sendable, Codable, CaseIterable { case submitted, listed, refused }

/// What the operator must do before a version is in force.
public enum ListingStep: String, Sendable, Codable, CaseIterable {
    /// Approve the content, by `product-review`.
    case review
    /// Accept the provider's compliance declaration, by `compliance-review`.
    case compliance
}

/// What the rules keep of one listing: what they decide by. The texts are in the listing itself, which the ledger has.
public struct ProductVersion: Sendable, Hashable, Codable {
    /// By which statement and entry it was listed.
    public var listed: Mark
    public var status: ProductVersionStatus
    /// What it still waits for; empty unless it is submitted.
    public var awaits: [ListingStep]
    /// The entry that put it in force; `nil` until one has.
    public var inForceSince: UInt64?
    public var form: ProductForm
    public var productClass: ProductClass
    /// How strictly it is to be kept, from 1 to 4 (``GradeScheme``).
    public var strictness: Int64
    /// `nil` for an entry of the catalogue only.
    public var data: ProductData?
    /// As the space knows them (``ExternalIdentifier/key``).
    public var externalIdentifiers: [ExternalIdentifier]
    /// The products of this space that it was made from.
    public var derivedFrom: [Identifier]
    public var reviewed: Mark?
    public var compliance: ProductCompliance?
    public var assessment: ProductAssessment?
}

/// How a version's compliance declaration stands.
public struct ProductCompliance: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Codable, CaseIterable { case declared, accepted, rejected }

    public var status: Status
    public var declared: Mark
    public var reviewed: Mark?
}

/// The last quality assessment of a version.
public struct ProductAssessment: Sendable, Hashable, Codable {
    public var mark: Mark
    /// SHA-256 of the signed report, lower-case hexadecimal.
    public var report: String
    public var rows: Int64
    /// Of the least complete column, in thousandths.
    public var minimumCompleteness: Int64
    public var meanCompleteness: Int64
    public var duplicates: Int64
    public var issueCount: Int64
}

public struct Product: Sendable, Hashable, Codable {
    public var identifier: Identifier
    public var provider: Identifier
    public var status: ProductStatus
    /// Of the newest version that was not refused.
    public var title: [String: String]
    /// By position: version 1 first.
    public var versions: [ProductVersion]
    /// `nil` while it was not withdrawn.
    public var withdrawal: Withdrawal?

    public struct Withdrawal: Sendable, Hashable, Codable {
        public var mark: Mark
        public var reason: String
    }

    /// Why it was withdrawn; empty while it was not.
    public var withdrawalReason: String { withdrawal?.reason ?? "" }

    private static let noMark = Mark(statement: "", seq: 0, issuedAt: Timestamp(milliseconds: 0))

    /// The first listing. There is one in every state that events led to.
    public var created: Mark { versions.first?.listed ?? Self.noMark }

    /// The last listing, or the withdrawal.
    public var changed: Mark { withdrawal?.mark ?? versions.last?.listed ?? Self.noMark }

    public func version(_ number: Int64) -> ProductVersion? {
        guard number >= 1, number <= Int64(versions.count) else { return nil }
        return versions[Int(number) - 1]
    }

    /// The number of the version in force: the newest that is listed. `nil` where there is none.
    public var numberInForce: Int64? {
        guard status == .listed, let index = versions.lastIndex(where: { $0.status == .listed }) else { return nil }
        return Int64(index) + 1
    }

    public var versionInForce: ProductVersion? { numberInForce.flatMap { version($0) } }

    /// The products of this space that its version in force, or else its newest, was made from.
    public var derivedFrom: [Identifier] { (versionInForce ?? versions.last)?.derivedFrom ?? [] }

    /// The identifiers that it has, and that every later version must have too.
    var heldIdentifiers: Set<ExternalIdentifier> {
        Set(versions.filter { $0.status != .refused }.flatMap(\.externalIdentifiers))
    }
}
