import Encoding
import Exchange
import HTTPTransport
import Sandbox

/// Queries: the dry check, submission, and the providers' decisions.
struct QueryRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/queries/check", body: StatementIntake.body) { request, _ in try await check(request) }
        router.add("POST", "/api/v1/queries", body: StatementIntake.body) { request, _ in try await submit(request) }
        router.add("POST", "/api/v1/queries/{prefix}/{suffix}/decisions", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .queryDecision)
            if case .queryDecision(let decision) = verified.statement.content {
                try intake.checkPath(path, .query, is: decision.query)
            }
            return try await intake.record(Command(verified))
        }
        router.add("GET", "/api/v1/queries") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/queries/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, [])
            let caller = try intake.authenticator.authenticate(request).caller
            let identifier = try StatementIntake.identifier(path, .query)
            guard let query = await services.sequencer.read({ state in state.queries[identifier].flatMap { state.sees(caller, $0) ? $0 : nil } })
            else { throw Problem.missing("query", identifier) }
            return .json(200, Views.query(query, refusal: try refusal(query)))
        }
    }

    /// The machine check's reason, which stands in the entry that recorded the query.
    private func refusal(_ query: Exchange.Query) throws -> JSONObject? {
        guard query.status == .refused else { return nil }
        let recorded = try services.recorded(query.created.seq)
        return recorded.event.type == .queryRefused ? recorded.event.body : nil
    }

    private func submit(_ request: HTTPRequest) async throws -> HTTPResponse {
        let verified = try intake.signedStatement(request, .querySubmission)
        guard case .querySubmission(let submission) = verified.statement.content else {
            throw StatementError.wrongForm(.querySubmission)
        }
        do { try await services.sequencer.checkSubmission(submission, Command(verified)) } catch let error as Refusal {
            guard error.code == .duplicate, let seq = error.recordedAt else { throw error }
            return Self.answer(try services.recorded(seq), isDuplicate: true, hint: nil)
        }
        let listings = try await listedTables(submission.tables)
        let verdict: QueryCheck
        var hint: String?
        do {
            let checked = try await checked(submission, listings, by: verified.statement.keyIdentifiers.first ?? "")
            verdict = .accepted(policy: checked.policyHash.description, engine: services.engineName(for: submission))
        } catch SandboxError.refused(let refusal) {
            verdict = .refused(SandboxProblem.fault(refusal))
            hint = refusal.hint.isEmpty ? nil : refusal.hint
        } catch let error as any ProblemConvertible { throw error } catch { throw SandboxProblem.problem(error) }
        let recorded = try await services.sequencer.submit(Command(verified, facts: .check(verdict)))
        return Self.answer(recorded, isDuplicate: false, hint: hint)
    }

    /// A refused query is on the record too: the answer is a problem that carries its receipt.
    private static func answer(_ recorded: Recorded, isDuplicate: Bool, hint: String?) -> HTTPResponse {
        guard recorded.event.type == .queryRefused else {
            return StatementIntake.answer(recorded, isDuplicate: isDuplicate)
        }
        let body = recorded.event.body
        var members = JSONObject()
        for name in ["piece", "line", "column"] { members[name] = body[name] }
        members["identifier"] = .string(recorded.event.subject)
        members["receipt"] = StatementIntake.receipt(recorded)
        return .problem(
            Problem(
                code: body["code"]?.stringValue ?? "refused", status: 422, title: "The query policy does not allow this",
                detail: body["reason"]?.stringValue ?? "", hint: hint, extensions: members))
    }

    /// The dry check: the same verdict as a submission gets, without anything on the record.
    private func check(_ request: HTTPRequest) async throws -> HTTPResponse {
        let authenticated = try intake.authenticator.authenticate(request)
        guard case .participant(let caller) = authenticated.caller else {
            throw Refusal(.roleMissing, "only a registered participant checks queries")
        }
        let cursor = try StatementIntake.document(request)
        try cursor.allowMembers(Set(Self.draftMembers))
        let submission = try Self.draft(cursor, of: caller)
        let listings = try await listedTables(submission.tables)
        do {
            let checked = try await checked(submission, listings, by: authenticated.keyIdentifier)
            var answer: JSONObject = [
                "accepted": true, "policy": .string(checked.policyHash.description),
                "engine": .string(services.engineName(for: submission)),
            ]
            if case .query(let query) = checked { answer["rewritten"] = .string(try await services.engine.describe(query)) }
            return .json(200, .object(answer))
        } catch SandboxError.refused(let refusal) {
            return .json(200, Self.refused(refusal))
        } catch let error as any ProblemConvertible { throw error } catch { throw SandboxProblem.problem(error) }
    }

    /// The verdict of the machine check, by the policy and by what the signing key may read.
    private func checked(
        _ submission: QuerySubmission, _ listings: [ListedTable], by keyIdentifier: String
    ) async throws -> CheckedSubmission {
        let delegation = try services.directory.holder(of: keyIdentifier, at: Clock.now()).delegation
        return try await services.checkGate.run(for: submission.buyer.text) { [queries = services.queries] in
            let checked = try await queries.check(submission, listings)
            _ = try await queries.restrictions(delegation, submission, listings, policy: checked.policyHash.description)
            return checked
        }
    }

    private static let draftMembers = ["mode", "tables", "parameters", "sql", "privacy", "program"]

    /// A draft is read as a submission of the caller's would be.
    static func draft(_ cursor: JSONCursor, of caller: Participant) throws -> QuerySubmission {
        var document = JSONObject()
        for name in draftMembers { document[name] = try cursor.optionalMember(name)?.value }
        document["buyer"] = .string(caller.identifier.text)
        document["title"] = "draft"
        return try QuerySubmission(JSONCursor(.object(document)))
    }

    static func refused(_ refusal: QueryRefusal) -> JSONValue {
        let fault = SandboxProblem.fault(refusal)
        var object = SandboxProblem.members(fault)
        object["code"] = .string(fault.code)
        object["message"] = .string(fault.message)
        if !refusal.hint.isEmpty { object["hint"] = .string(refusal.hint) }
        return ["accepted": false, "fault": .object(object)]
    }

    func listedTables(_ tables: [QueryTable]) async throws -> [ListedTable] {
        let found = await services.sequencer.read { state in
            tables.map { state.products[$0.product]?.version($0.version)?.data }
        }
        return try zip(tables, found).enumerated().map { index, pair in
            guard let listing = pair.1 else {
                throw Refusal(
                    .productNotListed, "there is no product \(pair.0.product) in version \(pair.0.version) with data",
                    pointer: "/tables/\(index)")
            }
            return (pair.0, listing)
        }
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["status", "limit", "cursor"])
        let paging = try Paging(request)
        let status = try TargetQuery.choice(request, "status", QueryStatus.self)
        let found = await services.sequencer.read { state in
            state.queries.values.filter { (status == nil || $0.status == status) && state.sees(caller, $0) }
        }
        return .json(200, try paging.page(found, number: \.created.seq) { Views.query($0, refusal: nil) })
    }
}

extension ExchangeState {
    /// A query is seen by its buyer, by the providers of its tables, and by those who see everything.
    func sees(_ caller: Caller, _ query: Exchange.Query) -> Bool {
        guard !caller.seesEverything else { return true }
        guard let identifier = caller.identifier else { return false }
        return query.submission.buyer == identifier
            || query.submission.tables.contains { products[$0.product]?.provider == identifier }
    }
}
