import Credentials
import Encoding
import Exchange
import Signing

/// What becomes of a certificate that somebody shows: genuine or not, and whether it still says what holds.
struct CertificateCheck: Sendable {
    enum Finding: Sendable, Hashable {
        /// Not a certificate of this node; the reason is for people.
        case notGenuine(String)
        /// Genuine, but the register says something else now: the members that differ.
        case outdated([String])
        /// Genuine, and what it says holds; the right may still not be in force.
        case current
    }

    var finding: Finding
    /// What the certificate says, as far as it could be read.
    var claims: RightClaims?
    /// What the register says now.
    var dossier: RightDossier?

    var isGenuine: Bool { if case .notGenuine = finding { false } else { true } }
    /// Whether somebody may rely on the certificate now.
    var isValid: Bool { finding == .current && dossier?.isInForce == true }

    /// Checks a certificate's text against the register.
    static func run(_ text: String, _ services: NodeServices) async throws -> CertificateCheck {
        let signed: SignedCredential
        let claims: RightClaims
        do {
            signed = try SignedCredential(text)
            guard signed.claimed.types.contains(RightClaims.type) else {
                return CertificateCheck(
                    finding: .notGenuine("it is a \(signed.claimed.types.joined(separator: ", ").prefix(200)), not the certificate of a right"))
            }
            claims = try RightClaims(subject: signed.claimed.subject)
        } catch { return CertificateCheck(finding: .notGenuine("\(error)")) }
        let keys = await services.sequencer.read { $0.space?.nodeKeys ?? [] }
        if let reason = problem(signed, try services.address.identifier(), keys) {
            return CertificateCheck(finding: .notGenuine(reason), claims: claims)
        }
        guard let dossier = try await RightDossier.collect(claims.number, services) else {
            return CertificateCheck(finding: .notGenuine("the register has no right \(claims.number)"), claims: claims)
        }
        var differences = claims.differences(from: dossier.right)
        if dossier.edition?.seq != claims.entry.seq { differences.append("ledger") }
        return CertificateCheck(
            finding: differences.isEmpty ? .current : .outdated(differences), claims: claims, dossier: dossier)
    }

    /// Why the signature is not this node's; `nil` where it is.
    private static func problem(_ signed: SignedCredential, _ issuer: DIDWeb, _ keys: [VerificationKey]) -> String? {
        guard signed.issuer == issuer else { return "it was issued by \(signed.issuer), not by this node, \(issuer)" }
        guard let key = keys.first(where: { $0.keyIdentifier == signed.keyIdentifier }) else {
            return "it is signed with the key \(signed.keyIdentifier.prefix(100)), which is not, or no more, one of this node's; ask for a new certificate"
        }
        do { _ = try signed.verify(with: key) } catch { return error.description }
        return nil
    }

    var json: JSONValue {
        var object: JSONObject = ["genuine": .bool(isGenuine), "valid": .bool(isValid)]
        switch finding {
        case .notGenuine(let reason): object["reason"] = .string(reason)
        case .outdated(let members):
            object["current"] = false
            object["differs"] = .array(members.map { .string($0) })
        case .current: object["current"] = true
        }
        if let claims { object["number"] = .string(claims.number.text) }
        if isGenuine, let dossier { object["register"] = VerificationRoutes.json(dossier) }
        return .object(object)
    }
}
