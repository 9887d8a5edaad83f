import Encoding
import Exchange
import HTTPTransport
import Sandbox
import Signing
import Storage

/// The steps of one run.
struct RunExecution: Sendable {
    private let services: NodeServices

    init(_ services: NodeServices) { self.services = services }

    func run(_ verified: VerifiedStatement) async throws -> RunAnswer {
        if let seq = await services.sequencer.read({ $0.recordedAt(verified.statement) }) {
            return try await repeated(seq, by: verified)
        }
        try await checkRefusals(verified)
        let authorization: RunAuthorization
        do {
            authorization = try await services.sequencer.authorizeRun(Command(verified))
        } catch {
            // What is stale or from a stranger is no event; every other refusal goes on the record.
            if [.statementTooOld, .statementFromFuture, .wrongSpace, .signerUnknown, .signerKeyRetired].contains(error.code) { throw error }
            return try await refuse(verified, .refusedByRules)
        }
        // The rules know ledgers from before there were tasks; a run of today has one.
        guard let task = authorization.task else {
            throw Refusal(
                .taskMissing, "the request names no task; have one minted by a task request, and name it in \"task\"", pointer: "/task")
        }
        let turn = RunTurn(
            party: authorization.buyer.text, isLow: task.priority == .low, deadline: task.expiresAt,
            name: task.identifier.text)
        do {
            return try await services.gate.run(turn) {
                try await services.progress.during(turn.name) { try await execute(verified, authorization) }
            }
        } catch NodeError.deadlinePassed {
            return try await refuse(verified, .refusedBySandbox(code: "deadline-passed", message: "\(NodeError.deadlinePassed)"))
        } catch is CancellationError {
            // It lost its ground while it waited, or the node stops.
            guard await services.sequencer.areAllowed(runs: [Command(verified)]) != [true] else { throw NodeError.stopping }
            return try await refuse(verified, .refusedByRules)
        }
    }

    /// Who had too many runs refused has to wait.
    private func checkRefusals(_ verified: VerifiedStatement) async throws {
        let key = verified.statement.keyIdentifiers.first ?? ""
        guard let owner = await services.sequencer.read({ $0.holder(ofKey: key) }) else { return }
        try services.refusals.check(owner.text, at: Clock.now())
    }

    private func execute(_ verified: VerifiedStatement, _ authorization: RunAuthorization) async throws -> RunAnswer {
        guard case .runRequest(let request) = verified.statement.content, let key = verified.keys.first else {
            throw StatementError.wrongForm(.runRequest)
        }
        let computed: ComputedRun
        do {
            computed = try await RunComputation(
                services: services, request: request, authorization: authorization, keyIdentifier: key.keyIdentifier
            ).compute()
        } catch is Refusal {
            // A delegation that ran out meanwhile, for one: the rules say so themselves.
            return try await refuse(verified, .refusedByRules)
        } catch let error as Problem {
            return try await refuse(verified, .refusedBySandbox(code: error.code, message: error.detail))
        } catch {
            let isTold = error is SandboxError || error is ProgramFailure
            let detail = SandboxProblem.operatorDetail(error) ?? (isTold ? nil : "\(error)")
            if let detail {
                services.log.write(
                    .error, "a run failed", ["run": .string(authorization.run.text), "detail": .string(detail)])
            }
            let outcome = SandboxProblem.outcome(error)
            return try await refuse(verified, .refusedBySandbox(code: outcome.code, message: outcome.message))
        }
        defer { if !computed.artefacts.isEmpty { services.programs.removeArtefactFolder(authorization.run) } }
        return try await record(verified, authorization, computed, for: key)
    }

    private func record(
        _ verified: VerifiedStatement, _ authorization: RunAuthorization, _ computed: ComputedRun, for key: VerificationKey
    ) async throws -> RunAnswer {
        var facts = computed.facts
        // What is kept and delivered.
        var bytes = computed.bytes
        if authorization.task?.isSealed == true {
            bytes = try SealedBox.seal(bytes, to: key)
            facts.sealed = SHA256.hash(bytes).description
        }
        let (outcome, kept) = (RunOutcome.completed(facts), bytes)
        let recorded = try await services.programs.keep(
            computed.artefacts, isNeeded: { [sequencer = services.sequencer] artefact in
                await sequencer.read { $0.neededArtefacts().contains(artefact) }
            },
            whileRecording: {
                guard authorization.resultRetentionDays > 0 || !computed.artefacts.isEmpty else { return try await submit(verified, outcome) }
                return try await services.results.store(kept, SHA256.hash(kept)) {
                    let recorded = try await submit(verified, outcome)
                    return (recorded, recorded.event.type == .runCompleted)
                }
            })
        guard recorded.event.type == .runCompleted else {
            // The contract ended, or somebody was suspended, while the query ran: the result stays inside.
            return RunAnswer(recorded: recorded, isDuplicate: false, result: nil)
        }
        services.metrics.countRun(milliseconds: facts.milliseconds)
        return RunAnswer(recorded: recorded, isDuplicate: false, result: bytes)
    }

    private func refuse(_ verified: VerifiedStatement, _ outcome: RunOutcome) async throws -> RunAnswer {
        RunAnswer(recorded: try await submit(verified, outcome), isDuplicate: false, result: nil)
    }

    private func submit(_ verified: VerifiedStatement, _ outcome: RunOutcome) async throws -> Recorded {
        let recorded = try await services.sequencer.submit(Command(verified, facts: .outcome(outcome)))
        if recorded.event.type == .runRefused {
            services.refusals.count(recorded.event.actor, at: recorded.time)
            services.metrics.countRefusedRun(recorded.event.body["code"]?.stringValue ?? "unknown")
        }
        services.alarms.note(recorded)
        return recorded
    }

    /// The answer to a request that is on the record, for the one who made it. The ledger is public, so anybody can take
    /// the words of a request from it and sign them again: that gets neither the answer nor the result.
    private func repeated(_ seq: UInt64, by verified: VerifiedStatement) async throws -> RunAnswer {
        let recorded = try services.recorded(seq)
        let keys = verified.statement.keyIdentifiers
        let signers = await services.sequencer.read { state in keys.map { state.holder(ofKey: $0)?.text } }
        guard signers == [recorded.event.actor], let key = keys.first else {
            throw Refusal(.signerNotNamed, "this request was made by \(recorded.event.actor), who alone can repeat it")
        }
        try services.checkResultAccess(recorded, key)
        return RunAnswer(recorded: recorded, isDuplicate: true, result: try await services.storedResult(recorded))
    }
}

extension NodeServices {
    /// A result is for the organisation that ran the query; but a staff key with a field set or row scope sees only what was
    /// computed within it, which are its own runs. What another account gets to see counts as released to it.
    func checkResultAccess(_ recorded: Recorded, _ keyIdentifier: String) throws {
        guard !recorded.event.statement.keyIdentifiers.contains(keyIdentifier) else { return }
        let delegation = try directory.holder(of: keyIdentifier, at: Clock.now()).delegation
        if let delegation, delegation.fieldSet != nil || delegation.rowScope != nil {
            throw Refusal(
                .scopeExceeded,
                "the run was made with another key, and the key of \(delegation.name) may see its own runs' results only")
        }
        alarms.noteRelease(rows: recorded.event.body["rows"]?.integerValue ?? 0, to: keyIdentifier, at: Clock.now())
    }
}
