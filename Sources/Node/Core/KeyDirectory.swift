import Exchange
import Signing
import Synchronization

/// Who may sign requests now, for look-up from any thread.
///
/// It repeats what the state says of keys and participants, so that a request's signature can be checked on a network
/// thread, before its body is taken, and without waiting for the sequencer. Only the sequencer changes it.
final class KeyDirectory: Sendable {
    private struct Entry {
        var key: VerificationKey
        var caller: Caller
    }

    private struct Register {
        var keys: [String: Entry] = [:]
        /// Applications that the operator has not decided on.
        var waiting: Set<Identifier> = []
    }

    private let register = Mutex(Register())

    init(_ state: ExchangeState) { replace(with: state) }

    func replace(with state: ExchangeState) {
        var fresh = Register()
        Self.addOperator(state, &fresh)
        for participant in state.participants.values { Self.add(participant, state, &fresh) }
        let complete = fresh
        register.withLock { $0 = complete }
    }

    /// Follows an event that has just been applied to the state.
    func update(after event: Event, _ state: ExchangeState) {
        let identifier: Identifier
        switch event.statement.content {
        case .spaceCharter: return register.withLock { Self.addOperator(state, &$0) }
        case .participantApplication: identifier = event.statement.identifier(.participant)
        case .participantDecision(let decision): identifier = decision.participant
        default: return
        }
        guard let participant = state.participants[identifier] else { return }
        register.withLock { Self.add(participant, state, &$0) }
    }

    private static func addOperator(_ state: ExchangeState, _ register: inout Register) {
        guard let space = state.space else { return }
        register.keys[space.operatorKeyIdentifier] = Entry(key: space.operatorKey, caller: .spaceOperator)
    }

    private static func add(_ participant: Participant, _ state: ExchangeState, _ register: inout Register) {
        for identifier in participant.keyIdentifiers {
            guard let owner = state.keys[identifier], owner.participant == participant.identifier else { continue }
            register.keys[identifier] = Entry(key: owner.key, caller: .participant(participant))
        }
        if participant.status == .applied {
            register.waiting.insert(participant.identifier)
        } else {
            register.waiting.remove(participant.identifier)
        }
    }

    func key(_ identifier: String) -> VerificationKey? { register.withLock { $0.keys[identifier]?.key } }

    var waitingApplications: Int { register.withLock { $0.waiting.count } }

    /// Who holds a key. Throws where nobody does, or who does is not active.
    func caller(_ keyIdentifier: String) throws(Refusal) -> Caller {
        switch register.withLock({ $0.keys[keyIdentifier]?.caller }) {
        case nil: throw Refusal(.signerUnknown, "the signing key is not registered")
        case .participant(let participant) where participant.status != .active:
            throw Refusal(
                .signerNotActive,
                "\(participant.name) (\(participant.identifier)) is \(participant.status.rawValue), not active")
        case .some(let caller): return caller
        }
    }
}
