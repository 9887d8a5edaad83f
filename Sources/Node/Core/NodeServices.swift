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
    let vault: Vault
    let projector: Projector
    let sequencer: Sequencer
    let engine: SandboxEngine
    let queries: QueryService
    let snapshots: SnapshotService
    let results: ResultStore
    let directory: KeyDirectory
    /// The checkpoint that is shown to everybody.
    let publication: Publication
    /// This node as a witness of other logs, if it is one.
    let witness: WitnessService?
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
        let logKey = try KeyFile.read(home.logKeyPath, passphrase: nil)
        let origin = try Self.origin(home)
        ledger = try Ledger.open(
            directory: home.ledgerDirectory, signer: try NoteSigner(name: origin, key: logKey),
            snapshotKey: try VaultKeyFile.read(home.snapshotKeyPath)
        ) { log.write(.warning, $0) }
        vault = try Vault(directory: home.vaultDirectory, key: try VaultKeyFile.read(home.vaultKeyPath))
        let index = try CatalogueIndex.open(home.indexPath)
        if let reason = index.rebuildReason {
            log.write(.warning, "the search index was unusable and is built anew", ["reason": .string(reason)])
        }
        projector = Projector(ledger: ledger, index: index, log: log)
        let loaded = try StateLoader.load(from: ledger, log: log)
        let state = loaded.state
        snapshotSize = loaded.snapshotSize
        try projector.catchUp(state)
        guard state.space?.origin == origin else {
            throw NodeError.home(path: home.ledgerDirectory, reason: "the ledger's space is not that of the settings")
        }
        directory = KeyDirectory(state)
        publication = try Publication(home: home, ledger: ledger, metrics: metrics, log: log)
        witness = try WitnessService.open(home, metrics: metrics, log: log)
        sequencer = Sequencer(
            ledger: ledger, state: state, projector: projector, directory: directory, metrics: metrics, log: log,
            maximumWaitingApplications: home.configuration.waitingApplications)
        engine = SandboxEngine(configuration: try SandboxSetup.configuration(home))
        queries = QueryService(engine: engine, log: log)
        snapshots = SnapshotService(home: home, vault: vault, engine: engine, metrics: metrics)
        results = ResultStore(vault: vault, index: index, log: log)
        gate = RunGate(
            capacity: home.configuration.concurrentRuns, maximumWaiting: home.configuration.waitingRuns)
        checkGate = RunGate(
            capacity: home.configuration.concurrentRuns, maximumWaiting: home.configuration.waitingRuns)
    }

    /// The ledger's origin stands in its first entry, but the ledger is opened with a signer that knows it; so the
    /// settings hold the space's prefix, from which the origin follows.
    private static func origin(_ home: NodeHome) throws -> String {
        guard Identifier.isPrefix(home.configuration.space) else {
            throw NodeError.home(path: home.directory, reason: "hexi.json names no space")
        }
        return NodeHome.origin(ofSpace: home.configuration.space)
    }

    /// The event that an entry records.
    func recorded(_ seq: UInt64) throws -> Recorded {
        guard let bytes = try ledger.entries(in: seq..<(seq + 1), maximumBytes: LedgerEntry.maximumCount + 2).first else {
            throw NodeError.ledgerUnavailable(reason: "entry \(seq) is not durable yet")
        }
        let entry = try LedgerEntry(bytes)
        return Recorded(event: entry.event, seq: seq, time: entry.time, leafHash: MerkleTree.leafHash(bytes).description)
    }

    /// The result of a completed run, while it is kept.
    func storedResult(_ recorded: Recorded) async throws -> [UInt8]? {
        let (event, time) = (recorded.event, recorded.time)
        return try await results.read(
            recorded, expiry: await sequencer.read { $0.resultExpiry(event, recordedAt: time) })
    }

    func start() throws {
        try snapshots.prepare()
        projector.start()
        publication.start()
    }

    /// Finishes what is queued, leaves a snapshot of the state for the next start, and closes the ledger.
    func stop() async {
        await publication.stop()
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
