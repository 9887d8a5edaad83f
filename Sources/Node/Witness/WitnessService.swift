import Encoding
import Glibc
import Signing
import TransparencyLog

/// This node as a witness of other logs (C2SP tlog-witness): it cosigns a log's checkpoint if the log has only grown
/// since the last one that it cosigned.
final class WitnessService: Sendable {
    let verifier: CosignatureVerifier
    let logs: [WitnessedLog]
    private let evidence: WitnessEvidence
    private let metrics: Metrics
    private let log: StructuredLog
    /// POSIX seconds.
    private let now: @Sendable () -> UInt64

    /// The witness of a home; `nil` unless the home has a witness' key.
    ///
    /// Throws ``NodeError/home(path:reason:)`` if the list of logs cannot be read, or the state was lost.
    static func open(
        _ home: NodeHome, metrics: Metrics, log: StructuredLog, file: DurableFile = DurableFile(),
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, Clock.now().milliseconds / 1000)) }
    ) throws -> WitnessService? {
        guard access(home.witnessKeyPath, F_OK) == 0 else { return nil }
        guard access(home.witnessStateDirectory, F_OK) == 0 else {
            throw NodeError.home(
                path: home.witnessStateDirectory,
                reason: "this node has a witness' key, but what it has cosigned is gone; restore the folder from a copy, or, if "
                    + "there is none, take keys/witness.pem away and make a new key: with the old one this node could cosign a fork")
        }
        let cosigner = try Cosigner(name: home.witnessName, key: try KeyFile.read(home.witnessKeyPath, passphrase: nil))
        return WitnessService(home, cosigner, try policy(home), metrics, log, file, now)
    }

    private static func policy(_ home: NodeHome) throws -> TrustPolicy {
        guard access(home.witnessedLogsPath, F_OK) == 0 else { return TrustPolicy(logs: []) }
        do {
            return try TrustPolicy(try PrivateFile.read(home.witnessedLogsPath, maximumCount: TrustPolicy.maximumLength))
        } catch { throw NodeError.home(path: home.witnessedLogsPath, reason: "\(error)") }
    }

    private init(
        _ home: NodeHome, _ cosigner: Cosigner, _ policy: TrustPolicy, _ metrics: Metrics, _ log: StructuredLog,
        _ file: DurableFile, _ now: @escaping @Sendable () -> UInt64
    ) {
        verifier = cosigner.verifier
        // Several keys of one origin are one log, whose key is being changed.
        var origins: [String] = []
        for entry in policy.logs where !origins.contains(where: { $0.utf8.elementsEqual(entry.verifier.name.utf8) }) {
            origins.append(entry.verifier.name)
        }
        logs = origins.map { origin in
            let entries = policy.logs.filter { $0.verifier.name.utf8.elementsEqual(origin.utf8) }
            return WitnessedLog(
                origin: origin, verifiers: entries.map(\.verifier), url: entries.lazy.compactMap(\.url).first,
                directory: home.witnessStateDirectory, cosigner: cosigner, file: file)
        }
        evidence = WitnessEvidence(directory: home.witnessEvidenceDirectory, file: file)
        self.metrics = metrics
        self.log = log
        self.now = now
        for witnessed in logs {
            do throws(WitnessError) { _ = try witnessed.latest() } catch {
                log.write(.error, "a log cannot be witnessed", ["origin": .string(witnessed.origin), "reason": .string("\(error)")])
            }
        }
    }

    func witnessed(_ origin: String) -> WitnessedLog? { logs.first { $0.origin.utf8.elementsEqual(origin.utf8) } }

    /// Judges an `add-checkpoint` body, and returns the cosignature when the new state is durable.
    /// Throws ``WitnessError``.
    func add(_ body: [UInt8]) async throws -> NoteSignature {
        let request: AddCheckpointRequest
        do { request = try AddCheckpointRequest(body) } catch { throw WitnessError.malformed(error) }
        let origin = String(request.note.text.prefix { $0 != "\n" })
        guard let witnessed = witnessed(origin) else { throw refusalOfStranger(request) }
        let now = now()
        do {
            let cosignature = try await BlockingWork.run { try witnessed.cosign(request, now: now) }
            metrics.countCosignature()
            return cosignature
        } catch {
            if case WitnessError.refused(let refusal) = error { await note(refusal, request, witnessed) } else {
                log.write(.error, "a checkpoint was not cosigned", ["origin": .string(origin), "reason": .string("\(error)")])
            }
            throw error
        }
    }

    private func refusalOfStranger(_ request: AddCheckpointRequest) -> WitnessError {
        do throws(WitnessRefusal) {
            let checkpoint = try WitnessRules.judge(request, logs: [], known: nil)
            return .refused(.unknownOrigin(checkpoint.origin))
        } catch { return .refused(error) }
    }

    /// Counts a refusal, and keeps the request if it may prove something.
    private func note(_ refusal: WitnessRefusal, _ request: AddCheckpointRequest, _ witnessed: WitnessedLog) async {
        metrics.countWitnessRefusal(status: refusal.status)
        guard refusal.isEvidence else { return }
        do {
            let time = Clock.now()
            let path = try await BlockingWork.run { [evidence] in
                try evidence.keep(request, refusal: refusal, known: try witnessed.latest()?.note, log: witnessed, at: time)
            }
            guard let path else { return }
            metrics.countWitnessEvidence()
            log.write(
                refusal.status == 409 ? .error : .warning, "a log may have shown two histories; the request was kept",
                ["origin": .string(witnessed.origin), "reason": .string("\(refusal)"), "file": .string(path)])
        } catch {
            log.write(
                .error, "evidence against a log could not be kept",
                ["origin": .string(witnessed.origin), "reason": .string("\(error)")])
        }
    }
}
