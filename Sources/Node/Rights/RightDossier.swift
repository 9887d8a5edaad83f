import Encoding
import Exchange
import HTTPTransport
import Storage

/// All that the node knows of one right at a moment, for pages, views and certificates.
struct RightDossier: Sendable {
    var right: Right
    /// The moment that everything here holds for.
    var time: Timestamp
    /// Whether the right, and all that it derives from, is in force.
    var isInForce: Bool
    var holderName: String
    /// What the resource or product is called, by language; empty where it has no name.
    var thingTitle: [String: String]
    /// The registered names of everybody else whom the right concerns.
    var names: [Identifier: String]
    var space: Space
    /// The number of entries of the ledger that this follows from.
    var size: UInt64
    /// The entries that changed the right, the earliest first.
    var history: [HistoryRecord] = []
    var edition: CertificateEdition?

    var standing: RightStanding { right.standing(at: time) }

    /// Collects what there is; `nil` where there is no such right.
    static func collect(_ identifier: Identifier, _ services: NodeServices) async throws -> RightDossier? {
        let now = await services.sequencer.now()
        guard var dossier = await services.sequencer.read({ $0.dossier(identifier, at: now) }) else { return nil }
        dossier.history = try services.index.history(of: identifier.text)
        dossier.edition = try services.index.edition(of: identifier.text)
        // The index follows the state: what it lacks now it has a moment later.
        guard let last = dossier.history.last, last.seq >= dossier.right.changed.seq else {
            throw Problem(
                code: "index-behind", status: 503, title: "The register is being brought up to date",
                detail: "the node's index does not have the last change to \(identifier) yet",
                hint: "Ask again in a moment.", headers: ["Retry-After": "2"])
        }
        return dossier
    }

    /// Since when the right stands as it does.
    var since: Timestamp {
        if standing == .expired, let expiresAt = right.expiresAt { return expiresAt }
        let types: Set<EventType> =
            switch standing {
            case .inForce: [.rightGranted, .rightDivided, .rightMerged, .rightUnfrozen]
            case .frozen: [.rightFrozen]
            case .applied: [.rightApplied]
            case .noticed: [.rightNoticed]
            case .refused: [.rightRefused]
            case .withdrawn: [.rightWithdrawn]
            case .divided: [.rightDivided]
            case .merged: [.rightMerged]
            case .cancelled: [.rightCancelled]
            case .expired: []
            }
        let found = history.last { record in EventType(rawValue: record.type).map(types.contains) ?? false }
        return found?.time ?? history.last?.time ?? time
    }

    func name(of participant: Identifier) -> String {
        participant == right.holder ? holderName : names[participant] ?? ""
    }
}

extension ExchangeState {
    fileprivate func dossier(_ identifier: Identifier, at time: Timestamp) -> RightDossier? {
        guard let right = rights.rights[identifier], let space else { return nil }
        let others = right.objections.map(\.objector) + right.licences.map(\.licensee) + right.freezes.map(\.regulator)
            + (right.pledge.map { [$0.pledgee] } ?? [])
        let names = Dictionary(others.map { ($0, participants[$0]?.name ?? "") }, uniquingKeysWith: { first, _ in first })
        return RightDossier(
            right: right, time: time, isInForce: isInForce(right, at: time),
            holderName: participants[right.holder]?.name ?? "", thingTitle: title(ofThing: right.over), names: names,
            space: space, size: size)
    }

    /// What a resource or product is called.
    func title(ofThing identifier: Identifier) -> [String: String] {
        switch identifier.kind {
        case .resource: rights.resources[identifier]?.title ?? [:]
        case .product: products[identifier]?.title ?? [:]
        default: [:]
        }
    }
}
