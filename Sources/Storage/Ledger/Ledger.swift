import Signing
import Synchronization
import TransparencyLog

/// The exchange's ledger in a folder: an append-only file of hash-chained entries with a Merkle tree over them and
/// signed checkpoints. `README.md` beside this file describes the formats.
///
/// What is guaranteed: an append that was acknowledged is durable, chained and in the tree, and stays so through a crash
/// at any instant. The order of entries is the order of calls. One process at a time has a ledger open.
///
/// All methods may be called from any thread or task. Those that are not `async` answer from memory or read files;
/// ``recover()`` and ``close()`` wait for the writing threads.
public final class Ledger: Sendable {
    let writer: LedgerWriter
    let reader: LedgerReader
    let tiles: TileWriter
    let snapshotFile: SnapshotFile
    private let lock: DirectoryLock
    private let threads = Mutex<[WorkerThread]>([])
    private let publishedNote: [UInt8]?
    private let writesTiles: Bool

    /// Opens the ledger in a folder.
    ///
    /// - Parameters:
    ///   - directory: the ledger's own folder; its parent must exist.
    ///   - signer: the log's key, named with the log's origin. It must be the one that signed the checkpoint there.
    ///   - snapshotKey: 32 secret bytes that authenticate state snapshots.
    ///   - createIfMissing: makes a new ledger where there is none, instead of throwing.
    ///   - log: told of what a start or a write found and did, in words for the operator.
    public static func open(
        directory: String, signer: NoteSigner, snapshotKey: [UInt8], createIfMissing: Bool = false,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(LedgerError) -> Ledger {
        let opening = LedgerOpening(directory: directory, signer: signer, snapshotKey: snapshotKey, log: log)
        return try Ledger(opening, createIfMissing ? .either : .existing)
    }

    /// Opens a ledger whose entries say which keys sign its checkpoints.
    ///
    /// - Parameters:
    ///   - origin: the checkpoints' origin.
    ///   - verifiers: every key that may have signed the checkpoint in the folder; at least one of them must have.
    ///   - choose: gives the signers, named with the origin, as soon as the entries can be read. Nothing is signed or
    ///     written before it returns; it may read the ledger, but not append to it. What it throws is thrown on.
    public static func open(
        directory: String, origin: String, verifiers: [NoteVerifier], snapshotKey: [UInt8],
        log: @escaping @Sendable (String) -> Void = { _ in }, signers choose: (Ledger) throws -> [NoteSigner]
    ) throws -> Ledger {
        let opening = LedgerOpening(
            directory: directory, origin: origin, verifiers: verifiers, signers: [], snapshotKey: snapshotKey, log: log)
        let ledger = try Ledger(opening, .existing)
        try ledger.begin(try choose(ledger))
        return ledger
    }

    /// Makes a new, empty ledger. Throws ``LedgerError/alreadyExists(path:)`` if the folder has one; otherwise as
    /// ``open(directory:signer:snapshotKey:createIfMissing:log:)``.
    public static func create(
        directory: String, signer: NoteSigner, snapshotKey: [UInt8],
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(LedgerError) -> Ledger {
        try Ledger(
            LedgerOpening(directory: directory, signer: signer, snapshotKey: snapshotKey, log: log), .new)
    }

    init(_ opening: LedgerOpening, _ mode: LedgerOpening.Mode) throws(LedgerError) {
        let parts = try opening.open(mode)
        snapshotFile = parts.snapshotFile
        lock = parts.lock
        publishedNote = parts.publishedNote
        writesTiles = opening.writesTiles
        let writer = LedgerWriter(
            journal: parts.journal, caches: parts.caches, checkpointFile: parts.checkpointFile, origin: opening.origin,
            tip: parts.tip, publishedNote: parts.publishedNote ?? [], publicationInterval: opening.publicationInterval,
            log: opening.log)
        self.writer = writer
        reader = LedgerReader(writer)
        tiles = TileWriter(
            reader, TileFolder(directory: opening.directory, operations: opening.operations), pace: opening.tilePace)
        if !opening.signers.isEmpty { try begin(opening.signers) }
    }

    /// Starts to write, with these keys for the checkpoints.
    private func begin(_ signers: [NoteSigner]) throws(LedgerError) {
        try writer.setSigners(signers)
        let (writer, tiles, publishedNote) = (writer, tiles, publishedNote)
        func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(LedgerError) {
            let thread = try WorkerThread(name: name, body)
            threads.withLock { $0.append(thread) }
        }
        try start("ledger-write") { writer.writeFrames(publishedNote: publishedNote) }
        do throws(LedgerError) {
            try start("ledger-fill") { writer.fillFrames() }
            if writesTiles { try start("ledger-tile") { tiles.run() } }
        } catch {
            // The writing thread waits for a filling thread that may not be there.
            writer.monitor.withLock { $0.filled = true }
            writer.monitor.signal(LedgerWriter.Condition.write)
            close()
            throw error
        }
    }

    deinit { close() }

    // MARK: Appending

    /// Gives entries their place in the order and returns at once; ``PendingAppend/value()`` returns when they are durable.
    /// All entries of one call become durable together, or none. An empty append is a barrier: it is done when everything
    /// before it is durable.
    ///
    /// Throws ``LedgerError/entryTooLong(index:length:)``, ``LedgerError/badDraft(index:reason:)``,
    /// ``LedgerError/appendTooLarge(bytes:limit:)``, ``LedgerError/overloaded(pendingBytes:)``,
    /// ``LedgerError/writingStopped(reason:)`` or ``LedgerError/closed``; then nothing was accepted and no place is taken.
    public func enqueue(_ drafts: [EntryDraft]) throws(LedgerError) -> PendingAppend { try writer.enqueue(drafts) }

    /// Appends entries and returns when they are durable. Throws what ``enqueue(_:)`` and ``PendingAppend/value()`` throw.
    public func append(_ drafts: [EntryDraft]) async throws(LedgerError) -> [EntryReceipt] {
        try await enqueue(drafts).value()
    }

    /// Why the ledger is read-only at present, if it is.
    public var failure: LedgerError? { writer.monitor.withLock { $0.failure } }

    /// After a failed write: cuts off what it left, and accepts appends again, from the last durable entry on. Appends
    /// that had failed are gone; whatever was decided on top of them has to be decided anew. Returns without doing
    /// anything if the ledger is writable; throws and stays read-only if the disk still fails.
    public func recover() throws(LedgerError) { try writer.recover() }

    // MARK: What is durable

    /// The number of durable entries.
    public var size: UInt64 { head.size }

    /// The root of the tree over the durable entries.
    public var root: SHA256Digest { head.root }

    /// Size and root of one instant.
    public var head: (size: UInt64, root: SHA256Digest) {
        let tip = writer.durable
        return (tip.size, tip.root)
    }

    /// The signed checkpoint for the durable entries: the bytes of a signed note (C2SP tlog-checkpoint).
    public func checkpoint() -> [UInt8] { writer.monitor.withLock { $0.checkpointNote } }

    /// The origin of the checkpoints, which is the name of each key.
    public var origin: String { writer.origin }

    /// The log's keys: each signs every checkpoint from the next one on.
    public var verifiers: [NoteVerifier] { writer.monitor.withLock { $0.signers.map(\.verifier) } }

    /// Signs with other keys from now on. The checkpoint of what is durable is signed anew at once, for readers and for
    /// the file; size and root stay what they are. Each key bears the log's origin as its name.
    ///
    /// Throws ``LedgerError/badSigners(reason:)``; then nothing has changed.
    public func setSigners(_ signers: [NoteSigner]) throws(LedgerError) { try writer.setSigners(signers) }

    // MARK: Ending

    /// Lets every accepted append become durable, publishes the checkpoint and releases the folder. Later appends throw
    /// ``LedgerError/closed``; reading goes on as long as this object lives. Closing again does nothing.
    public func close() {
        writer.monitor.withLock { $0.closing = true }
        writer.monitor.signal(LedgerWriter.Condition.fill)
        writer.monitor.signal(LedgerWriter.Condition.quiet)
        writer.monitor.signal(LedgerWriter.Condition.tile)
        let threads = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        guard !threads.isEmpty else { return }
        for thread in threads { thread.join() }
        lock.release()
    }
}
