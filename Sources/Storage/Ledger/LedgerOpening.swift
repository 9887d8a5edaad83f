import CSodium
import Glibc
import Signing
import TransparencyLog

/// Opens a ledger's folder: finds the last durable entry, makes sure that what was published is still there, and only
/// then cuts off a torn tail.
struct LedgerOpening {
    enum Mode {
        /// The ledger must exist.
        case existing
        /// The ledger must not exist.
        case new
        /// Either.
        case either
    }

    let directory: String
    /// The checkpoints' origin, which is also the name of each key.
    let origin: String
    /// One of these must have signed the checkpoint in the folder.
    let verifiers: [NoteVerifier]
    /// They sign from now on; empty if they are chosen when the entries have been read.
    let signers: [NoteSigner]
    let snapshotKey: [UInt8]
    let log: @Sendable (String) -> Void
    var operations = FileOperations.system
    /// How often the checkpoint file is replaced while appends keep coming, in nanoseconds.
    var publicationInterval = LedgerWriter.defaultPublicationInterval
    /// A journal of up to so many bytes is read whole at every start, so that damage anywhere in it is found before the
    /// node serves (about a second). Of a longer one, what lies before the snapshot is not hashed; its frames' lengths and
    /// checksums are checked all the same, which finds accidents as surely and is as quick as reading the file.
    var wholeScanLimit: UInt64 = 512 << 20
    /// Without, every tile is computed when it is asked for.
    var writesTiles = true
    var tilePace = TileWriter.Pace()

    /// What a running ledger consists of.
    struct Parts {
        let lock: DirectoryLock
        let journal: LedgerFile
        let caches: LedgerCaches
        let checkpointFile: CheckpointFile
        let snapshotFile: SnapshotFile
        let tip: ChainTip
        /// The note in the checkpoint file.
        let publishedNote: [UInt8]?
    }

    init(directory: String, signer: NoteSigner, snapshotKey: [UInt8], log: @escaping @Sendable (String) -> Void) {
        self.init(
            directory: directory, origin: signer.name, verifiers: [signer.verifier], signers: [signer],
            snapshotKey: snapshotKey, log: log)
    }

    init(
        directory: String, origin: String, verifiers: [NoteVerifier], signers: [NoteSigner], snapshotKey: [UInt8],
        log: @escaping @Sendable (String) -> Void
    ) {
        self.directory = directory
        self.origin = origin
        self.verifiers = verifiers
        self.signers = signers
        self.snapshotKey = snapshotKey
        self.log = log
    }

    func open(_ mode: Mode) throws(LedgerError) -> Parts {
        guard snapshotKey.count == SnapshotFile.keyLength else { throw .badSnapshotKey(length: snapshotKey.count) }
        guard sodium_init() >= 0 else { throw .systemCall("sodium_init", path: "libsodium", code: ENOSYS) }
        if mode != .existing { try operations.ensureDirectory(directory) }
        let lock = try DirectoryLock(directory: directory, operations: operations)
        let journal = try openJournal(mode)
        let checkpointFile = CheckpointFile(path: directory + "/checkpoint", operations: operations)
        let stored = try checkpointFile.read(verifiers)
        let published = stored?.checkpoint
        let caches = try LedgerCaches(directory: directory, operations: operations)
        let snapshotFile = SnapshotFile(
            path: directory + "/state-snapshot", origin: origin, key: snapshotKey, operations: operations)
        let scan = JournalScan(journal: journal, limit: try journal.size())
        let outcome = try findEnd(scan, caches, snapshotFile, published)
        try cut(journal, outcome)
        try confirm(journal, outcome, published)
        try caches.truncate(to: outcome.tip.size)
        return Parts(
            lock: lock, journal: journal, caches: caches, checkpointFile: checkpointFile, snapshotFile: snapshotFile,
            tip: outcome.tip, publishedNote: stored?.note)
    }

    private func openJournal(_ mode: Mode) throws(LedgerError) -> LedgerFile {
        let path = directory + "/journal"
        let flags = O_RDWR | (mode == .existing ? 0 : O_CREAT) | (mode == .new ? O_EXCL : 0)
        let file: LedgerFile
        do throws(LedgerError) { file = try LedgerFile(path, flags: flags, operations: operations) } catch {
            switch error {
            case .systemCall("open", _, ENOENT):
                throw .notALedger(path: path, reason: "there is no journal; is this a ledger's folder?")
            case .systemCall("open", _, EEXIST): throw .alreadyExists(path: directory)
            default: throw error
            }
        }
        let header = try file.read(JournalFormat.header.count, at: 0)
        if try file.size() > UInt64(JournalFormat.header.count) || mode == .existing {
            guard header == JournalFormat.header else { throw Self.notAJournal(path) }
        } else {
            // A journal without entries whose header did not arrive, or not whole: its creation was interrupted.
            guard zip(header, JournalFormat.header).allSatisfy({ $0 == $1 || $0 == 0 }) else { throw Self.notAJournal(path) }
            try file.write(JournalFormat.header, at: 0)
            try file.synchronize()
        }
        // Whoever made the journal may have been stopped before its name was durable.
        try operations.synchronizeNames(in: directory)
        return file
    }

    private static func notAJournal(_ path: String) -> LedgerError {
        .notALedger(path: path, reason: "it does not begin with \"HEXIJRN1\" and eight zero bytes")
    }

    // MARK: Finding the end

    /// Walks a long journal from the snapshot if it is usable, every other from the beginning, and compares with what was
    /// published.
    private func findEnd(
        _ scan: JournalScan, _ caches: LedgerCaches, _ snapshotFile: SnapshotFile, _ published: Checkpoint?
    ) throws(LedgerError) -> JournalScan.Outcome {
        switch scan.limit > wholeScanLimit ? snapshotFile.read() : nil {
        case .success(let snapshot):
            do throws(SnapshotRefusal) {
                return try walk(scan, caches, from: snapshot, published)
            } catch {
                log("the state snapshot is not used: \(error.reason)")
            }
        case .failure(let refusal): log("the state snapshot is refused: \(refusal.reason)")
        case nil: break
        }
        var publishedRoot = published?.size == 0 ? MerkleTree.emptyRoot : nil
        let outcome = try scan.run(from: ChainTip(), caches: caches) { frontier in
            if frontier.count == published?.size { publishedRoot = frontier.root }
        }
        try compare(published, with: publishedRoot, outcome, scan)
        return outcome
    }

    /// Walks from the snapshot on; refuses the snapshot for whatever does not fit, which a walk from the beginning will
    /// then either explain or find in order.
    private func walk(
        _ scan: JournalScan, _ caches: LedgerCaches, from snapshot: LedgerSnapshot, _ published: Checkpoint?
    ) throws(SnapshotRefusal) -> JournalScan.Outcome {
        do {
            let start = snapshot.resumption
            guard start.journalEnd <= scan.limit, try caches.reach(start.size),
                try MerkleFrontier(size: start.size, node: caches.node) == start.frontier
            else { throw SnapshotRefusal(reason: "it is ahead of the journal or of the caches") }
            try checkFrames(of: scan.journal, before: start.journalEnd)
            var roots: [UInt64: SHA256Digest] = [start.size: start.frontier.root]
            let outcome = try scan.run(from: start, caches: caches) { frontier in
                if frontier.count == snapshot.size || frontier.count == published?.size {
                    roots[frontier.count] = frontier.root
                }
            }
            guard roots[snapshot.size] == snapshot.root else {
                throw SnapshotRefusal(reason: "the journal does not have its root \(snapshot.root) at \(snapshot.size) entries")
            }
            if let published, published.size < start.size {
                let root = try MerkleTree.root(size: published.size, node: caches.node)
                try ConsistencyProof(firstSize: published.size, secondSize: outcome.tip.size, node: caches.node)
                    .verify(firstRoot: root, secondRoot: outcome.tip.root)
                roots[published.size] = root
            }
            try compare(published, with: published.flatMap { roots[$0.size] }, outcome, scan)
            return outcome
        } catch let refusal as SnapshotRefusal {
            throw refusal
        } catch {
            throw SnapshotRefusal(reason: "\(error)")
        }
    }

    /// Checks the frames up to one that the snapshot names. What is wrong with them, and where, the walk from the beginning
    /// will say.
    private func checkFrames(of journal: LedgerFile, before end: UInt64) throws {
        let reader = JournalReader(journal, from: UInt64(JournalFormat.header.count), to: end)
        while true {
            switch try reader.next() {
            case .frame: continue
            case .end: return
            case .unreadable(let offset, let reason):
                throw SnapshotRefusal(reason: "the journal before it is not sound at byte \(offset): \(reason)")
            }
        }
    }

    /// The published checkpoint must be about a beginning of this journal.
    private func compare(
        _ published: Checkpoint?, with root: SHA256Digest?, _ outcome: JournalScan.Outcome, _ scan: JournalScan
    ) throws(LedgerError) {
        guard let published else { return }
        guard published.size <= outcome.tip.size, let root else {
            guard outcome.tornBytes > 0 else {
                throw .historyLost(checkpointSize: published.size, journalSize: outcome.tip.size)
            }
            throw .corruptJournal(
                path: scan.journal.path, offset: outcome.tip.journalEnd, sequence: outcome.tip.size,
                reason: outcome.tornReason + ", though the published checkpoint covers \(published.size) entries")
        }
        guard root == published.root else {
            throw .historyChanged(size: published.size, checkpointRoot: published.root, journalRoot: root)
        }
    }

    private func cut(_ journal: LedgerFile, _ outcome: JournalScan.Outcome) throws(LedgerError) {
        guard outcome.tornBytes > 0 else { return }
        log("cut \(outcome.tornBytes) bytes of an unfinished write off the journal: \(outcome.tornReason)")
        try journal.truncate(to: outcome.tip.journalEnd)
        try journal.synchronize()
    }

    /// Makes sure that the last frame is on the disk before anything is signed or built on top of it. The process before
    /// may have ended between writing it and synchronising it, or because synchronising it failed: then the kernel shows
    /// the bytes, but counts them as written though they are not, and only writing them again makes them durable. Every
    /// earlier frame, and what the published checkpoint covers, was durable before something else was written.
    private func confirm(
        _ journal: LedgerFile, _ outcome: JournalScan.Outcome, _ published: Checkpoint?
    ) throws(LedgerError) {
        guard let start = outcome.lastFrame, outcome.tip.size > (published?.size ?? 0) else { return }
        let length = min(
            outcome.tip.journalEnd - start, UInt64(JournalFormat.frameHeaderLength + JournalFormat.maximumPayload))
        try journal.write(try journal.read(Int(length), at: start), at: start)
        try journal.synchronize()
    }
}
