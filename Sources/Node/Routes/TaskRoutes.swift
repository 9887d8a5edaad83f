import Encoding
import Exchange
import HTTPTransport

/// Tasks: leave for one run each, minted before it, seen and cancelled by those whom it concerns.
struct TaskRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/tasks", body: StatementIntake.body) { request, _ in
            let verified = try intake.signedStatement(request, .taskRequest)
            return try await intake.record(Command(verified))
        }
        router.add("POST", "/api/v1/tasks/{prefix}/{suffix}/cancellation", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .taskCancellation)
            if case .run(.taskCancellation(let cancellation)) = verified.statement.content {
                try intake.checkPath(path, .task, is: cancellation.task)
            }
            return try await intake.record(Command(verified))
        }
        router.add("GET", "/api/v1/tasks") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/tasks/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, [])
            let caller = try intake.authenticator.authenticate(request).caller
            let identifier = try StatementIntake.identifier(path, .task)
            let task = await services.sequencer.read { state in
                state.runs.tasks[identifier].flatMap { state.sees(caller, $0) ? $0 : nil }
            }
            guard let task else { throw Problem.missing("task", identifier) }
            return .json(200, view(task, at: await services.sequencer.now(), isWhole: true))
        }
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["status", "query", "limit", "cursor"])
        let paging = try Paging(request)
        let now = await services.sequencer.now()
        let status = try request.queryValue("status")
        if let status, !["open", "used", "cancelled", "expired"].contains(status) {
            throw TargetQuery.problem("status", "must be one of open, used, cancelled, expired")
        }
        let query = try TargetQuery.identifier(request, "query", .query)
        let found = await services.sequencer.read { state in
            state.runs.tasks.values.filter { task in
                (status == nil || task.standing(at: now) == status) && (query == nil || task.query == query) && state.sees(caller, task)
            }
        }
        return .json(200, try paging.page(found, number: \.minted.seq) { view($0, at: now, isWhole: false) })
    }

    /// - Parameter isWhole: whether what stands in the ledger only is shown too.
    private func view(_ task: RunTask, at time: Timestamp, isWhole: Bool) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(task.identifier.text), "status": .string(task.standing(at: time)),
            "buyer": .string(task.buyer.text), "query": .string(task.query.text),
            "contracts": .array(task.contracts.map { .string($0.text) }), "priority": .string(task.priority.rawValue),
            "sealed": .bool(task.isSealed), "expiresAt": .string(task.expiresAt.description),
            "snapshots": .object(JSONObject(task.snapshots.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "seq": .integer(Int64(clamping: task.minted.seq)),
        ]
        object["closedBy"] = task.closed.map { .integer(Int64(clamping: $0.seq)) }
        object["progress"] = progress(task)
        guard isWhole, let recorded = try? services.recorded(task.minted.seq) else { return .object(object) }
        if case .run(.task(let request)) = recorded.event.statement.content { object["parameters"] = .object(request.parameters) }
        object["privacy"] = recorded.event.body["privacy"]
        object["earlierRuns"] = recorded.event.body["earlierRuns"]
        return .object(object)
    }

    /// How far the task's run has come: its place in the queue, or since when it runs.
    private func progress(_ task: RunTask) -> JSONValue {
        let name = task.identifier.text
        if let start = services.progress.start(of: name) {
            let seconds = max(0, (Clock.now().milliseconds - start.milliseconds) / 1000)
            return ["state": "running", "since": .string(start.description), "seconds": .integer(seconds)]
        }
        if let place = services.gate.place(of: name) { return ["state": "waiting", "place": .integer(Int64(place))] }
        return ["state": .string(task.status == .used ? "done" : "idle")]
    }
}

extension ExchangeState {
    /// A task is seen by its buyer, by the providers of its query's tables, and by those who see everything.
    func sees(_ caller: Caller, _ task: RunTask) -> Bool {
        if caller.seesEverything || caller.identifier == task.buyer { return true }
        return queries[task.query].map { sees(caller, $0) } ?? false
    }
}
