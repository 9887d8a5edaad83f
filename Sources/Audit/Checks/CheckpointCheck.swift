import Exchange
import Signing
import TransparencyLog

/// The checks of the signed checkpoint: its form, who signed it, and whether that is the log that the charter names.
struct CheckpointCheck {
    /// The longest checkpoint that is read, in bytes.
    static let maximumLength = SignedNote.maximumLength

    let checkpoint: Checkpoint
    let note: SignedNote
    let pinnedKeys: [NoteVerifier]
    /// Whose signatures are not unknown, though they are not the log's.
    var witnesses: [CosignatureVerifier] = []

    /// Reads the checkpoint, and verifies it with the pinned keys if there are any.
    init(_ bytes: [UInt8], pinnedKeys: [NoteVerifier]) throws(AuditProblem) {
        self.pinnedKeys = pinnedKeys
        do throws(SignedNoteError) {
            note = try SignedNote(bytes)
            checkpoint = try Checkpoint(text: note.text)
        } catch { throw AuditProblem(.checkpoint, reason: error.description) }
        // One checkpoint has one form: nothing can be changed in it that reading does not see.
        guard note.bytes == bytes else {
            throw AuditProblem(.checkpoint, reason: "it is not written as a signed note is (other base64 or spaces)")
        }
        _ = try verified(with: pinnedKeys)
    }

    /// Judges the checkpoint by what the ledger's first entries say of the log's keys.
    ///
    /// - Parameters:
    ///   - space: the space after so many entries; its keys may have changed since its charter.
    ///   - replayed: how many, at least 1. With fewer than the checkpoint covers the answer is preliminary: `nil` where
    ///     only the entries still to come can tell whose signatures these are.
    func verify(against space: Space, replayed: UInt64) throws(AuditProblem) -> CheckpointSummary? {
        try checkOrigin(space)
        let size = max(1, checkpoint.size)
        let history = try LogKeyHistory(space, size: min(size, replayed))
        let known = history.inForce + history.retired.map(\.key)
        let signers = try verified(with: known + pinnedKeys.filter { !known.contains($0) })
        let valid = signers.filter { history.inForce.contains($0) }
        let path = pinnedKeys.isEmpty ? [] : history.path(from: pinnedKeys, to: valid)
        if replayed >= size {
            try checkNames(known + pinnedKeys)
            if valid.isEmpty { throw noSigner(history) }
            if path == nil { throw noTrust(history) }
        }
        guard !valid.isEmpty, let path else { return nil }
        var summary = summary(signers, isPinned: !pinnedKeys.isEmpty)
        summary.retiredSigners = signers.filter { signer in history.retired.contains { $0.key == signer } }.map(\.description)
        summary.absentSigners = history.inForce.filter { !valid.contains($0) }.map(\.description)
        summary.handovers = path
        return summary
    }

    /// Verifies the checkpoint with the pinned keys alone, where there is no charter.
    func pinnedSummary() throws(AuditProblem) -> CheckpointSummary {
        let signers = try verified(with: pinnedKeys)
        guard signers.contains(where: { $0.name == checkpoint.origin }) else {
            throw AuditProblem(
                .checkpoint, reason: "it is signed by \(note.signatures.map(\.keyDescription).joined(separator: ", ")), but by no pinned key of the log \"\(checkpoint.origin)\"")
        }
        return summary(signers, isPinned: true)
    }

    private func summary(_ signers: [NoteVerifier], isPinned: Bool) -> CheckpointSummary {
        let others = note.signatures.filter { signature in
            !witnesses.contains { $0.isNamed(by: signature) }
                && !signers.contains { $0.name == signature.keyName && $0.keyIdentifier == signature.keyIdentifier }
        }
        return CheckpointSummary(
            origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, signers: signers.map(\.description),
            isPinned: isPinned, unknownSigners: others.map(\.keyName))
    }

    private func checkOrigin(_ space: Space) throws(AuditProblem) {
        guard checkpoint.origin == space.origin else {
            throw AuditProblem(
                .checkpoint, reason: "its origin is \"\(checkpoint.origin)\", but the charter in entry 0 says \"\(space.origin)\"")
        }
    }

    /// The known keys that have signed; a signature by a known key that does not hold is a problem.
    private func verified(with keys: [NoteVerifier]) throws(AuditProblem) -> [NoteVerifier] {
        do { return try note.verify(with: keys) } catch .noKnownSignature { return [] } catch {
            throw AuditProblem(.checkpoint, reason: error.description)
        }
    }

    /// Nobody else may sign in the log's name.
    private func checkNames(_ known: [NoteVerifier]) throws(AuditProblem) {
        for signature in note.signatures where signature.keyName == checkpoint.origin {
            let isKnown = known.contains { $0.keyIdentifier == signature.keyIdentifier && $0.name == signature.keyName }
            if !isKnown {
                throw AuditProblem(
                    .checkpoint, reason: "one of its signatures bears the log's name, but is by no key of the log: \(signature.keyDescription)")
            }
        }
    }

    private func noSigner(_ history: LogKeyHistory) -> AuditProblem {
        let keys = history.inForce.map(\.description).joined(separator: ", ")
        for (key, seq) in history.retired where note.signatures.contains(where: { $0.keyName == key.name && $0.keyIdentifier == key.keyIdentifier }) {
            return AuditProblem(
                .checkpoint, reason: "it is signed with \(key), which entry \(seq) has dropped, and with none of the log's keys in force: \(keys)")
        }
        return AuditProblem(
            .checkpoint, reason: "it is signed by \(note.signatures.map(\.keyDescription).joined(separator: ", ")), but by none of the log's keys: \(keys)")
    }

    private func noTrust(_ history: LogKeyHistory) -> AuditProblem {
        AuditProblem(
            .checkpoint,
            reason: "no pinned key has signed it, and none has signed a handover on this ledger to a key that has. The ledger names as the log's keys: \(history.inForce.map(\.description).joined(separator: ", "))")
    }
}
