import Exchange
import Node

/// The ledger's key files in a node's home, as the commands see them.
struct LedgerKeyFiles: Sendable {
    struct File: Sendable {
        let path: String
        let verifierKey: String
    }

    /// The node's folder, as it was given.
    let home: String
    private let opened: NodeHome
    private(set) var files: [File]

    init(_ opened: NodeHome) throws {
        home = opened.directory
        self.opened = opened
        files = try LogKeyFiles(opened).files.map { File(path: $0.path, verifierKey: $0.verifierKey) }
    }

    /// The file of a verifier key, where it is there.
    func path(of verifierKey: String) -> String? { files.first { $0.verifierKey == verifierKey }?.path }

    /// Makes a key, in a file of its own.
    mutating func make() throws(ClientError) -> File {
        do {
            let made = try LogKeyFiles.make(in: opened)
            let file = File(path: made.path, verifierKey: made.verifierKey)
            files.append(file)
            return file
        } catch { throw .failed("no key could be made: \(error)") }
    }

    /// What the operator states to pass the ledger's keys on to others, whose private halves must be here.
    func handover(from previous: [String], to next: [String], reason: String) throws(ClientError) -> StatementContent {
        do { return .logKeys(try LogKeyFiles.handover(in: opened, from: previous, to: next, reason: reason)) } catch {
            throw .failed("\(error)")
        }
    }
}
