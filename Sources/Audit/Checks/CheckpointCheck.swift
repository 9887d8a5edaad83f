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
        if !pinnedKeys.isEmpty { _ = try signers(among: pinnedKeys, isComplete: false) }
    }

    /// Verifies the checkpoint against the space's charter; the summary says whose signatures it bears.
    func verify(against space: Space) throws(AuditProblem) -> CheckpointSummary {
        guard checkpoint.origin == space.origin else {
            throw AuditProblem(
                .checkpoint, reason: "its origin is \"\(checkpoint.origin)\", but the charter in entry 0 says \"\(space.origin)\"")
        }
        let charterKeys = try charterKeys(space)
        let known = charterKeys + pinnedKeys.filter { !charterKeys.contains($0) }
        let signers = try signers(among: known, isComplete: true)
        if !pinnedKeys.isEmpty, !signers.contains(where: { pinnedKeys.contains($0) && charterKeys.contains($0) }) {
            throw AuditProblem(
                .checkpoint, reason: "it is signed by a pinned key, but the charter in entry 0 names other keys as the log's: \(space.logKeys.joined(separator: ", "))")
        }
        return summary(signers, known: known)
    }

    /// Verifies the checkpoint with the pinned keys alone, where there is no charter.
    func pinnedSummary() throws(AuditProblem) -> CheckpointSummary {
        summary(try signers(among: pinnedKeys, isComplete: false), known: pinnedKeys)
    }

    private func summary(_ signers: [NoteVerifier], known: [NoteVerifier]) -> CheckpointSummary {
        let others = note.signatures.filter { signature in
            !witnesses.contains { $0.isNamed(by: signature) }
                && !known.contains { $0.name == signature.keyName && $0.keyIdentifier == signature.keyIdentifier }
        }
        return CheckpointSummary(
            origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, signers: signers.map(\.description),
            isPinned: !pinnedKeys.isEmpty, unknownSigners: others.map(\.keyName))
    }

    private func charterKeys(_ space: Space) throws(AuditProblem) -> [NoteVerifier] {
        var keys: [NoteVerifier] = []
        for text in space.logKeys {
            do { keys.append(try NoteVerifier(text)) } catch {
                throw AuditProblem(.checkpoint, reason: "the charter in entry 0 names a log key that cannot verify it: \(error)")
            }
        }
        return keys
    }

    /// The keys that have signed; at least one must bear the log's name.
    ///
    /// - Parameter isComplete: whether these are all the log's keys, so that every signature with the log's name must be
    ///   by one of them. With pinned keys alone a second key of the log may still be unknown.
    private func signers(among keys: [NoteVerifier], isComplete: Bool) throws(AuditProblem) -> [NoteVerifier] {
        let signers: [NoteVerifier]
        do { signers = try note.verify(with: keys) } catch {
            throw AuditProblem(.checkpoint, reason: error.description)
        }
        guard signers.contains(where: { $0.name == checkpoint.origin }) else {
            throw AuditProblem(
                .checkpoint, reason: "its origin is \"\(checkpoint.origin)\", but the known keys that signed it are named \(signers.map(\.name).joined(separator: ", "))")
        }
        for signature in note.signatures where isComplete && signature.keyName == checkpoint.origin {
            let isKnown = keys.contains { $0.keyIdentifier == signature.keyIdentifier && $0.name == signature.keyName }
            if !isKnown {
                throw AuditProblem(
                    .checkpoint, reason: "one of its signatures bears the log's name, but is by no key of the log")
            }
        }
        return signers
    }
}
