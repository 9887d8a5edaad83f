import Encoding

/// Where a file stands that a program has made.
public enum ArtefactStatus: String, Sendable, Codable, CaseIterable {
    /// Inside the node, for the providers to look at.
    case held
    /// The buyer may have it.
    case released
    case refused
    /// With the run's result, before it was decided on.
    case destroyed
}

public struct ArtefactKey: Sendable, Hashable, Codable {
    public var run: Identifier
    public var name: String

    public init(run: Identifier, name: String) {
        self.run = run
        self.name = name
    }
}

public struct HeldArtefact: Sendable, Hashable, Codable {
    public var artefact: RunArtefact
    public var buyer: Identifier
    public var status: ArtefactStatus
    /// Each provider whose word is needed, with its last decision.
    public var decisions: [Identifier: Decision]

    public struct Decision: Sendable, Hashable, Codable {
        public var verdict: ArtefactVerdict?
        public var mark: Mark?
    }
}

// Artefacts: held → released (when every provider concerned has released it) | refused | destroyed.
extension ExchangeState {
    func decide(_ decision: ArtefactDecision, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        guard let held = runs.artefacts[ArtefactKey(run: decision.run, name: decision.artefact)] else {
            throw Refusal(.notFound, "the run \(decision.run) has made no artefact \"\(decision.artefact)\"", pointer: "/artefact")
        }
        guard let own = held.decisions[signer.identifier] else {
            throw Refusal(.signerNotNamed, "\(signer.name) provides no table that the program has read", pointer: "/run")
        }
        try requireRole(.provider, of: signer)
        guard decision.sha256 == held.artefact.sha256 else {
            throw Refusal(.artefactDiffers, "the artefact that is held has the digest \(held.artefact.sha256)", pointer: "/sha256")
        }
        if let mark = own.mark, command.statement.header.issuedAt <= mark.issuedAt {
            throw Refusal(.staleDecision, "a later decision of yours on this artefact is recorded already", pointer: "/issuedAt")
        }
        guard held.status == .held, decision.decision == .refuse || own.verdict == nil else {
            throw Refusal(
                .wrongStatus,
                held.status == .held
                    ? "you have released the artefact already; it waits for the other providers"
                    : "the artefact is \(held.status.rawValue); that stays so", pointer: "/decision")
        }
        var body: JSONObject = ["artefact": .string(decision.artefact), "reason": .string(decision.reason)]
        if decision.decision == .release {
            let releases = held.decisions.filter { $0.value.verdict == .release }.count
            body["complete"] = .bool(releases + 1 == held.decisions.count)
        }
        return Event(
            type: decision.decision == .release ? .artefactReleased : .artefactRefused, subject: decision.run.text,
            actor: signer.identifier.text, body: body, statement: command.statement)
    }

    func decide(_ destruction: ResultDestruction, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        guard let space, let signer = command.verified.keys.first, space.nodeKeys.contains(signer) else {
            throw Refusal(
                .notANodeKey, "that a result was destroyed is the node's word, signed with one of the keys that the charter or the last node-keys statement names")
        }
        guard let result = runs.results[destruction.run] else {
            throw Refusal(.notFound, "no result of the run \(destruction.run) is kept", pointer: "/run")
        }
        guard destruction.ground != .retention || time >= result.keptUntil else {
            throw Refusal(.wrongStatus, "the contracts let the result be kept until \(result.keptUntil)", pointer: "/ground")
        }
        let waiting = runs.heldArtefacts(of: destruction.run)
        return Event(
            type: .resultDestroyed, subject: destruction.run.text, actor: Event.nodeActor,
            body: ["buyer": .string(result.buyer.text), "artefacts": .array(waiting.map { .string($0) })],
            statement: command.statement)
    }
}

extension RunsState {
    /// The names of a run's artefacts that nobody has decided on for good.
    func heldArtefacts(of run: Identifier) -> [String] {
        artefacts.filter { $0.key.run == run && $0.value.status == .held }.map(\.key.name).sorted()
    }

    mutating func apply(_ decision: ArtefactDecision, _ event: Event, _ mark: Mark) {
        guard let provider = try? Identifier(event.actor) else { return }
        let key = ArtefactKey(run: decision.run, name: decision.artefact)
        artefacts[key]?.decisions[provider] = HeldArtefact.Decision(verdict: decision.decision, mark: mark)
        switch decision.decision {
        case .release: if event.body["complete"]?.boolValue == true { artefacts[key]?.status = .released }
        case .refuse: artefacts[key]?.status = .refused
        }
    }

    mutating func destroy(_ run: Identifier, _ event: Event, _ mark: Mark, at time: Timestamp) {
        results[run] = nil
        destroyed[run] = Destruction(mark: mark, at: time)
        for name in (event.body["artefacts"]?.arrayValue ?? []).compactMap(\.stringValue) {
            artefacts[ArtefactKey(run: run, name: name)]?.status = .destroyed
        }
    }
}
