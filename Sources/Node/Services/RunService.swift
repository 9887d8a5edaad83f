import Encoding
import Exchange

/// What came of a run request.
struct RunAnswer: Sendable {
    var recorded: Recorded
    var isDuplicate: Bool
    /// The result as delivered, in the clear or sealed, for a completed run whose result is still kept.
    var result: [UInt8]?

    var isSealed: Bool { recorded.event.body["sealed"] != nil }
}

/// Executes run requests: asks the rules, runs the sandbox, records the outcome, and only then hands the result out.
///
/// A run goes on when its client goes away: it is charged for, and the client can ask for it again. It ends early where it loses
/// its ground (``sweep()``): a contract that ended, a query that was revoked, a task that was cancelled.
actor RunService {
    /// A request being worked on. The same words signed by somebody else are another request.
    private struct Key: Hashable {
        var run: Identifier
        var signers: [String]
    }

    private struct Work {
        var command: Command
        var task: Task<RunAnswer, any Error>
    }

    private let services: NodeServices
    /// Requests being worked on: a retry that comes meanwhile waits for the same answer.
    private var inProgress: [Key: Work] = [:]

    init(_ services: NodeServices) { self.services = services }

    func run(_ verified: VerifiedStatement) async throws -> RunAnswer {
        let key = Key(run: verified.statement.identifier(.run), signers: verified.statement.keyIdentifiers)
        if let work = inProgress[key] {
            var answer = try await work.task.value
            answer.isDuplicate = true
            return answer
        }
        let task = Task { [execution = RunExecution(services)] in try await execution.run(verified) }
        inProgress[key] = Work(command: Command(verified), task: task)
        defer { inProgress[key] = nil }
        return try await task.value
    }

    /// Asks the rules again for everything that waits or runs, and ends what they do not allow any more: its sandbox is killed,
    /// and the run is recorded as refused, with the reason that the rules give.
    func sweep() async {
        services.gate.dismissLate()
        let asked = inProgress
        guard !asked.isEmpty else { return }
        let keys = Array(asked.keys)
        let commands = keys.compactMap { asked[$0]?.command }
        for (key, isAllowed) in zip(keys, await services.sequencer.areAllowed(runs: commands)) where !isAllowed {
            inProgress[key]?.task.cancel()
        }
    }

    /// Ends what still runs: sandboxes are killed and their runs recorded as cancelled.
    func cancelAll() {
        for work in inProgress.values { work.task.cancel() }
    }

    /// Returns when nothing runs any more.
    func finish() async {
        while let work = inProgress.values.first { _ = await work.task.result }
    }
}
