import Credentials
import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage

/// Issues the certificates of rights as verifiable credentials (W3C data model 2.0, `vc+jwt`).
struct CertificateIssuer: Sendable {
    let services: NodeServices

    /// The credential of a right, as text.
    ///
    /// - Throws: a problem with status 409 where the right has no certificate at this time.
    func issue(_ dossier: RightDossier) async throws -> String {
        let issuer = try services.address.identifier()
        let key = try await services.voice()
        return SignedCredential.sign(try credential(dossier), issuer: issuer, key: key)
    }

    func credential(_ dossier: RightDossier) throws -> VerifiableCredential {
        let right = dossier.right
        guard right.isLive(at: dossier.time), let edition = dossier.edition, let expiresAt = right.expiresAt,
            let grantedAt = right.grantedAt
        else { throw Self.noCertificate(dossier) }
        let recorded = try services.recorded(edition.seq)
        let claims = RightClaims(
            number: right.identifier, kind: right.kind, over: right.over, holder: right.holder, holderName: dossier.holderName,
            title: right.title, share: right.share, root: right.root, isExclusive: right.isExclusive, territory: right.territory,
            grantedAt: grantedAt, expiresAt: expiresAt,
            entry: RightClaims.Entry(origin: dossier.space.origin, seq: edition.seq, leafHash: recorded.leafHash))
        return VerifiableCredential(
            identifier: services.address.url(CertificateRoutes.target(right.identifier)), types: [RightClaims.type],
            issuer: "", validFrom: recorded.time,
            // A credential is good at its last moment still, a right is not.
            validUntil: expiresAt.advanced(byMilliseconds: -1),
            subject: claims.subject(holder: try services.address.identifier(of: right.holder)),
            statuses: StatusPurpose.allCases.map { RightStatusLists.entry(edition, $0, services.address) })
    }

    static func noCertificate(_ dossier: RightDossier) -> Problem {
        let number = dossier.right.identifier
        let hint =
            switch dossier.standing {
            case .applied, .noticed: "A certificate is issued when the operator has granted the right."
            case .expired: "The holder could have renewed it; now the right has to be applied for anew."
            case .divided, .merged: "Ask for the certificates that replace it; \(VerificationRoutes.target(number)) names them."
            default: "\(VerificationRoutes.target(number)) shows what became of it."
            }
        return Problem(
            code: "no-certificate", status: 409, title: "There is no certificate to give",
            detail: "the right \(number) is \(dossier.standing.rawValue)", hint: hint,
            extensions: ["standing": .string(dossier.standing.rawValue)])
    }
}
