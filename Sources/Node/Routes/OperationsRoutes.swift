import Encoding
import Exchange
import HTTPTransport
import Signing

/// What monitoring and newcomers ask first.
struct OperationsRoutes: Sendable {
    let services: NodeServices
    let scrubbing: ScrubService

    func add(to router: inout Router) {
        router.add("GET", "/healthz") { _, _ in
            if await services.sequencer.failureReason() != nil {
                return .json(503, ["status": "failing", "reason": "the ledger takes no entries; the log says why"])
            }
            var health: JSONObject = ["status": "ok", "size": .integer(Int64(services.ledger.size))]
            let warnings = (scrubbing.status.warning.map { [$0] } ?? []) + services.publication.warnings
            if !warnings.isEmpty { health["warnings"] = .array(warnings.map { .string($0) }) }
            return .json(200, .object(health))
        }
        router.add("GET", "/metrics") { _, _ in
            let isWritable = await services.sequencer.failureReason() == nil
            let counts = services.gate.counts
            let scrub = scrubbing.status
            let rights = await services.sequencer.countRights()
            return .bytes(
                200, type: "text/plain; version=0.0.4; charset=utf-8",
                Array(
                    services.metrics.exposition(gauges: [
                        ("hexi_ledger_size", "Entries in the ledger.", Double(services.ledger.size)),
                        ("hexi_ledger_tiled_size", "Entries whose full tiles are written.", Double(services.ledger.tiledSize)),
                        ("hexi_ledger_scrub_rounds", "Rounds in which the ledger's files were checked.", Double(scrub.rounds)),
                        ("hexi_ledger_scrub_findings", "Wrong things found in them, mended ones included.", Double(scrub.findings)),
                        ("hexi_ledger_scrub_unmended", "Wrong things that the last round left.", Double(scrub.unmended)),
                        (
                            "hexi_ledger_scrub_finished_seconds", "When the last round ended, in Unix time; 0 if none has.",
                            Double(scrub.lastFinished.map { $0.milliseconds / 1000 } ?? 0)
                        ),
                        ("hexi_ledger_writable", "1 if the ledger takes entries.", isWritable ? 1 : 0),
                        ("hexi_runs_running", "Sandboxes at work.", Double(counts.running)),
                        ("hexi_applications_waiting", "Applications without a decision.", Double(services.directory.waitingApplications)),
                        ("hexi_index_behind", "1 if the search index lacks entries.", services.projector.isBehind ? 1 : 0),
                        ("hexi_runs_waiting", "Runs that wait for a place.", Double(counts.waiting)),
                        ("hexi_signature_nonces", "Nonces remembered against replay.", Double(services.nonces.count)),
                    ] + services.publication.gauges, rights: rights).utf8))
        }
        router.add("GET", "/api/v1/space") { request, _ in
            try TargetQuery.allow(request, [])
            let (space, size, time) = await services.sequencer.read { ($0.space, $0.size, $0.time) }
            guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
            return .json(200, Self.view(space, size: size, time: time, limits: services.home.configuration))
        }
    }

    private static func view(_ space: Space, size: UInt64, time: Timestamp, limits: NodeConfiguration) -> JSONValue {
        let names = space.name.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        var object: JSONObject = [
            "prefix": .string(space.prefix), "name": .object(JSONObject(names)), "origin": .string(space.origin),
            "currency": .string(space.currency), "logKeys": .array(space.logKeys.map { .string($0) }),
        ]
        object["retiredLogKeys"] = .array(space.retiredLogKeys.map { .string($0) })
        object["operatorKey"] = VerificationKey(space.operatorKeyBytes)?.jwk
        object["nodeKeys"] = .array(space.nodeKeys.map(\.jwk))
        object["size"] = .integer(Int64(size))
        object["time"] = .string(time.description)
        object["version"] = .string(NodeVersion.text)
        object["limits"] = [
            "runSeconds": .integer(Int64(limits.runSeconds)), "uploadBytes": .integer(Int64(limits.maximumUploadBytes)),
            "queryBytes": .integer(Int64(QuerySubmission.maximumTextCount)),
        ]
        return .object(object)
    }
}

/// The program's version.
public enum NodeVersion { public static let text = "0.1.0" }
