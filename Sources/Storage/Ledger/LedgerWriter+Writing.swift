import TransparencyLog

extension LedgerWriter {
    private enum WriteStep {
        case write(OpenFrame)
        case publish
        case stop
    }

    /// The writing thread, until the ledger is closed. `publishedNote` is what the checkpoint file holds.
    func writeFrames(publishedNote: [UInt8]?) {
        var published = publishedNote
        var lastPublication: UInt64 = 0
        var complained = false
        while true {
            switch nextWriteStep(published: published, lastPublication: lastPublication) {
            case .write(let frame):
                write(frame)
            case .publish:
                do throws(LedgerError) {
                    published = try publish()
                    complained = false
                } catch {
                    // It is tried again until it succeeds; one message is enough.
                    if !complained { log("the checkpoint could not be published, and will be again: \(error)") }
                    complained = true
                }
                lastPublication = monotonicNanoseconds()
            case .stop:
                do throws(LedgerError) {
                    if published != note { _ = try publish() }
                } catch { log("the last checkpoint could not be published; the next start will do it: \(error)") }
                return
            }
        }
    }

    var durable: ChainTip { monitor.withLock { $0.durable } }

    /// What should be in the checkpoint file: it changes with the entries, and with the keys.
    private var note: [UInt8] { monitor.withLock { $0.checkpointNote } }

    private func nextWriteStep(published: [UInt8]?, lastPublication: UInt64) -> WriteStep {
        func step(_ state: inout State) -> WriteStep? {
            if let frame = state.sealed.take() {
                state.writing = true
                return .write(frame)
            }
            return state.filled ? .stop : nil
        }
        guard published != note else {
            return monitor.wait(on: Condition.write) { state in
                step(&state) ?? (state.checkpointNote == published ? nil : .publish)
            }
        }
        let due = lastPublication + publicationInterval
        guard due > monotonicNanoseconds() else { return .publish }
        return monitor.wait(on: Condition.write, deadline: due, until: step) ?? .publish
    }

    /// The order of writes: the frame, durable; then the caches; then the new checkpoint for readers; then the receipts.
    /// So whoever has a receipt finds its entry in every later answer, and whoever has a checkpoint can get its entries.
    private func write(_ frame: OpenFrame) {
        do throws(LedgerError) {
            try writeDurably(frame)
            let (signers, version) = monitor.withLock { ($0.signers, $0.signersVersion) }
            let signed = try frame.hasEntries ? note(for: frame.tip, signers) : nil
            let results = frame.receipts()
            let completesTile = try monitor.withLock { state throws(LedgerError) in
                let before = state.durable.size
                if let signed {
                    let isCurrent = state.signersVersion == version
                    state.checkpointNote = isCurrent ? signed : try note(for: frame.tip, state.signers)
                    state.durable = frame.tip
                }
                state.pendingBytes -= frame.appends.reduce(0) { $0 + $1.byteCount }
                state.spare = frame
                state.writing = false
                return state.durable.size / UInt64(Tile.fullWidth) > before / UInt64(Tile.fullWidth)
            }
            monitor.signal(Condition.fill)
            if completesTile { monitor.signal(Condition.tile) }
            for (append, receipts) in results { append.finish(.success(receipts)) }
        } catch {
            stop(frame, because: error)
        }
    }

    private func writeDurably(_ frame: OpenFrame) throws(LedgerError) {
        guard frame.hasEntries else { return }
        try frame.bytes.withUnsafeBufferPointer { buffer throws(LedgerError) in
            try journal.write(
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[..<frame.used])), at: frame.offset)
        }
        try journal.synchronize()
        do throws(LedgerError) { try caches.write(frame.addition) } catch {
            // The entries are durable; the caches are mended from the journal when somebody misses something in them.
            log("the ledger's caches could not be written: \(error)")
        }
    }

    /// Fails the frame's appends and all that wait; none of them was acknowledged.
    private func stop(_ frame: OpenFrame, because error: LedgerError) {
        let failure = LedgerError.writingStopped(reason: "\(error)")
        log("\(failure)")
        let waiting = monitor.withLock { state in
            state.failure = failure
            state.spare = frame
            state.writing = false
            defer { state.waiting = [] }
            return state.waiting
        }
        finish(frame.appends + waiting, with: failure)
        monitor.signal(Condition.fill)
        monitor.signal(Condition.quiet)
    }

    /// Publishes the checkpoint of what is durable; returns its note.
    private func publish() throws(LedgerError) -> [UInt8] {
        let note = note
        try checkpointFile.publish(note)
        return note
    }

    /// Cuts off what a failed write left behind the durable entries, and accepts appends again.
    func recover() throws(LedgerError) {
        let durable: ChainTip? = try monitor.wait(on: Condition.quiet) { state -> Result<ChainTip?, LedgerError>? in
            if state.closing { return .failure(.closed) }
            guard state.failure != nil else { return .success(nil) }
            // One recovery at a time: a second one must not cut off what was appended after the first.
            if state.recovering || state.filling || state.writing || state.sealed != nil { return nil }
            state.recovering = true
            return .success(state.durable)
        }.get()
        guard let durable else { return }
        defer { monitor.signal(Condition.quiet) }
        do throws(LedgerError) {
            // `failure` stays set meanwhile, so nobody writes.
            try journal.truncate(to: durable.journalEnd)
            try journal.synchronize()
            try probe(at: durable.journalEnd)
        } catch {
            monitor.withLock { $0.recovering = false }
            throw error
        }
        monitor.withLock { state in
            state.failure = nil
            state.recovering = false
            state.pendingBytes = 0
            state.nextSequence = durable.size
            state.recoveries += 1
        }
        monitor.signal(Condition.fill)
    }

    /// Sees whether the disk takes as much as a frame again: on a full one, cutting off goes well, and the next append
    /// would fail anew. The zeros never stay; after a crash they are a torn tail.
    private func probe(at end: UInt64) throws(LedgerError) {
        do throws(LedgerError) {
            try journal.write([UInt8](repeating: 0, count: OpenFrame.targetLength), at: end)
            try journal.synchronize()
        } catch {
            try journal.truncate(to: end)
            throw error
        }
        try journal.truncate(to: end)
        try journal.synchronize()
    }
}
