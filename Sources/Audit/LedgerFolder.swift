/// A ledger's folder.
enum LedgerFolder {
    /// The folder itself, or the one named `ledger` in a node's home. Throws ``AuditFailure/noLedger(path:)``.
    static func find(_ path: String) throws(AuditFailure) -> String {
        for folder in [path, path + "/ledger"] where JournalFile.exists(folder + "/journal") { return folder }
        throw .noLedger(path: path)
    }
}
