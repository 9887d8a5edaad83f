import Credentials
import Encoding
import Exchange
import HTTPTransport
import Storage
import Synchronization

/// The status lists of certificates (W3C Bitstring Status List v1.0): one bit for each edition of each certificate, at its
/// place among all editions.
///
/// An edition is revoked when the certificate says something else since (a new holder, a new end), or stands no more; it
/// is suspended while a regulator has frozen the right.
final class RightStatusLists: Sendable {
    /// How long a list may be kept by whoever asked for it, and here: a right also expires by time alone.
    private static let lifetime: Int64 = 60_000
    private static let bits = Int64(StatusList.minimumCount)

    private struct Name: Hashable {
        var purpose: StatusPurpose
        var number: Int64
    }

    private struct Made {
        var text: String
        var lastEntry: UInt64?
        var time: Timestamp
    }

    private let services: NodeServices
    private let made = Mutex<[Name: Made]>([:])

    init(_ services: NodeServices) { self.services = services }

    static func target(_ purpose: StatusPurpose, _ number: Int64) -> String { "/status/rights/\(purpose.rawValue)/\(number)" }

    /// Where the status of an edition stands.
    static func entry(_ edition: CertificateEdition, _ purpose: StatusPurpose, _ address: PublicAddress) -> StatusListEntry {
        StatusListEntry(
            list: address.url(target(purpose, edition.place / bits)), purpose: purpose, index: Int(edition.place % bits))
    }

    /// A list as a signed credential; `nil` where there is no such list.
    func credential(_ purpose: StatusPurpose, _ number: Int64) async throws -> String? {
        let name = Name(purpose: purpose, number: number)
        let now = await services.sequencer.now()
        let lastEntry = try services.index.lastHistory
        if let kept = made.withLock({ $0[name] }), kept.lastEntry == lastEntry,
            now.milliseconds - kept.time.milliseconds < Self.lifetime / 2
        {
            return kept.text
        }
        let (start, overflow) = number.multipliedReportingOverflow(by: Self.bits)
        guard number >= 0, !overflow, start <= Int64.max - Self.bits else { return nil }
        let editions = try services.index.editions(at: start..<(start + Self.bits))
        guard number == 0 || !editions.isEmpty else { return nil }
        let text = try await sign(try await list(editions, purpose, at: now), purpose, number, at: now)
        made.withLock { $0[name] = Made(text: text, lastEntry: lastEntry, time: now) }
        return text
    }

    private func list(_ editions: [CertificateEdition], _ purpose: StatusPurpose, at time: Timestamp) async throws -> StatusList {
        let bits = Self.bits
        return await services.sequencer.read { state in
            var list = StatusList()
            for edition in editions where state.isSet(edition, purpose, at: time) { list.set(Int(edition.place % bits)) }
            return list
        }
    }

    private func sign(_ list: StatusList, _ purpose: StatusPurpose, _ number: Int64, at time: Timestamp) async throws -> String {
        let credential = try VerifiableCredential(
            list: list, purpose: purpose, address: services.address.url(Self.target(purpose, number)), issuer: "",
            validFrom: time, validUntil: time.advanced(byMilliseconds: Self.lifetime))
        return SignedCredential.sign(
            credential, issuer: try services.address.identifier(), key: try await services.voice())
    }
}

extension ExchangeState {
    /// Whether an edition's bit is set. An edition of something unknown counts as revoked.
    fileprivate func isSet(_ edition: CertificateEdition, _ purpose: StatusPurpose, at time: Timestamp) -> Bool {
        guard let identifier = try? Identifier(edition.certificate, kind: .right), let right = rights.rights[identifier] else {
            return purpose == .revocation
        }
        switch (purpose, right.standing(at: time)) {
        case (.suspension, let standing): return standing == .frozen
        case (.revocation, .frozen): return !edition.isLatest
        case (.revocation, _): return !edition.isLatest || !isInForce(right, at: time)
        }
    }
}
