import Encoding
import Exchange
import HTTPTransport

/// Bundles of requests, brought by somebody who may use the node's network. What is in them is signed by whoever made
/// them; who carries them only has to be known here, so that strangers cannot fill the disk.
struct BundleRoutes: Sendable {
    let services: NodeServices
    let authenticator: Authenticator
    let bundles: BundleService

    private func admit(_ head: HTTPRequest) throws -> any Sendable {
        let authenticated = try authenticator.admit(head)
        // The file, and what is taken out of it.
        try DiskRoom.require(2, timesTheBodyOf: head, services)
        return authenticated
    }

    func add(to router: inout Router) {
        let body = BodyPolicy.file(
            directory: services.snapshots.uploadDirectory, limitBytes: services.home.configuration.maximumUploadBytes)
        router.add("POST", "/api/v1/bundles", body: body, admission: { try admit($0) }) { request, _ in
            try TargetQuery.allow(request, [])
            guard let admitted = request.admission as? Authenticated, case .file(let path, _, _) = request.body else {
                _ = try authenticator.authenticate(request)
                throw Problem(
                    code: "body-missing", status: 400, title: "The request needs a body",
                    detail: "the body is missing; send the bundle as the body", pointer: "")
            }
            _ = try authenticator.authenticateBody(admitted, of: request)
            return .file(200, type: "application/octet-stream", try FileBody(path: try await bundles.answer(path)))
        }
        router.add("GET", "/api/v1/bundles/welcome") { request, _ in
            try TargetQuery.allow(request, [])
            _ = try authenticator.authenticate(request)
            let path = try await bundles.welcome()
            // Once it is open it needs no name any more.
            defer { PrivateFile.remove(path) }
            return .file(200, type: "application/octet-stream", try FileBody(path: path))
        }
    }
}
