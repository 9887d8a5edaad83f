import Encoding
import HTTPTransport
import Glibc
import Storage
import Synchronization
import TransparencyLog

/// Publishes checkpoints that witnesses have been asked to cosign: as soon as the quorum is reached, or when all have
/// answered or run out of time without it. Cosignatures that come later are added to what is published.
final class WitnessedPublication: Sendable {
    /// What is published. It never goes back to a smaller size.
    struct Served: Sendable {
        let note: SignedNote
        let bytes: [UInt8]
        let checkpoint: Checkpoint
        let isQuorumReached: Bool
        /// What the quorum lacks, in words.
        let missing: String
        /// The witnesses' names in the policy.
        let cosigners: Set<String>
    }

    let policy: TrustPolicy
    let callers: [WitnessCaller]
    private let ledger: Ledger
    private let log: StructuredLog
    private let path: String
    private let file: DurableFile
    private let pause: Duration
    private let shown: Mutex<Served>
    /// The checkpoint that is being cosigned and not published yet. Held while the disk writes, so only from
    /// ``BlockingWork``.
    private let candidate = Mutex<SignedNote?>(nil)
    private let failure = Mutex<String?>(nil)
    private let rounds = Mutex<Task<Void, Never>?>(nil)
    private let loop = Mutex<Task<Void, Never>?>(nil)

    init(
        policy: TrustPolicy, home: NodeHome, ledger: Ledger, metrics: Metrics, log: StructuredLog, file: DurableFile
    ) throws {
        self.policy = policy
        self.ledger = ledger
        self.log = log
        self.file = file
        path = home.publishedPath
        pause = .milliseconds(home.configuration.publicationMilliseconds)
        try PrivateFile.makeDirectory("\(home.directory)/witness")
        let first = try Self.lastPublished(path, policy, ledger, log) ?? Self.judged(try SignedNote(ledger.checkpoint()), policy)
        shown = Mutex(first)
        let seconds = Double(home.configuration.witnessSeconds)
        var settings = HTTPClientConfiguration()
        settings.connectTimeoutSeconds = seconds
        let client = HTTPClient(configuration: settings)
        callers = policy.witnesses.map { witness in
            WitnessCaller(
                witness, ledger: ledger, client: client, seconds: seconds,
                knownSize: first.cosigners.contains(witness.name) ? first.checkpoint.size : nil, metrics: metrics, log: log)
        }
    }

    var served: Served { shown.withLock { $0 } }

    var warnings: [String] {
        callers.compactMap(\.standing.alarm) + (failure.withLock { $0 }.map { ["the checkpoint cannot be published: \($0)"] } ?? [])
    }

    // MARK: Starting

    /// What was published before this start. A file that cannot be read costs its cosignatures only, which are asked
    /// for again; one that shows more than the ledger holds means that the ledger was put back to an older copy.
    private static func lastPublished(
        _ path: String, _ policy: TrustPolicy, _ ledger: Ledger, _ log: StructuredLog
    ) throws -> Served? {
        if access(path, F_OK) != 0 && errno == ENOENT { return nil }
        let served: Served
        do { served = try judged(try SignedNote(try PrivateFile.read(path, maximumCount: SignedNote.maximumLength)), policy) } catch {
            log.write(
                .warning, "the checkpoint published last cannot be read; it is cosigned anew",
                ["file": .string(path), "reason": .string("\(error)")])
            return nil
        }
        let (size, own) = (served.checkpoint.size, ledger.size)
        guard size <= own else {
            throw NodeError.home(
                path: path, reason: "a checkpoint of \(size) entries was published from here, but the ledger has only \(own): it was put "
                    + "back to an older copy. Restore the latest; to go on from the older one would show two histories")
        }
        let root = try ledger.root(size: size)
        guard root == served.checkpoint.root else {
            throw NodeError.home(
                path: path, reason: "the checkpoint of \(size) entries that was published from here is of another history than the "
                    + "ledger's: its root is \(served.checkpoint.root), the ledger's \(root)")
        }
        return served
    }

    private static func judged(_ note: SignedNote, _ policy: TrustPolicy) throws -> Served {
        let judgement = try policy.judge(note)
        return Served(
            note: note, bytes: note.bytes, checkpoint: judgement.checkpoint, isQuorumReached: judgement.isQuorumReached,
            missing: judgement.missing, cosigners: Set(judgement.cosignatures.map(\.witness)))
    }

    func start() {
        loop.withLock { loop in
            loop = Task {
                while !Task.isCancelled {
                    await self.publish(isInsistent: false)
                    try? await Task.sleep(for: self.pause)
                }
            }
        }
    }

    func stop() async {
        let loop = loop.withLock { $0 }
        loop?.cancel()
        for caller in callers { await caller.stop() }
        await loop?.value
        await rounds.withLock { $0 }?.value
    }

    func publishNow() async { await publish(isInsistent: true) }

    // MARK: One round

    /// Rounds follow one another, whoever begins them.
    private func publish(isInsistent: Bool) async {
        let round = rounds.withLock { rounds in
            let previous = rounds
            let task = Task {
                await previous?.value
                do { try await self.round(isInsistent) } catch { self.report("\(error)") }
            }
            rounds = task
            return task
        }
        await round.value
    }

    private func round(_ isInsistent: Bool) async throws {
        let served = served
        let latest = try SignedNote(ledger.checkpoint())
        let isNew = latest.text != served.note.text
        let note = isNew ? latest : served.note
        let checkpoint = try Checkpoint(text: note.text)
        guard checkpoint.size >= served.checkpoint.size else { return }
        let cosigners = isNew ? [] : served.cosigners
        let asked = callers.filter { !cosigners.contains($0.witness.name) && (isInsistent || $0.isDue) }
        guard isNew || !asked.isEmpty else { return }
        if isNew { try await propose(note) }

        let answered = Completion()
        let waiting = Mutex(asked.count)
        for caller in asked {
            caller.ask(
                note, checkpoint, isInsistent: isInsistent,
                isWanted: { self.served.checkpoint.size <= checkpoint.size }
            ) { signature in
                if let signature { await self.add(signature, to: note.text) }
                let isLast = waiting.withLock { count in
                    count -= 1
                    return count == 0
                }
                if isLast || self.isReached(note) { answered.finish() }
            }
        }
        if asked.isEmpty || isReached(note) { answered.finish() }
        guard isNew || isInsistent else { return }
        await answered.wait()
        if isNew { try await publishCandidate() }
    }

    private func isReached(_ note: SignedNote) -> Bool {
        let served = served
        return served.isQuorumReached && served.note.text == note.text
    }

    /// Makes a note the one to be published; it is at once, where nobody's cosignature is needed.
    private func propose(_ note: SignedNote) async throws {
        try await BlockingWork.run {
            try self.candidate.withLock { candidate in
                candidate = note
                try self.publishIfReached(&candidate)
            }
        }
    }

    /// Adds a cosignature to the note it belongs to, published or not.
    private func add(_ signature: NoteSignature, to text: String) async {
        do {
            try await BlockingWork.run {
                try self.candidate.withLock { candidate in
                    let served = self.served
                    if served.note.text == text {
                        var note = served.note
                        note.add(signature)
                        try self.commit(note)
                    } else if candidate?.text == text {
                        candidate?.add(signature)
                        try self.publishIfReached(&candidate)
                    }
                }
            }
        } catch { report("\(error)") }
    }

    /// Publishes the candidate with the cosignatures that it has.
    private func publishCandidate() async throws {
        try await BlockingWork.run {
            try self.candidate.withLock { candidate in
                guard let note = candidate else { return }
                try self.commit(note)
                candidate = nil
            }
        }
    }

    private func publishIfReached(_ candidate: inout SignedNote?) throws {
        guard let note = candidate, try policy.judge(note).isQuorumReached else { return }
        try commit(note)
        candidate = nil
    }

    /// Publishes a note once it is durable. Called by one thread at a time.
    private func commit(_ note: SignedNote) throws {
        let next = try Self.judged(note, policy)
        guard next.checkpoint.size >= served.checkpoint.size else { return }
        try file.replace(path, with: next.bytes)
        shown.withLock { $0 = next }
        let hadFailed = failure.withLock { failure in
            defer { failure = nil }
            return failure != nil
        }
        if hadFailed { log.write(.info, "checkpoints are published again") }
    }

    private func report(_ reason: String) {
        let isNews = failure.withLock { failure in
            defer { failure = reason }
            return failure == nil
        }
        if isNews { log.write(.error, "the checkpoint cannot be published", ["reason": .string(reason)]) }
    }
}
