import Exchange
import Signing
import Synchronization

/// The keys that the entries replayed so far have registered, for the tasks that verify signatures ahead of the replay.
///
/// The state of exchange holds keys as bytes; making a key of them costs about as much as verifying a signature with it.
/// A key's identifier is the hash of the key, so it never comes to mean another key.
final class KeyDirectory: Sendable {
    private let keys = Mutex<[String: VerificationKey]>([:])

    init() {}

    /// The keys that a state knows.
    init(_ state: ExchangeState) {
        keys.withLock { keys in
            for key in state.knownKeys { keys[key.keyIdentifier] = key }
        }
    }

    func key(_ identifier: String) -> VerificationKey? { keys.withLock { $0[identifier] } }

    /// Takes up the keys that a statement registers, once the rules have let its entry pass.
    func register(_ content: StatementContent) {
        let registered = content.registeredKeys
        if registered.isEmpty { return }
        keys.withLock { keys in
            for key in registered { keys[key.keyIdentifier] = key }
        }
    }
}
