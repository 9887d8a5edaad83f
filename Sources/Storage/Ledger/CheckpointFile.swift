import TransparencyLog

/// The file `checkpoint`: the signed note of the last published checkpoint. Because it is read again at the start, the
/// ledger cannot sign a second root for a size, nor go on from a journal that has lost entries.
struct CheckpointFile: Sendable {
    let path: String
    let operations: FileOperations

    /// What was published last: the note and what it says.
    struct Published {
        let note: [UInt8]
        let checkpoint: Checkpoint
    }

    /// The published checkpoint, which must be signed with one of these keys; `nil` if none was published yet.
    func read(_ verifiers: [NoteVerifier]) throws(LedgerError) -> Published? {
        guard let bytes = try LedgerFile.contents(of: path, limit: SignedNote.maximumLength, operations: operations) else { return nil }
        do throws(SignedNoteError) {
            return Published(note: bytes, checkpoint: try Checkpoint(try SignedNote(bytes), log: verifiers))
        } catch .noKnownSignature {
            throw .badCheckpoint(path: path, reason: Self.wantedKey(bytes, verifiers))
        } catch {
            throw .badCheckpoint(path: path, reason: "\(error)")
        }
    }

    /// Which key has signed, for the operator to bring back. The names alone would not tell one of the log's keys from another.
    private static func wantedKey(_ note: [UInt8], _ verifiers: [NoteVerifier]) -> String {
        let signatures = (try? SignedNote(note))?.signatures ?? []
        let wanted = signatures.map(\.keyDescription).joined(separator: " or ")
        return "it is signed with the key \(wanted), which is needed to go on; given are only \(verifiers.map(\.description).joined(separator: ", "))"
    }

    func publish(_ note: [UInt8]) throws(LedgerError) {
        try LedgerFile.replace(path, with: [note], operations: operations)
    }
}
