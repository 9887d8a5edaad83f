import Encoding
import Exchange
import HTTPTransport
import Sandbox
import Signing
import Storage

/// What came of a run request.
struct RunAnswer: Sendable {
    var recorded: Recorded
    var isDuplicate: Bool
    /// The result as delivered, for a completed run whose result is still kept.
    var result: [UInt8]?
}

/// Executes run requests: asks the rules, runs the sandbox, records the outcome, and only then hands the result out.
actor RunService {
    private let services: NodeServices
    /// Requests being worked on: a retry that comes meanwhile waits for the same answer.
    private var inProgress: [Identifier: Task<RunAnswer, any Error>] = [:]

    init(_ services: NodeServices) { self.services = services }

    func run(_ verified: VerifiedStatement) async throws -> RunAnswer {
        let identifier = verified.statement.identifier(.run)
        if let task = inProgress[identifier] {
            var answer = try await task.value
            answer.isDuplicate = true
            return answer
        }
        let task = Task { try await self.work(verified) }
        inProgress[identifier] = task
        defer { inProgress[identifier] = nil }
        return try await task.value
    }

    private func work(_ verified: VerifiedStatement) async throws -> RunAnswer {
        if let seq = await services.sequencer.read({ $0.recordedAt(verified.statement) }) { return try repeated(seq) }
        let authorization: RunAuthorization
        do {
            authorization = try await services.sequencer.authorizeRun(Command(verified))
        } catch {
            // What is stale or from a stranger is no event; every other refusal goes on the record.
            if [.statementTooOld, .statementFromFuture, .wrongSpace, .signerUnknown].contains(error.code) { throw error }
            return try await refuse(verified, .refusedByRules)
        }
        return try await services.gate.run { try await self.execute(verified, authorization) }
    }

    private func execute(_ verified: VerifiedStatement, _ authorization: RunAuthorization) async throws -> RunAnswer {
        let result: RunResult
        do {
            result = try await compute(verified, authorization)
        } catch let error as Problem {
            return try await refuse(verified, .refusedBySandbox(code: error.code, message: error.detail))
        } catch {
            let detail = SandboxProblem.operatorDetail(error) ?? (error is SandboxError ? nil : "\(error)")
            if let detail {
                services.log.write(
                    .error, "a run failed", ["run": .string(authorization.run.text), "detail": .string(detail)])
            }
            let outcome = SandboxProblem.outcome(error)
            return try await refuse(verified, .refusedBySandbox(code: outcome.code, message: outcome.message))
        }
        return try await record(verified, authorization, result)
    }

    private func compute(_ verified: VerifiedStatement, _ authorization: RunAuthorization) async throws -> RunResult {
        let query = try await services.queries.checked(authorization)
        var paths: [String: String] = [:]
        for (table, listing) in authorization.listings {
            paths[table.name] = try await services.snapshots.workingCopy(listing.snapshot)
        }
        var values: [String: JSONValue] = [:]
        if case .runRequest(let request) = verified.statement.content {
            for member in request.parameters.members { values[member.name] = member.value }
        }
        return try await services.engine.run(query, values: values, snapshots: paths)
    }

    private func record(
        _ verified: VerifiedStatement, _ authorization: RunAuthorization, _ result: RunResult
    ) async throws -> RunAnswer {
        // The result is stored before the completion is recorded: what the ledger says exists, exists.
        if authorization.resultRetentionDays > 0 { _ = try services.vault.store(bytes: result.resultBytes, kind: .result) }
        let facts = RunFacts(
            snapshots: Dictionary(uniqueKeysWithValues: authorization.listings.map { ($0.table.name, $0.listing.snapshot) }),
            policy: result.policyHash.description, engine: result.engine, rowCount: Int64(result.rows.count),
            suppressedGroups: Int64(result.suppressedGroups), result: result.resultHash.description,
            milliseconds: Int64(result.milliseconds))
        let recorded = try await services.sequencer.submit(Command(verified, facts: .outcome(.completed(facts))))
        guard recorded.event.type == .runCompleted else {
            // The contract ended, or somebody was suspended, while the query ran: the result stays inside.
            services.metrics.countRefusedRun(recorded.event.body["code"]?.stringValue ?? "unknown")
            return RunAnswer(recorded: recorded, isDuplicate: false, result: nil)
        }
        services.metrics.countRun(milliseconds: facts.milliseconds)
        return RunAnswer(recorded: recorded, isDuplicate: false, result: result.resultBytes)
    }

    private func refuse(_ verified: VerifiedStatement, _ outcome: RunOutcome) async throws -> RunAnswer {
        let recorded = try await services.sequencer.submit(Command(verified, facts: .outcome(outcome)))
        services.metrics.countRefusedRun(recorded.event.body["code"]?.stringValue ?? "unknown")
        return RunAnswer(recorded: recorded, isDuplicate: false, result: nil)
    }

    private func repeated(_ seq: UInt64) throws -> RunAnswer {
        let recorded = try services.recorded(seq)
        return RunAnswer(recorded: recorded, isDuplicate: true, result: try services.storedResult(recorded))
    }
}
