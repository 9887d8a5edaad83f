import Credentials
import Encoding
import Exchange
import HTTPTransport
import Markup

/// Where anybody verifies a certificate, by its number or its file, in a browser or with a program.
struct VerificationRoutes: Sendable {
    let services: NodeServices

    /// A certificate, with room for the form around it.
    static let maximumBodyBytes = 96 << 10

    static func target(_ right: Identifier) -> String { "/verify/\(right)" }

    func add(to router: inout Router) {
        router.add("GET", "/verify") { request, _ in
            try TargetQuery.allow(request, ["number", "lang"])
            let language = try ContentChoice.language(request)
            guard let number = try request.queryValue("number") else {
                return VerificationPage.entry(language, services.address).response()
            }
            return try redirect(number.filter { !$0.isWhitespace }, try request.queryValue("lang"))
        }
        router.add("POST", "/verify", body: .memory(limitBytes: Self.maximumBodyBytes)) { request, _ in
            try TargetQuery.allow(request, ["lang"])
            let language = try ContentChoice.language(request)
            let check = try await CertificateCheck.run(try SubmittedCertificate.text(request), services)
            guard ContentChoice.prefersHTML(request) else { return .json(200, check.json, headers: Self.varying) }
            return VerificationPage.result(check, language, services.address).response()
        }
        router.add("GET", "/verify/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, ["lang"])
            let language = try ContentChoice.language(request)
            let dossier = try await CertificateRoutes.dossier(path, services)
            guard ContentChoice.prefersHTML(request) else { return .json(200, Self.json(dossier), headers: Self.varying) }
            return VerificationPage.page(dossier, language, services.address).response()
        }
    }

    private static let varying: HTTPHeaders = ["Vary": "Accept", "Cache-Control": "no-cache"]

    /// To the page of a number that was typed into the form.
    private func redirect(_ number: String, _ language: String?) throws -> HTTPResponse {
        let identifier: Identifier
        do { identifier = try Identifier(number, kind: .right) } catch { throw TargetQuery.problem("number", "is no certificate's: \(error)") }
        let target = Self.target(identifier) + (language.map { "?lang=\($0)" } ?? "")
        return HTTPResponse(status: 303, headers: ["Location": target])
    }

    /// What the register says of a right.
    static func json(_ dossier: RightDossier) -> JSONValue {
        let right = dossier.right
        var object: JSONObject = [
            "number": .string(right.identifier.text), "valid": .bool(dossier.isInForce),
            "standing": .string(dossier.standing.rawValue), "since": .string(dossier.since.description),
            "asOf": .string(dossier.time.description),
        ]
        object["until"] = right.expiresAt.map { .string($0.description) }
        object["rightKind"] = .string(right.kind.rawValue)
        object["over"] = .string(right.over.text)
        object["overTitle"] = RightViews.languages(dossier.thingTitle)
        object["title"] = RightViews.languages(right.title)
        object["holder"] = .string(right.holder.text)
        object["holderName"] = .string(dossier.holderName)
        object["share"] = .string(right.share.description)
        object["root"] = .string(right.root.text)
        if !right.replaces.isEmpty { object["replaces"] = .array(right.replaces.map { .string($0.text) }) }
        object["pledged"] = .bool(right.pledge(at: dossier.time) != nil)
        object["frozen"] = .bool(right.isFrozen)
        object["licensed"] = .bool(!right.licences(at: dossier.time).isEmpty)
        object["openObjections"] = .integer(Int64(right.openObjections.count))
        object["history"] = RightViews.history(dossier.history)
        object["ledger"] = ["origin": .string(dossier.space.origin), "size": .integer(Int64(clamping: dossier.size))]
        return .object(object)
    }
}
