import TransparencyLog

/// The file `checkpoint`: the signed note of the last published checkpoint. Because it is read again at the start, the
/// ledger cannot sign a second root for a size, nor go on from a journal that has lost entries.
struct CheckpointFile: Sendable {
    let path: String
    let operations: FileOperations

    /// The published checkpoint, or `nil` if none was published yet.
    func read(log: NoteVerifier) throws(LedgerError) -> Checkpoint? {
        guard let bytes = try LedgerFile.contents(of: path, limit: SignedNote.maximumLength, operations: operations) else { return nil }
        do throws(SignedNoteError) {
            return try Checkpoint(try SignedNote(bytes), log: log)
        } catch {
            throw .badCheckpoint(path: path, reason: "\(error)")
        }
    }

    func publish(_ note: [UInt8]) throws(LedgerError) {
        try LedgerFile.replace(path, with: [note], operations: operations)
    }
}
