import Encoding
import HTTPTransport
import Signing
import Storage
import Synchronization
import TransparencyLog

/// Asks one witness to cosign this node's checkpoints, one request after the other.
final class WitnessCaller: Sendable {
    /// How the witness stands, as far as this node knows.
    struct Standing: Sendable {
        /// The size that the witness said or showed last to have seen.
        var knownSize: UInt64?
        var cosignedSize: UInt64?
        /// POSIX seconds.
        var cosignedTime: UInt64?
        /// Why there was no cosignature the last time.
        var error: String?
        /// In a row.
        var failures = 0
        /// When it is asked again, in milliseconds of the monotonic clock.
        var nextTry: Int64 = 0
        /// What the witness has seen that this ledger does not hold.
        var alarm: String?
    }

    private struct State {
        var standing = Standing()
        var last: Task<Void, Never>?
        var running: [UInt64: Task<Void, Never>] = [:]
        var started: UInt64 = 0
        var isStopped = false
    }

    let witness: TrustPolicy.Witness
    private let ledger: Ledger
    private let client: HTTPClient
    private let seconds: Double
    private let metrics: Metrics
    private let log: StructuredLog
    private let state: Mutex<State>

    private static let firstPause: Int64 = 1000
    private static let longestPause: Int64 = 60_000
    private static let maximumAnswer = 64 << 10

    /// - Parameters:
    ///   - seconds: how long one answer may take.
    ///   - knownSize: what the witness cosigned last, if that is known.
    init(
        _ witness: TrustPolicy.Witness, ledger: Ledger, client: HTTPClient, seconds: Double, knownSize: UInt64?,
        metrics: Metrics, log: StructuredLog
    ) {
        self.witness = witness
        self.ledger = ledger
        self.client = client
        self.seconds = seconds
        self.metrics = metrics
        self.log = log
        var state = State()
        state.standing.knownSize = knownSize
        self.state = Mutex(state)
    }

    var standing: Standing { state.withLock { $0.standing } }
    var isDue: Bool { standing.nextTry <= Clock.monotonicMilliseconds() }

    /// Asks for a cosignature, after what this witness is being asked already.
    ///
    /// - Parameters:
    ///   - isInsistent: asks even if the witness has just failed.
    ///   - isWanted: whether the checkpoint is still of interest when its turn comes.
    ///   - done: is given the cosignature, verified, or `nil`.
    func ask(
        _ note: SignedNote, _ checkpoint: Checkpoint, isInsistent: Bool, isWanted: @escaping @Sendable () -> Bool,
        done: @escaping @Sendable (NoteSignature?) async -> Void
    ) {
        let isAccepted = state.withLock { state in
            guard !state.isStopped else { return false }
            let (previous, number) = (state.last, state.started)
            state.started += 1
            let task = Task {
                await previous?.value
                let mayAsk = isWanted() && (isInsistent || self.isDue) && !Task.isCancelled
                await done(mayAsk ? await self.cosignature(note, checkpoint) : nil)
                self.state.withLock { _ = $0.running.removeValue(forKey: number) }
            }
            state.last = task
            state.running[number] = task
            return true
        }
        if !isAccepted { Task { await done(nil) } }
    }

    /// Breaks off what is under way, and asks no more.
    func stop() async {
        let running = state.withLock { state in
            state.isStopped = true
            return Array(state.running.values)
        }
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    // MARK: One question

    private func cosignature(_ note: SignedNote, _ checkpoint: Checkpoint) async -> NoteSignature? {
        do throws(WitnessCallError) {
            let (signature, time) = try await exchange(note, checkpoint)
            succeeded(checkpoint.size, time)
            return signature
        } catch {
            if !Task.isCancelled { failed(error) }
            return nil
        }
    }

    private func exchange(
        _ note: SignedNote, _ checkpoint: Checkpoint
    ) async throws(WitnessCallError) -> (NoteSignature, time: UInt64) {
        let deadline = Clock.monotonicMilliseconds() + Int64(seconds * 1000)
        var old = min(standing.knownSize ?? 0, checkpoint.size)
        for attempt in 0..<2 {
            let answer = try await post(note, checkpoint, old: old, deadline: deadline)
            switch answer.status {
            case 200: return try read(answer.body, note)
            case 409:
                guard let size = AddCheckpointRequest.size(inConflictBody: answer.body) else {
                    throw .badAnswer("its answer 409 holds no tree size")
                }
                old = try known(size, asked: old, checkpoint)
            case 422: throw .disagrees("it refuses the proof that this ledger's first \(old) entries are those it has seen")
            default: throw .refused(status: answer.status, reason: Self.reason(answer))
            }
            if attempt == 1 { throw .badAnswer("it says that it knows \(old) entries, and then that it does not") }
        }
        throw .badAnswer("it gave no cosignature")
    }

    /// What a 409 answer means; returns the size to start from the second time.
    private func known(_ size: UInt64, asked old: UInt64, _ checkpoint: Checkpoint) throws(WitnessCallError) -> UInt64 {
        let own = ledger.size
        if size > own { throw .disagrees("it has seen \(size) entries, and this ledger has \(own)") }
        if size == old {
            throw .disagrees("it has cosigned another tree of \(size) entries than this ledger's")
        }
        state.withLock { $0.standing.knownSize = size }
        guard size <= checkpoint.size else { throw .superseded }
        return size
    }

    private func post(
        _ note: SignedNote, _ checkpoint: Checkpoint, old: UInt64, deadline: Int64
    ) async throws(WitnessCallError) -> HTTPClientResponse {
        var proof: [SHA256Digest] = []
        if old > 0 && old < checkpoint.size {
            do throws(LedgerError) { proof = try ledger.consistencyProof(from: old, to: checkpoint.size).path } catch {
                throw .noProof("\(error)")
            }
        }
        var url = witness.url ?? ""
        while url.hasSuffix("/") { url.removeLast() }
        let rest = Double(max(100, deadline - Clock.monotonicMilliseconds())) / 1000
        let request = HTTPClientRequest(
            method: "POST", url: "\(url)/\(AddCheckpointRequest.path)", headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(AddCheckpointRequest(oldSize: old, proof: proof, note: note).bytes), timeoutSeconds: rest,
            maximumResponseBytes: Self.maximumAnswer)
        do throws(HTTPClientError) { return try await client.send(request) } catch { throw .unreachable(error) }
    }

    /// The latest valid cosignature by this witness' key; what others signed is ignored.
    private func read(_ body: [UInt8], _ note: SignedNote) throws(WitnessCallError) -> (NoteSignature, time: UInt64) {
        let answer: SignedNote
        do throws(SignedNoteError) { answer = try SignedNote(Array(note.text.utf8) + [0x0A] + body) } catch {
            throw .badAnswer("its answer is not signature lines: \(error)")
        }
        let valid = answer.signatures.compactMap { signature in
            witness.verifier.time(of: signature, on: note.text).map { (signature, time: $0) }
        }
        guard let latest = valid.max(by: { $0.time < $1.time }) else {
            throw .badAnswer("its answer holds no valid cosignature by the key of the policy, \(witness.verifier.name)")
        }
        return latest
    }

    /// What the other end says of a refusal, shortened: it goes into this node's log.
    private static func reason(_ answer: HTTPClientResponse) -> String {
        if let json = try? JSONValue.parse(answer.body), let problem = Problem(json: json) { return String(problem.detail.prefix(200)) }
        let text = String(decoding: answer.body.prefix(200), as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }

    // MARK: Keeping the account

    private func succeeded(_ size: UInt64, _ time: UInt64) {
        let before = state.withLock { state in
            defer {
                state.standing = Standing(knownSize: size, cosignedSize: size, cosignedTime: time)
            }
            return state.standing
        }
        guard before.failures > 0 else { return }
        log.write(.info, "a witness cosigns again", ["witness": .string(witness.name)])
    }

    private func failed(_ error: WitnessCallError) {
        if case .superseded = error { return }
        let alarm: String? = if case .disagrees(let what) = error {
            "this ledger was rolled back or forked: the witness \(witness.name) says no: \(what)"
        } else { nil }
        let before = state.withLock { state in
            defer {
                state.standing.failures += 1
                state.standing.error = "\(error)"
                state.standing.alarm = alarm
                let pause = min(Self.longestPause, Self.firstPause << Int64(min(6, state.standing.failures - 1)))
                state.standing.nextTry = Clock.monotonicMilliseconds() + pause
            }
            return state.standing
        }
        if let alarm {
            metrics.countWitnessAlarm()
            if before.alarm == nil { log.write(.error, alarm, ["witness": .string(witness.name)]) }
        } else if before.failures == 0 || before.alarm != nil {
            log.write(.warning, "a witness does not cosign", ["witness": .string(witness.name), "reason": .string("\(error)")])
        }
    }

    /// One row of `GET /ledger/witnesses`.
    var view: JSONValue {
        let standing = standing
        var object: JSONObject = [
            "name": .string(witness.name), "key": .string(witness.verifier.description), "url": .string(witness.url ?? ""),
            "failures": .integer(Int64(standing.failures)),
        ]
        object["cosignedSize"] = standing.cosignedSize.map { .integer(Int64(clamping: $0)) }
        object["cosignedTime"] = standing.cosignedTime.map { .string(Timestamp(unixSeconds: $0).description) }
        object["error"] = standing.error.map { .string($0) }
        object["alarm"] = standing.alarm.map { .string($0) }
        return .object(object)
    }
}

/// Why a witness gave no cosignature.
enum WitnessCallError: Error, CustomStringConvertible {
    case unreachable(HTTPClientError)
    case refused(status: Int, reason: String)
    case badAnswer(String)
    /// The witness has seen what this ledger does not hold.
    case disagrees(String)
    case noProof(String)
    /// The witness has cosigned a later checkpoint of this ledger meanwhile.
    case superseded

    var description: String {
        switch self {
        case .unreachable(let error): "\(error)"
        case .refused(let status, let reason): "it answers with status \(status): \(reason)"
        case .badAnswer(let reason), .disagrees(let reason): reason
        case .noProof(let reason): "this ledger gave no consistency proof: \(reason)"
        case .superseded: "it has cosigned a later checkpoint of this ledger"
        }
    }
}
