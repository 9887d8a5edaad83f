import Credentials
import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage
import Synchronization

/// Issues the credentials of registered identity, and the lists that say which of them are suspended or revoked.
///
/// Both are made from the state when somebody asks; so none exists that the ledger does not bear out.
final class CredentialService: Sendable {
    private struct ListName: Hashable {
        var purpose: StatusPurpose
        var number: Int
    }

    private struct CachedList {
        var version: Int
        var keyIdentifier: String
        var madeAt: Timestamp
        var text: String
    }

    private let sequencer: Sequencer
    private let directory: KeyDirectory
    private let keys: NodeKeyRing
    private let address: PublicAddress
    private let ledger: Ledger
    private let cache = Mutex<[ListName: CachedList]>([:])

    /// How long a status list may be believed without asking again, in milliseconds: a suspension is known everywhere after
    /// this time at the latest.
    static let listLifetime: Int64 = 3_600_000
    /// A list that has been given out for so long is signed anew, so that whoever gets it has time to use it.
    private static let listRenewal: Int64 = 600_000

    init(sequencer: Sequencer, directory: KeyDirectory, keys: NodeKeyRing, address: PublicAddress, ledger: Ledger) {
        self.sequencer = sequencer
        self.directory = directory
        self.keys = keys
        self.address = address
        self.ledger = ledger
    }

    // MARK: Documents

    func nodeDocument() async throws -> DIDDocument {
        guard let space = await sequencer.read({ $0.space }) else { throw Self.notFounded }
        return DIDDocument(identifier: try address.identifier(), keys: space.nodeKeys)
    }

    /// A participant's document, with the keys of its own; those of staff act for it here only.
    func document(of identifier: Identifier) async throws -> DIDDocument {
        let (participant, found) = await sequencer.read { state in
            let participant = state.participants[identifier]
            return (participant, participant?.keyIdentifiers.compactMap { state.keys[$0]?.key } ?? [])
        }
        guard let participant else { throw Problem.missing("participant", identifier) }
        try Self.requireRegistered(participant)
        return DIDDocument(
            identifier: try address.identifier(of: identifier), keys: found,
            alsoKnownAs: [address.url("/api/v1/participants/\(identifier)")])
    }

    private static let notFounded = Refusal(.spaceNotFounded, "the space has not been founded yet")

    private static func requireRegistered(_ participant: Participant) throws {
        switch participant.status {
        case .active, .suspended: return
        case .revoked:
            throw Problem(
                code: "registration-revoked", status: 410, title: "The registration has been revoked",
                detail: "\(participant.name) (\(participant.identifier)) is registered no longer")
        case .applied, .checked, .returned, .refused:
            throw Problem(
                code: "not-registered", status: 404, title: "There is no registration",
                detail: "\(participant.name) (\(participant.identifier)) is \(participant.status.rawValue), not registered")
        }
    }

    // MARK: Registered identity

    /// The credential of an active participant, as `vc+jwt`.
    func credential(of identifier: Identifier) async throws -> String {
        let (space, found) = await sequencer.read { ($0.space, $0.participants[identifier]) }
        guard let space else { throw Self.notFounded }
        guard let participant = found else { throw Problem.missing("participant", identifier) }
        guard participant.status == .active, let approved = participant.approved else {
            throw Problem(
                code: "not-active", status: 409, title: "The participant is not active",
                detail: "\(participant.name) (\(identifier)) is \(participant.status.rawValue); a credential is issued for active participants only",
                hint: participant.status == .suspended
                    ? "Ask again when the suspension has ended." : "The operator decides on applications; see the participant's status.")
        }
        guard let ordinal = directory.ordinal(of: identifier) else { throw Problem.missing("participant", identifier) }
        let key = try keys.signer(for: space.nodeKeys)
        let credential = VerifiableCredential(
            identifier: address.url("/api/v1/participants/\(identifier)/credential"), types: ["RegisteredIdentityCredential"],
            issuer: "", validFrom: try ledger.recorded(approved.seq).time, subject: try subject(participant, approved, space),
            statuses: StatusPurpose.allCases.map { entry(ordinal, $0) })
        return SignedCredential.sign(credential, issuer: try address.identifier(), key: key)
    }

    private func subject(_ participant: Participant, _ approved: Mark, _ space: Space) throws -> JSONObject {
        var subject: JSONObject = [
            "id": .string(try address.identifier(of: participant.identifier).description),
            "identifier": .string(participant.identifier.text), "name": .string(participant.name),
            "organisationType": .string(participant.type.rawValue),
        ]
        subject["level"] = participant.level.map { .string($0.rawValue) }
        subject["country"] = .string(participant.country)
        subject["creditCode"] = participant.creditCode.map { .string($0) }
        subject["roles"] = .array(participant.roles.map { .string($0.rawValue) })
        subject["assurance"] = .integer(participant.assurance)
        subject["space"] = .string(space.prefix)
        subject["ledgerOrigin"] = .string(space.origin)
        subject["ledgerEntry"] = .integer(Int64(clamping: approved.seq))
        return subject
    }

    // MARK: Status lists

    static func listTarget(_ purpose: StatusPurpose, _ number: Int) -> String { "/status/\(purpose.rawValue)/\(number)" }

    private func entry(_ ordinal: Int, _ purpose: StatusPurpose) -> StatusListEntry {
        let (list, index) = ordinal.quotientAndRemainder(dividingBy: StatusList.minimumCount)
        return StatusListEntry(list: address.url(Self.listTarget(purpose, list)), purpose: purpose, index: index)
    }

    /// A status list as `vc+jwt`; `nil` where no participant's credential is in it.
    ///
    /// - Parameter number: from 0; participants are numbered in the order of their applications.
    func statusList(_ purpose: StatusPurpose, _ number: Int) async throws -> String? {
        // Read together on the sequencer, and only told when it is durable: a suspension that was taken back after a failed
        // write must not be seen.
        let (space, version) = await sequencer.read { [directory] in ($0.space, directory.statusVersion) }
        guard let space else { throw Self.notFounded }
        let key = try keys.signer(for: space.nodeKeys)
        let name = ListName(purpose: purpose, number: number)
        let now = Clock.now()
        if let cached = cache.withLock({ $0[name] }), cached.version == version, cached.keyIdentifier == key.keyIdentifier,
            now >= cached.madeAt, now < cached.madeAt.advanced(byMilliseconds: Self.listRenewal)
        {
            return cached.text
        }
        let marks = await sequencer.read { [directory] _ in directory.statusMarks() }
        guard number >= 0, number <= max(0, marks.count - 1) / StatusList.minimumCount else { return nil }
        var list = StatusList()
        for ordinal in purpose == .revocation ? marks.revoked : marks.suspended {
            let (place, index) = ordinal.quotientAndRemainder(dividingBy: StatusList.minimumCount)
            if place == number { list.set(index) }
        }
        let credential = try VerifiableCredential(
            list: list, purpose: purpose, address: address.url(Self.listTarget(purpose, number)), issuer: "", validFrom: now,
            validUntil: now.advanced(byMilliseconds: Self.listLifetime))
        let text = SignedCredential.sign(credential, issuer: try address.identifier(), key: key)
        cache.withLock {
            $0[name] = CachedList(version: marks.version, keyIdentifier: key.keyIdentifier, madeAt: now, text: text)
        }
        return text
    }
}
