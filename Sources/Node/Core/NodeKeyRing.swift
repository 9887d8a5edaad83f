import Exchange
import HTTPTransport
import Signing
import Synchronization

/// The node's own private keys that are held here, by identifier.
final class NodeKeyRing: Sendable {
    private let home: NodeHome
    private let held = Mutex<[String: SigningKey]>([:])

    init(_ home: NodeHome) {
        self.home = home
        load()
    }

    /// Takes up files that are new.
    private func load() {
        let found = NodeKeyFiles(home).files
        held.withLock { held in
            for file in found { held[file.key.keyIdentifier] = file.key }
        }
    }

    /// The key to sign with: of those in force, the one named last that is held. Files that have come since the start are
    /// found.
    ///
    /// - Throws: a problem with status 503 where none is held.
    func signer(for keys: [VerificationKey]) throws(Problem) -> SigningKey {
        // A newer key may have come into the folder since.
        if let newest = keys.last, held.withLock({ $0[newest.keyIdentifier] == nil }) { load() }
        if let key = latest(keys) { return key }
        throw Problem(
            code: "node-key-missing", status: 503, title: "The node cannot sign this",
            detail: keys.isEmpty
                ? "the space has no key with which its node signs" : "the node holds none of the keys with which it would sign",
            hint: "The operator makes one with \"hexi keys node DIR\" on the node's machine, or restores it from the backup.")
    }

    private func latest(_ keys: [VerificationKey]) -> SigningKey? {
        let held = held.withLock { $0 }
        return keys.last { held[$0.keyIdentifier] != nil }.flatMap { held[$0.keyIdentifier] }
    }
}
