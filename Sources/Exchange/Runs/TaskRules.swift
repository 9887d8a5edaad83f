import Encoding

// Tasks: open → used (by one completed run) | cancelled; open until it expires.
extension ExchangeState {
    func decide(_ request: TaskRequest, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let authorization = try authorizeTask(command, at: time)
        let policy = space?.policy.runs ?? RunsPolicy()
        guard runs.openTaskCount(of: authorization.buyer, at: time) < policy.maximumOpenTasks else {
            throw Refusal(
                .tasksTooMany,
                "\(policy.maximumOpenTasks) tasks are open, as many as a buyer may have here; use or cancel some of them")
        }
        let latest = time.advanced(byMilliseconds: policy.taskHours * 3_600_000)
        if let deadline = request.deadline, deadline <= time || deadline > latest {
            throw Refusal(
                .termsOutOfRange, "the deadline must be after \(time), and no later than \(latest), when a task ends",
                pointer: "/deadline")
        }
        var body: JSONObject = [
            "snapshots": .object(authorization.snapshots), "expiresAt": .string((request.deadline ?? latest).description),
            "earlierRuns": .array(authorization.earlierRuns.map { .integer(Int64(clamping: $0.seq)) }),
        ]
        if let privacy = authorization.privacy { body["privacy"] = privacy.spentJSON }
        return Event(
            type: .taskMinted, subject: command.statement.identifier(.task).text, actor: authorization.buyer.text, body: body,
            statement: command.statement)
    }

    /// Whether a task may be minted now, its deadline and the number of tasks aside: identity, query, contracts, time, count,
    /// parameters, budget.
    public func authorizeTask(_ command: Command, at time: Timestamp) throws(Refusal) -> RunAuthorization {
        guard case .run(.task(let request)) = command.statement.content else {
            throw Refusal(.outcomeInconsistent, "only a task request can ask for a task")
        }
        let wish = RunWish(query: request.query, contracts: request.contracts, parameters: request.parameters)
        return try authorize(wish, command, at: time)
    }

    mutating func apply(_ request: TaskRequest, _ event: Event, _ mark: Mark) {
        guard let buyer = try? Identifier(event.actor), let text = event.body["expiresAt"]?.stringValue,
            let expiresAt = Timestamp(text)
        else { return }
        let snapshots = (event.body["snapshots"]?.objectValue?.members ?? []).map { ($0.name, $0.value.stringValue ?? "") }
        runs.add(
            RunTask(
                identifier: event.statement.identifier(.task), buyer: buyer, query: request.query,
                contracts: request.contracts, parameters: request.parameters.likeness,
                snapshots: Dictionary(snapshots, uniquingKeysWith: { first, _ in first }), priority: request.priority,
                isSealed: request.isSealed, status: .open, minted: mark, expiresAt: expiresAt))
    }

    func decide(_ cancellation: TaskCancellation, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let task = runs.tasks[cancellation.task]
        let actor = try canceller(of: task, command)
        guard let task else { throw Self.taskUnknown(cancellation.task) }
        guard task.isOpen(at: time) else {
            throw Refusal(.wrongStatus, "the task is \(task.standing(at: time)); there is nothing to cancel", pointer: "/task")
        }
        return Event(
            type: .taskCancelled, subject: task.identifier.text, actor: actor,
            body: ["buyer": .string(task.buyer.text), "reason": .string(cancellation.reason)], statement: command.statement)
    }

    /// Who signed the cancellation: an operator, the buyer, or somebody who provides a table of the query.
    private func canceller(of task: RunTask?, _ command: Command) throws(Refusal) -> String {
        let signer = command.statement.keyIdentifiers.first ?? ""
        guard holder(ofKey: signer) != nil else {
            try requireOperator(command, for: .suspend)
            return Event.operatorActor
        }
        guard command.statement.keyIdentifiers.count == 1 else {
            throw Refusal(.signerNotNamed, "a participant cancels a task with one signature")
        }
        let participant = try activeSigner(command)
        guard let task else { throw Self.taskUnknown(nil) }
        let providers = queries[task.query].map { self.providers(of: $0.submission) } ?? []
        guard participant.identifier == task.buyer || providers.contains(participant.identifier) else {
            throw Refusal(
                .signerNotNamed, "\(participant.name) neither has this task nor provides a table of its query", pointer: "/task")
        }
        return participant.identifier.text
    }

    private func needsTask(_ submission: QuerySubmission) -> Bool {
        switch submission.mode {
        case .rows: false
        case .private, .match, .metrics: true
        case .aggregate:
            submission.tables.contains {
                products[$0.product]?.version($0.version)?.data?.aggregate?.differencing == true
            }
        }
    }

    private static func taskUnknown(_ task: Identifier?) -> Refusal {
        Refusal(
            .notFound,
            "there is no \(task.map { "task \($0)" } ?? "such task"), or it has been over for more than an hour; a new one is minted by a task request",
            pointer: "/task")
    }

    /// The task that a run uses, which must be good for exactly this run.
    ///
    /// No task, no run. The one exception is the ledger of a space in which no task has ever been minted, for the modes that
    /// there were before there were tasks; a node takes no request without one even there.
    ///
    /// - Parameter buyer: who signs the request.
    func requireTask(_ request: RunRequest, _ buyer: Participant, at time: Timestamp) throws(Refusal) -> RunTask? {
        guard let identifier = request.task else {
            guard !runs.requiresTasks, queries[request.query].map({ !needsTask($0.submission) }) ?? true else {
                throw Refusal(
                    .taskMissing, "the request names no task; have one minted by a task request, and name it in \"task\"",
                    pointer: "/task")
            }
            return nil
        }
        guard let task = runs.tasks[identifier] else { throw Self.taskUnknown(identifier) }
        guard task.buyer == buyer.identifier else {
            throw Refusal(.signerNotNamed, "the task was minted for \(task.buyer), not for \(buyer.identifier)", pointer: "/task")
        }
        switch task.status {
        case .open: break
        case .used:
            throw Refusal(.taskUsed, "the task has been used by the run of entry \(task.closed?.seq ?? 0); mint another", pointer: "/task")
        case .cancelled:
            throw Refusal(.taskCancelled, "the task was cancelled by entry \(task.closed?.seq ?? 0)", pointer: "/task")
        }
        guard time <= task.expiresAt else {
            throw Refusal(.taskExpired, "the task was good until \(task.expiresAt); mint another", pointer: "/task")
        }
        guard task.query == request.query else {
            throw Refusal(.taskDiffers, "the task is for the query \(task.query)", pointer: "/query")
        }
        guard task.contracts == request.contracts else {
            throw Refusal(.taskDiffers, "the task names other contracts, or in another order", pointer: "/contracts")
        }
        guard task.parameters == request.parameters.likeness else {
            throw Refusal(.taskDiffers, "the task is for other values of the parameters", pointer: "/parameters")
        }
        return task
    }
}
