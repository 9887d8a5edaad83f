import Encoding
import Exchange

/// A product in the auditor's own books: its versions, and what the operator signed of them. Worked out from the signed
/// statements and the signed policy alone; what the node wrote about a version (`awaiting`, an entry's type) is not believed.
struct BilledProduct {
    struct Version {
        var data: ProductData?
        var strictness: Int64
        /// What the operator had to do, by the policy when the version was listed, and has not done.
        var awaits: Set<ListingStep>
        var isRefused = false
        /// SHA-256 of the last compliance declaration's payload.
        var declaration: String?

        var isUsable: Bool { awaits.isEmpty && !isRefused }
    }

    var provider: Identifier
    private(set) var versions: [Version] = []
    /// Of the newest version.
    private(set) var title: [String: String] = [:]
    var isWithdrawn = false

    init(provider: Identifier) { self.provider = provider }

    mutating func append(_ listing: ProductListing, under policy: CataloguePolicy) {
        var awaits: Set<ListingStep> = []
        switch policy.contentReview {
        case .none: break
        case .first: if !versions.contains(where: \.isUsable) { awaits.insert(.review) }
        case .every: awaits.insert(.review)
        }
        if policy.requireCompliance { awaits.insert(.compliance) }
        title = listing.title
        versions.append(Version(data: listing.data, strictness: listing.strictness, awaits: awaits))
    }

    mutating func take(_ statement: CatalogueStatement, of number: Int64, payload: String) {
        guard number >= 1, number <= Int64(versions.count) else { return }
        let index = Int(number) - 1
        switch statement {
        case .review(let review) where review.verdict == .approve: versions[index].awaits.remove(.review)
        case .review: versions[index].isRefused = true
        case .declaration: versions[index].declaration = payload
        case .complianceReview(let review):
            guard review.verdict == .accept, review.declaration == versions[index].declaration else { return }
            versions[index].awaits.remove(.compliance)
        case .assessment: break
        }
    }

    /// What may be queried of a version: nothing before the operator has passed it.
    func data(_ number: Int64) -> ProductData? {
        guard let version = version(number), version.isUsable else { return nil }
        return version.data
    }

    func strictness(_ number: Int64) -> Int64? { version(number)?.strictness }

    private func version(_ number: Int64) -> Version? {
        number >= 1 && number <= Int64(versions.count) ? versions[Int(number) - 1] : nil
    }
}
