import Encoding
import Exchange
import Sandbox
import Signing
import Storage
import TransparencyLog

/// The parts of a running node, put together in one place.
final class NodeServices: Sendable {
    let home: NodeHome
    let log: StructuredLog
    let metrics = Metrics()
    let ledger: Ledger
    /// The ledger's private keys in the home.
    let logKeys: LogKeyRing
    /// The keys with which the node itself speaks.
    let nodeKeys: NodeKeyRing
    let address: PublicAddress
    let vault: Vault
    let projector: Projector
    let sequencer: Sequencer
    let engine: SandboxEngine
    let queries: QueryService
    let snapshots: SnapshotService
    let results: ResultStore
    let runner: ProgramRunner
    let programs: ProgramStore
    let secrets: ProductSecrets
    let subjects: SubjectStore
    let directory: KeyDirectory
    let evidence: EvidenceStore
    let credentials: CredentialService
    let alarms: AlarmService
    /// The checkpoint that is shown to everybody.
    let publication: Publication
    /// This node as a witness of other logs, if it is one.
    let witness: WitnessService?
    /// Sees to it that a run ends when what allowed it does.
    let watch = RunWatch()
    let progress = RunProgress()
    let refusals: RefusalCounter
    /// For what runs or imports in a sandbox.
    let gate: RunGate
    /// For the checks of query texts, which are short and should not wait for runs.
    let checkGate: RunGate
    /// The entries that the last snapshot of the state covers.
    let snapshotSize: UInt64
    let nonces = NonceMemory(startedAt: Clock.now().milliseconds / 1000)

    var index: CatalogueIndex { projector.index }

    /// Opens the home's ledger, vault and index, and makes the state from the ledger.
    init(home: NodeHome, log: StructuredLog) throws {
        self.home = home
        self.log = log
        let logKeys = try LogKeyRing(home)
        self.logKeys = logKeys
        var loaded = StateLoader.Loaded(state: ExchangeState(), snapshotSize: 0)
        ledger = try Ledger.open(
            directory: home.ledgerDirectory, origin: try home.origin(), verifiers: logKeys.verifiers,
            snapshotKey: try VaultKeyFile.read(home.snapshotKeyPath), log: { log.write(.warning, $0) },
            signers: { ledger in
                loaded = try StateLoader.load(from: ledger, log: log)
                return try Self.signers(loaded.state, logKeys, home, log)
            })
        nodeKeys = NodeKeyRing(home)
        address = PublicAddress(home.configuration)
        let vaultKey = try VaultKeyFile.read(home.vaultKeyPath)
        vault = try Vault(directory: home.vaultDirectory, key: vaultKey)
        programs = try ProgramStore(home: home, vaultKey: vaultKey)
        guard let secrets = ProductSecrets(vaultKey: vaultKey) else {
            throw NodeError.home(path: home.vaultKeyPath, reason: "the key must have 32 bytes")
        }
        self.secrets = secrets
        subjects = SubjectStore(directory: "\(home.directory)/subjects", secrets: secrets)
        let index = try CatalogueIndex.open(home.indexPath)
        if let reason = index.rebuildReason {
            log.write(.warning, "the search index was unusable and is built anew", ["reason": .string(reason)])
        }
        projector = Projector(ledger: ledger, index: index, log: log)
        let state = loaded.state
        snapshotSize = loaded.snapshotSize
        try projector.catchUp(state)
        directory = KeyDirectory(state)
        publication = try Publication(home: home, ledger: ledger, metrics: metrics, log: log)
        witness = try WitnessService.open(home, metrics: metrics, log: log)
        sequencer = Sequencer(
            ledger: ledger, state: state, projector: projector, directory: directory, metrics: metrics, log: log,
            maximumWaitingApplications: home.configuration.waitingApplications,
            adoptLogKeys: { [ledger] keys in Self.adopt(keys, ledger, logKeys, log) },
            noteEvent: { [watch] in watch.note($0) })
        engine = SandboxEngine(configuration: try SandboxSetup.configuration(home))
        runner = ProgramRunner(engine: engine)
        queries = QueryService(engine: engine, sequencer: sequencer, log: log)
        snapshots = SnapshotService(home: home, vault: vault, engine: engine, metrics: metrics)
        results = ResultStore(vault: vault, index: index, log: log)
        evidence = EvidenceStore(vault: vault, index: index)
        credentials = CredentialService(
            sequencer: sequencer, directory: directory, keys: nodeKeys, address: address, ledger: ledger)
        let context = AlarmContext(
            log: log, metrics: metrics, ledger: ledger, directory: directory, index: index, sequencer: sequencer,
            nodeKeys: nodeKeys)
        let webhook = home.configuration.alarmWebhook
        alarms = AlarmService(
            context, webhook: webhook.isEmpty ? nil : AlarmWebhook(url: webhook, context, home: home))
        gate = RunGate(
            capacity: home.configuration.concurrentRuns, maximumWaiting: home.configuration.waitingRuns,
            shares: home.configuration.runShares)
        refusals = RefusalCounter(limit: home.configuration.refusedRunsPerHour)
        checkGate = RunGate(
            capacity: home.configuration.concurrentRuns, maximumWaiting: home.configuration.waitingRuns)
    }

    /// The signers of the keys that the ledger's entries say are in force. Without one of them the node would publish
    /// checkpoints that auditors and witnesses do not take.
    private static func signers(
        _ state: ExchangeState, _ logKeys: LogKeyRing, _ home: NodeHome, _ log: StructuredLog
    ) throws -> [NoteSigner] {
        guard let space = state.space, space.origin == (try home.origin()) else {
            throw NodeError.home(path: home.ledgerDirectory, reason: "the ledger's space is not that of the settings")
        }
        for path in logKeys.unusedFiles(besides: space.logKeys) {
            log.write(.info, "a key file of the ledger is not in use: its key is not, or no more, in force", ["file": .string(path)])
        }
        do { return try logKeys.signers(for: space.logKeys) } catch {
            throw NodeError.home(path: home.directory, reason: "\(error)")
        }
    }

    /// Signs with the keys of a change that is durable.
    private static func adopt(_ keys: [String], _ ledger: Ledger, _ logKeys: LogKeyRing, _ log: StructuredLog) {
        let names = JSONValue.array(keys.map { .string($0) })
        do {
            try ledger.setSigners(try logKeys.signers(for: keys))
            log.write(.info, "the ledger's keys have changed; every one of these signs from now on", ["keys": names])
            for path in logKeys.unusedFiles(besides: keys) {
                log.write(.info, "a key file of the ledger is not in use any more; remove it when its backup is safe", ["file": .string(path)])
            }
        } catch {
            // The keys were there when the change was accepted, and a ring loses none.
            log.write(.error, "the ledger goes on with its keys from before", ["keys": names, "reason": .string("\(error)")])
        }
    }

    /// The event that an entry records.
    func recorded(_ seq: UInt64) throws -> Recorded { try ledger.recorded(seq) }

    /// The result of a completed run, while it is kept.
    func storedResult(_ recorded: Recorded, at time: Timestamp = Clock.now()) async throws -> [UInt8]? {
        guard let run = try? Identifier(recorded.event.subject, kind: .run) else { return nil }
        let kept = await sequencer.read { $0.runs.results[run] }
        guard let kept, kept.seq == recorded.seq, time < kept.keptUntil else { return nil }
        return try await results.read(recorded)
    }

    /// What executes a query, as the ledger names it.
    func engineName(for submission: QuerySubmission) -> String {
        submission.program.map { CheckedProgram.runnerName($0.runtime) } ?? engine.engineName
    }

    func start() throws {
        try snapshots.prepare()
        projector.start()
        publication.start()
        alarms.start()
    }

    /// Finishes what is queued, leaves a snapshot of the state for the next start, and closes the ledger.
    func stop() async {
        await publication.stop()
        await alarms.stop()
        await sequencer.markIndex()
        await projector.stop()
        let state = await sequencer.read { $0 }
        do {
            try await BlockingWork.run { [ledger] in
                defer { ledger.close() }
                try StateLoader.save(state, to: ledger)
            }
        } catch {
            log.write(.warning, "no snapshot of the state was left; the next start reads the whole ledger", ["reason": .string("\(error)")])
        }
        snapshots.cleanUp()
    }
}

extension Ledger {
    /// The event that an entry records.
    func recorded(_ seq: UInt64) throws -> Recorded {
        guard let bytes = try entries(in: seq..<(seq + 1), maximumBytes: LedgerEntry.maximumCount + 2).first else {
            throw NodeError.ledgerUnavailable(reason: "entry \(seq) is not durable yet")
        }
        let entry = try LedgerEntry(bytes)
        return Recorded(event: entry.event, seq: seq, time: entry.time, leafHash: MerkleTree.leafHash(bytes).description)
    }
}
