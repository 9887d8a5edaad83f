import Encoding
import Exchange
import HTTPTransport
import Sandbox

/// Providers' files on their way in.
///
/// A file may be a gigabyte, so who sends it, and whether it may come, is decided from the headers: the signature covers
/// the body's digest, with which the body is compared when it is there.
struct SnapshotUploads: Sendable {
    let services: NodeServices
    let authenticator: Authenticator

    /// What is known of an upload before its body comes.
    private struct Admission: Sendable {
        var authenticated: Authenticated
        var format: ImportFormat
    }

    var body: BodyPolicy {
        .file(
            directory: services.snapshots.uploadDirectory, limitBytes: services.home.configuration.maximumUploadBytes)
    }

    /// Decides from the headers alone.
    func admit(_ head: HTTPRequest) throws -> any Sendable {
        let format = try Self.format(head)
        let authenticated = try authenticator.admit(head)
        _ = try Self.provider(authenticated)
        // The file, its import and the vault's copy of it are on the disk together for a while.
        try DiskRoom.require(3, timesTheBodyOf: head, services)
        return Admission(authenticated: authenticated, format: format)
    }

    /// Imports an upload that has come in whole.
    func receive(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let admission = request.admission as? Admission, case .file(let path, let count, _) = request.body, count > 0
        else {
            _ = try Self.provider(try authenticator.authenticate(request))
            throw Problem(
                code: "body-missing", status: 400, title: "The request needs a body",
                detail: "the body is missing; send the file as the body",
                pointer: "")
        }
        let provider = try Self.provider(try authenticator.authenticateBody(admission.authenticated, of: request))
        let record = try await services.gate.run(for: provider.identifier.text) {
            try await services.snapshots.importFile(path, format: admission.format, provider: provider.identifier)
        }
        return .json(201, ["snapshot": record.json])
    }

    private static func provider(_ authenticated: Authenticated) throws -> Participant {
        guard case .participant(let provider) = authenticated.caller, provider.roles.contains(.provider) else {
            throw Refusal(.roleMissing, "only a provider brings in snapshots")
        }
        // A snapshot is good for a listing and for nothing else.
        if let delegation = authenticated.delegation, !delegation.permissions.contains(.productListing) {
            throw Refusal(
                .permissionMissing, "the key of \(delegation.name) may list no products, and so bring in no snapshots")
        }
        return provider
    }

    private static func format(_ request: HTTPRequest) throws -> ImportFormat {
        try TargetQuery.allow(request, ["format"])
        guard let text = try request.queryValue("format") else { return .csv }
        guard let format = ImportFormat(rawValue: text) else { throw TargetQuery.problem("format", "must be csv or parquet") }
        return format
    }
}
