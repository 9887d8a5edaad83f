import Encoding
import HTTPTransport
import TransparencyLog

/// This node as a witness (C2SP tlog-witness; the submission prefix is `/witness`), and what its own witnesses say.
struct WitnessRoutes: Sendable {
    let services: NodeServices

    func add(to router: inout Router) {
        router.add(
            "POST", "/witness/\(AddCheckpointRequest.path)", body: .memory(limitBytes: AddCheckpointRequest.maximumLength)
        ) { request, _ in try await cosign(request) }
        router.add("GET", "/witness/vkey") { request, _ in
            try TargetQuery.allow(request, [])
            return .text(200, "\(try witness().verifier)\n")
        }
        router.add("GET", "/witness/logs") { request, _ in
            try TargetQuery.allow(request, [])
            return .json(200, try await list(try witness()))
        }
        router.add("GET", "/witness/checkpoint") { request, _ in try await checkpoint(request) }
        router.add("GET", "/ledger/witnesses") { request, _ in
            try TargetQuery.allow(request, [])
            return .json(200, services.publication.view, headers: ["Cache-Control": "no-cache"])
        }
    }

    private func witness() throws -> WitnessService {
        guard let witness = services.witness else { throw WitnessError.notEnabled }
        return witness
    }

    private func cosign(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        do {
            let signature = try await witness().add(request.body.bytes)
            return .text(200, signature.line + "\n")
        } catch WitnessError.refused(let refusal) {
            guard let size = refusal.knownSize else { throw WitnessError.refused(refusal) }
            return .bytes(409, type: AddCheckpointRequest.sizeMediaType, Array("\(size)\n".utf8))
        }
    }

    private func list(_ witness: WitnessService) async throws -> JSONValue {
        let views = try await BlockingWork.run { witness.logs.map(Self.view) }
        return ["witness": .string(witness.verifier.description), "logs": .array(views)]
    }

    private static func view(_ log: WitnessedLog) -> JSONValue {
        var object: JSONObject = [
            "origin": .string(log.origin), "keys": .array(log.verifiers.map { .string($0.description) }),
        ]
        object["url"] = log.url.map { .string($0) }
        do throws(WitnessError) {
            guard let latest = try log.latest() else { return .object(object) }
            object["size"] = .integer(Int64(clamping: latest.checkpoint.size))
            object["root"] = .string(latest.checkpoint.root.description)
            object["time"] = .string(Timestamp(unixSeconds: latest.time).description)
        } catch {
            object["error"] = "what was cosigned last cannot be read; nothing is cosigned until it is restored"
        }
        return .object(object)
    }

    private func checkpoint(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["origin"])
        guard let origin = try request.queryValue("origin"), !origin.isEmpty else {
            throw TargetQuery.problem("origin", "is missing")
        }
        let witness = try witness()
        guard let log = witness.witnessed(origin) else { throw WitnessError.nothingCosigned(origin: String(origin.prefix(200))) }
        guard let latest = try await BlockingWork.run({ try log.latest() }) else {
            throw WitnessError.nothingCosigned(origin: origin)
        }
        return .bytes(
            200, type: "text/plain; charset=utf-8", latest.note.bytes, headers: ["Cache-Control": "no-cache"])
    }
}

extension Timestamp {
    /// The instant of POSIX seconds; saturates at the end of the range.
    init(unixSeconds: UInt64) {
        self.init(milliseconds: Int64(clamping: unixSeconds).multipliedReportingOverflow(by: 1000).overflow
            ? .max : Int64(clamping: unixSeconds) * 1000)
    }
}
