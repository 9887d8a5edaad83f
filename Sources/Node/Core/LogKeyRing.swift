import Exchange
import HTTPTransport
import Synchronization
import TransparencyLog

/// The ledger's private keys that this node holds, by verifier key.
///
/// It only ever gains keys: one that was there when a change of keys was accepted is there when the change takes effect.
final class LogKeyRing: Sendable {
    private let home: NodeHome
    private let held = Mutex<[String: NoteSigner]>([:])

    /// Reads the key files of the home.
    init(_ home: NodeHome) throws {
        self.home = home
        let failures = try load()
        if verifiers.isEmpty {
            let reason = failures.isEmpty ? "there is no \(home.logKeyPath)" : failures.joined(separator: "; ")
            throw NodeError.home(
                path: home.directory, reason: "it has no usable key for the ledger (\(reason)); restore the keys from the backup")
        }
    }

    /// Takes up files that are new; why those that cannot be read cannot.
    private func load() throws -> [String] {
        let found = try LogKeyFiles(home)
        held.withLock { held in
            for file in found.files { held[file.verifierKey] = file.signer }
        }
        return found.failures
    }

    /// Every key that is held, in force or not.
    var verifiers: [NoteVerifier] { held.withLock { $0.values.map(\.verifier) }.sorted { $0.keyIdentifier < $1.keyIdentifier } }

    /// The signers of verifier keys, in their order. Files that have come since the start are found.
    func signers(for keys: [String]) throws -> [NoteSigner] {
        func missing() -> [String] { held.withLock { held in keys.filter { held[$0] == nil } } }
        let failures = missing().isEmpty ? [] : try load()
        if let key = missing().first {
            throw LogKeyMissing(key: key, path: LogKeyFiles.path(of: key, in: home), failures: failures)
        }
        return held.withLock { held in keys.compactMap { held[$0] } }
    }

    /// The files of keys that are held, but not in force.
    func unusedFiles(besides keys: [String]) -> [String] {
        ((try? LogKeyFiles(home))?.files ?? []).filter { !keys.contains($0.verifierKey) }.map(\.path)
    }
}

/// The node does not hold a key with which it would have to sign checkpoints.
struct LogKeyMissing: Error, CustomStringConvertible, ProblemConvertible {
    let key: String
    /// Where its file belongs.
    let path: String
    /// Key files that are there, but cannot be read.
    let failures: [String]

    var description: String {
        let others = failures.isEmpty ? "" : " (\(failures.joined(separator: "; ")))"
        return "the private half of the ledger's key \(key) is missing: no key file holds it\(others). Restore it from the backup as \(path)"
    }

    var problem: Problem {
        Problem(
            code: "log-key-missing", status: 422, title: "The node could not sign with this key",
            detail: "the node does not hold the private half of \(key), so it could not sign checkpoints after this change",
            pointer: "/logKeys",
            hint: "Make the key with \"hexi keys rotate-log\" on the node's machine; the user that runs the node must be able to read its file.")
    }
}
