import Signing
import TransparencyLog

/// Writes the ledger. An append goes through three stages, in the order in which `enqueue` was called:
///
/// 1. *fill* (thread `ledger-fill`): its entries are chained, hashed and laid out in the open frame;
/// 2. *write* (thread `ledger-write`): the frame is written and synchronised, once for all appends in it, while the next
///    one is being filled;
/// 3. *publish* (thread `ledger-write`): caches, checkpoint, and then the waiting callers.
///
/// At most one frame is in the file without being durable. That is what lets a start tell a torn write (at the end) from
/// damage (anywhere else).
final class LedgerWriter: Sendable {
    /// More bytes than these are not accepted before some are durable.
    static let maximumPendingBytes = 48 << 20
    /// The checkpoint file is replaced at most this often while appends keep coming, in nanoseconds.
    static let defaultPublicationInterval: UInt64 = 50_000_000

    struct State {
        var waiting: [PendingAppend] = []
        /// Of all appends that were accepted and are not durable yet.
        var pendingBytes = 0
        var nextSequence: UInt64
        /// Filled and sealed, on its way to the writing thread.
        var sealed: OpenFrame?
        /// In use by neither thread. There are two frames in all: one is filled while the other is written.
        var spare: OpenFrame?
        /// The filling thread holds entries that are not handed over.
        var filling = false
        /// The writing thread holds a frame.
        var writing = false
        /// What is durable: everything that readers may see.
        var durable: ChainTip
        /// The log's keys; empty until they have been chosen, and then nothing has been written yet.
        var signers: [NoteSigner] = []
        /// Goes up with every change of the keys.
        var signersVersion = 0
        /// For what is durable, signed with `signers`; before they are chosen, the note that was published last.
        var checkpointNote: [UInt8]
        /// Why nothing can be appended at present.
        var failure: LedgerError?
        /// Somebody is cutting off what a failed write left.
        var recovering = false
        /// Counts recoveries, so that the filling thread knows when to go back to what is durable.
        var recoveries = 0
        var closing = false
        var filled = false
    }

    /// The conditions of the monitor.
    enum Condition {
        static let fill = 0
        static let write = 1
        static let quiet = 2
        static let tile = 3
        static let count = 4
    }

    let monitor: Monitor<State>
    let journal: LedgerFile
    let caches: LedgerCaches
    let checkpointFile: CheckpointFile
    let origin: String
    let publicationInterval: UInt64
    let log: @Sendable (String) -> Void

    init(
        journal: LedgerFile, caches: LedgerCaches, checkpointFile: CheckpointFile, origin: String, tip: ChainTip,
        publishedNote: [UInt8], publicationInterval: UInt64, log: @escaping @Sendable (String) -> Void
    ) {
        self.journal = journal
        self.caches = caches
        self.checkpointFile = checkpointFile
        self.origin = origin
        self.publicationInterval = publicationInterval
        self.log = log
        monitor = Monitor(
            State(nextSequence: tip.size, spare: OpenFrame(after: tip), durable: tip, checkpointNote: publishedNote),
            conditions: Condition.count)
    }

    func note(for tip: ChainTip, _ signers: [NoteSigner]) throws(LedgerError) -> [UInt8] {
        do throws(SignedNoteError) {
            return try Checkpoint(origin: origin, size: tip.size, root: tip.root).signed(by: signers).bytes
        } catch {
            throw .badCheckpoint(path: checkpointFile.path, reason: "\(error)")
        }
    }

    /// Signs with other keys from now on, beginning with the checkpoint of what is durable.
    func setSigners(_ signers: [NoteSigner]) throws(LedgerError) {
        if signers.isEmpty { throw .badSigners(reason: "there are none") }
        for (index, signer) in signers.enumerated() {
            guard signer.name == origin else {
                throw .badSigners(reason: "one is named \"\(signer.name)\", the ledger's origin is \"\(origin)\"")
            }
            guard !signers[..<index].contains(where: { $0.verifier == signer.verifier }) else {
                throw .badSigners(reason: "\(signer.verifier) is among them twice")
            }
        }
        try monitor.withLock { state throws(LedgerError) in
            state.checkpointNote = try note(for: state.durable, signers)
            state.signers = signers
            state.signersVersion += 1
        }
        monitor.signal(Condition.write)
    }

    // MARK: The caller's side

    func enqueue(_ drafts: [EntryDraft]) throws(LedgerError) -> PendingAppend {
        try Self.check(drafts)
        let append = try monitor.withLock { state throws(LedgerError) in
            if state.closing { throw .closed }
            if let failure = state.failure { throw failure }
            let bytes = try Self.length(of: drafts, from: state.nextSequence)
            guard state.pendingBytes + bytes <= Self.maximumPendingBytes else {
                throw .overloaded(pendingBytes: state.pendingBytes)
            }
            let append = PendingAppend(firstSequence: state.nextSequence, drafts: drafts, byteCount: bytes)
            state.nextSequence += UInt64(drafts.count)
            state.pendingBytes += bytes
            state.waiting.append(append)
            return append
        }
        monitor.signal(Condition.fill)
        return append
    }

    private static func check(_ drafts: [EntryDraft]) throws(LedgerError) {
        for (index, draft) in drafts.enumerated() {
            guard draft.content.first == 0x22, draft.content.last == 0x7D else {
                throw .badDraft(
                    index: index, reason: "its content must run from the quote of a member's name to the closing brace")
            }
            guard !draft.content.contains(0x0A) else {
                throw .badDraft(index: index, reason: "its content has a line feed; an entry is one line")
            }
        }
    }

    /// The bytes that the drafts take in a frame.
    private static func length(of drafts: [EntryDraft], from sequence: UInt64) throws(LedgerError) -> Int {
        var total = 0
        for (index, draft) in drafts.enumerated() {
            let length = ChainedEntry.headLength(sequence: sequence + UInt64(index)) + draft.content.count
            guard length <= ChainedEntry.maximumLength else { throw .entryTooLong(index: index, length: length) }
            total += 2 + length
        }
        guard total <= JournalFormat.maximumPayload else {
            throw .appendTooLarge(bytes: total, limit: JournalFormat.maximumPayload)
        }
        return total
    }

    // MARK: Filling

    private enum FillStep {
        case add([PendingAppend], restart: ChainTip?)
        case handOver(OpenFrame)
        case discard
        case stop
    }

    /// The filling thread, until the ledger is closed.
    func fillFrames() {
        var frame = OpenFrame(after: durable)
        var recoveries = 0
        while true {
            let step = monitor.wait(on: Condition.fill) { state in
                Self.nextFillStep(&state, frame: frame, recoveries: &recoveries)
            }
            switch step {
            case .add(let appends, let restart):
                if let restart { frame.restart(after: restart) }
                for append in appends { frame.add(append) }
            case .handOver(var spare):
                frame.seal()
                spare.restart(after: frame.tip)
                swap(&frame, &spare)
                monitor.withLock { state in
                    state.sealed = spare
                    state.filling = false
                }
                monitor.signal(Condition.write)
            case .discard:
                let appends = frame.appends
                frame.restart(after: frame.tip)
                let reason = monitor.withLock { state in
                    state.filling = false
                    return state.failure
                }
                finish(appends, with: reason ?? .closed)
                monitor.signal(Condition.quiet)
            case .stop:
                monitor.withLock { state in state.filled = true }
                monitor.signal(Condition.write)
                return
            }
        }
    }

    private static func nextFillStep(_ state: inout State, frame: borrowing OpenFrame, recoveries: inout Int) -> FillStep? {
        if state.failure != nil {
            if !frame.isEmpty { return .discard }
            return state.closing ? .stop : nil
        }
        // Whatever is filled goes out as soon as the writing thread is free: under load frames fill up meanwhile.
        if !frame.isEmpty, state.sealed == nil, !state.writing, let spare = state.spare.take() {
            return .handOver(spare)
        }
        var count = 0
        var length = frame.isEmpty ? 0 : frame.used
        while count < state.waiting.count {
            let next = length + state.waiting[count].byteCount
            if length > 0 && next > OpenFrame.targetLength { break }
            length = next
            count += 1
        }
        if count > 0 {
            let appends = Array(state.waiting[..<count])
            state.waiting.removeFirst(count)
            state.filling = true
            defer { recoveries = state.recoveries }
            return .add(appends, restart: recoveries == state.recoveries ? nil : state.durable)
        }
        return state.closing && frame.isEmpty ? .stop : nil
    }

    func finish(_ appends: [PendingAppend], with error: LedgerError) {
        for append in appends { append.finish(.failure(error)) }
    }
}
