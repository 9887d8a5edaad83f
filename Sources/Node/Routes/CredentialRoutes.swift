import Credentials
import Encoding
import Exchange
import HTTPTransport

/// Identity in the forms of W3C: DID documents, credentials and status lists. All of it is public.
struct CredentialRoutes: Sendable {
    let services: NodeServices

    func add(to router: inout Router) {
        router.add("GET", "/.well-known/did.json") { request, _ in
            try TargetQuery.allow(request, [])
            return Self.document(try await services.credentials.nodeDocument())
        }
        router.add("GET", "/id/{prefix}/{suffix}/did.json") { request, path in
            try TargetQuery.allow(request, [])
            let identifier = try StatementIntake.identifier(path, .participant)
            return Self.document(try await services.credentials.document(of: identifier))
        }
        router.add("GET", "/api/v1/participants/{prefix}/{suffix}/credential") { request, path in
            try TargetQuery.allow(request, [])
            let identifier = try StatementIntake.identifier(path, .participant)
            return Self.credential(try await services.credentials.credential(of: identifier))
        }
        router.add("GET", "/status/{purpose}/{list}") { request, path in
            try TargetQuery.allow(request, [])
            guard let purpose = StatusPurpose(rawValue: try path.value("purpose")), let list = Int(try path.value("list")),
                let text = try await services.credentials.statusList(purpose, list)
            else {
                throw Problem(
                    code: "not-found", status: 404, title: "There is no such list",
                    detail: "the space has status lists of the purposes revocation and suspension, numbered from 0")
            }
            return Self.credential(text)
        }
    }

    private static func document(_ document: DIDDocument) -> HTTPResponse {
        .bytes(200, type: DIDDocument.mediaType, document.json.serialized(), headers: ["Cache-Control": "no-cache"])
    }

    private static func credential(_ text: String) -> HTTPResponse {
        .bytes(200, type: SignedCredential.mediaType, Array(text.utf8), headers: ["Cache-Control": "no-cache"])
    }
}
