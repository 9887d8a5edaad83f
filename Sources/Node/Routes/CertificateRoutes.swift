import Credentials
import Exchange
import HTTPTransport

/// The certificates of rights, for programs and on paper, and their status lists. All are public.
struct CertificateRoutes: Sendable {
    let services: NodeServices
    let lists: RightStatusLists

    init(services: NodeServices) {
        self.services = services
        lists = RightStatusLists(services)
    }

    static func target(_ right: Identifier) -> String { "\(RightRoutes.path)/\(right)/certificate" }

    func add(to router: inout Router) {
        router.add("GET", "\(RightRoutes.path)/{prefix}/{suffix}/certificate") { request, path in
            try TargetQuery.allow(request, [])
            let dossier = try await Self.dossier(path, services)
            let text = try await CertificateIssuer(services: services).issue(dossier)
            let name = "\(dossier.right.identifier.suffix).vc.jwt"
            return .bytes(
                200, type: SignedCredential.mediaType, Array(text.utf8),
                headers: ["Cache-Control": "no-cache", "Content-Disposition": "attachment; filename=\"\(name)\""])
        }
        router.add("GET", "\(RightRoutes.path)/{prefix}/{suffix}/certificate.html") { request, path in
            try TargetQuery.allow(request, ["lang"])
            let language = try ContentChoice.language(request)
            let dossier = try await Self.dossier(path, services)
            let credential = try CertificateIssuer(services: services).credential(dossier)
            let claims = try RightClaims(subject: credential.subject)
            return CertificatePage(dossier: dossier, claims: claims, address: services.address, language: language).page.response()
        }
        router.add("GET", "/status/rights/{purpose}/{list}") { request, path in
            try TargetQuery.allow(request, [])
            guard let purpose = StatusPurpose(rawValue: try path.value("purpose")), let number = Int64(try path.value("list")),
                String(number) == (try path.value("list")), let text = try await lists.credential(purpose, number)
            else {
                throw Problem(
                    code: "not-found", status: 404, title: "There is no such thing", detail: "there is no such status list",
                    hint: "A certificate names its lists in credentialStatus.")
            }
            return .bytes(200, type: SignedCredential.mediaType, Array(text.utf8), headers: ["Cache-Control": "no-cache"])
        }
    }

    static func dossier(_ path: PathParameters, _ services: NodeServices) async throws -> RightDossier {
        let identifier = try StatementIntake.identifier(path, .right)
        guard let dossier = try await RightDossier.collect(identifier, services) else {
            throw Problem.missing("right", identifier)
        }
        return dossier
    }
}
