/// The files that the proof commands read and write.
public enum ProofFile {
    /// Reads a whole regular file. Throws ``AuditFailure/unreadable(path:reason:)``, also for a longer one.
    public static func read(_ path: String, maximumLength: Int) throws(AuditFailure) -> [UInt8] {
        try JournalFile.contents(of: path, maximumCount: maximumLength)
    }

    /// Writes a file as a whole or not at all. Throws ``AuditFailure/cannotWrite(path:reason:)``.
    public static func write(_ bytes: [UInt8], to path: String) throws(AuditFailure) {
        try AtomicFile.replace(path, with: bytes)
    }
}
