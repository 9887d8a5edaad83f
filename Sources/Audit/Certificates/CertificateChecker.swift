import Credentials
import Encoding
import Exchange
import Signing
import TransparencyLog

/// Checks the certificate of a right offline: the signature by a key of the node's that is known from a ledger or pinned;
/// against a ledger also whether it still says what holds, and since when; with a proof file that the entry it names is in
/// the log.
public struct CertificateChecker: Sendable {
    /// The longest certificate that is read, in bytes.
    public static let maximumLength = SignedCredential.maximumCount

    public let signed: SignedCredential
    public let claims: RightClaims

    /// Takes a certificate apart; nothing is verified yet.
    ///
    /// - Throws: ``CertificateProblem`` where it is no certificate of a right.
    public init(_ text: String) throws(CertificateProblem) {
        do {
            signed = try SignedCredential(text)
            guard signed.claimed.types.contains(RightClaims.type) else {
                throw JSONMismatch(pointer: "/type", reason: "does not name \(RightClaims.type)")
            }
            claims = try RightClaims(subject: signed.claimed.subject)
        } catch { throw CertificateProblem(reason: "it is no certificate of a right: \(error)") }
    }

    /// Checks the signature with keys that are known from elsewhere, and the certificate's own dates.
    public func verify(keys: [VerificationKey], at time: Timestamp) throws(CertificateProblem) {
        guard let key = keys.first(where: { $0.keyIdentifier == signed.keyIdentifier }) else {
            throw CertificateProblem(
                reason: "it is signed with the key \(signed.keyIdentifier.prefix(100)), which is none of the node's: \(Self.names(keys))")
        }
        do {
            let credential = try signed.verify(with: key)
            try credential.checkTime(time)
        } catch { throw CertificateProblem(reason: error.description) }
    }

    /// Checks that a proof, which holds by itself, is that of the entry that the certificate names.
    public func check(_ proof: ProofReport) throws(CertificateProblem) {
        guard proof.index == claims.entry.seq, proof.leafHash.description == claims.entry.leafHash else {
            throw CertificateProblem(
                reason: "the proof is of entry \(proof.index), leaf hash \(proof.leafHash); the certificate names entry \(claims.entry.seq), leaf hash \(claims.entry.leafHash)")
        }
        guard proof.judgement.checkpoint.origin == claims.entry.origin else {
            throw CertificateProblem(
                reason: "the proof is from the log \(proof.judgement.checkpoint.origin), the certificate from \(claims.entry.origin)")
        }
    }

    private static func names(_ keys: [VerificationKey]) -> String {
        keys.isEmpty ? "the ledger names none" : keys.map(\.keyIdentifier).joined(separator: ", ")
    }
}

/// Why a certificate does not hold.
public struct CertificateProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public var reason: String

    public init(reason: String) { self.reason = reason }

    public var description: String { reason }
}

/// Collects from a ledger what a certificate is held against.
public final class CertificateView: AuditVisitor {
    public let claims: RightClaims
    /// The leaf hash of the entry that the certificate names; `nil` where the ledger is shorter.
    public private(set) var leafHash: String?
    /// The entries that changed the right.
    public private(set) var lines: [LifeLine] = []
    public private(set) var nodeKeys: [VerificationKey] = []
    public private(set) var origin = ""
    /// The right as it stands behind the last entry; `nil` where the ledger has no such right.
    public private(set) var right: Right?
    public private(set) var holderName = ""
    private var state = ExchangeState()
    /// The number of the last entry that changed what the certificate says.
    private var edition: UInt64?

    /// The most entries of one right that are shown.
    private static let maximumLines = 10_000

    public init(_ claims: RightClaims) { self.claims = claims }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        let entry = audited.entry
        if entry.seq == claims.entry.seq { leafHash = audited.leafHash.description }
        guard case .right(let statement) = entry.event.statement.content else { return }
        let right = state.rights.rights[claims.number]
        guard right?.changed.seq == entry.seq || right?.created.seq == entry.seq else { return }
        if Self.changesClaims(statement, entry.event.type) { edition = entry.seq }
        if lines.count < Self.maximumLines { lines.append(LifeLine(audited, relations: [], after: state)) }
    }

    private static func changesClaims(_ statement: RightStatement, _ type: EventType) -> Bool {
        switch statement {
        case .decision: type == .rightGranted
        case .transfer, .split, .merge, .change, .renewal: true
        default: false
        }
    }

    public func conclude(_ report: AuditReport, state: ExchangeState) {
        self.state = state
        nodeKeys = state.space?.nodeKeys ?? []
        origin = state.space?.origin ?? ""
        right = state.rights.rights[claims.number]
        holderName = right.flatMap { state.participants[$0.holder]?.name } ?? ""
    }

    /// What the certificate and the ledger say differently; empty where they agree.
    public var differences: [String] {
        guard let right else { return ["number"] }
        var names = claims.differences(from: right)
        if claims.entry.origin != origin || claims.entry.leafHash != leafHash || claims.entry.seq != edition { names.append("ledger") }
        return names
    }

    /// Whether the right, and all that it derives from, is in force at a time.
    public func isInForce(at time: Timestamp) -> Bool { right.map { state.isInForce($0, at: time) } ?? false }

    /// The entry since which the right stands as it does, as far as an entry did that and not the time.
    public var lastChange: LifeLine? { lines.last }
}
