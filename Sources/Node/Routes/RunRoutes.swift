import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage

/// Runs, their results, and what they cost.
struct RunRoutes: Sendable {
    let services: NodeServices
    let runs: RunService
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/runs", body: StatementIntake.body) { request, _ in
            let verified = try intake.signedStatement(request, .runRequest)
            return try Self.answer(try await runs.run(verified))
        }
        router.add("GET", "/api/v1/runs") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/runs/{prefix}/{suffix}") { request, path in
            .json(200, Views.run(try await recorded(request, path).recorded))
        }
        router.add("GET", "/api/v1/runs/{prefix}/{suffix}/result") { request, path in try await result(request, path) }
        router.add("POST", "/api/v1/runs/{prefix}/{suffix}/destruction") { request, path in try await destroy(request, path) }
        router.add("GET", "/api/v1/usage") { request, _ in try await usage(request) }
    }

    private static func answer(_ answer: RunAnswer) throws -> HTTPResponse {
        let recorded = answer.recorded
        guard recorded.event.type == .runRefused else {
            var members: [(String, JSONValue)] = [("run", Views.run(recorded))]
            if let bytes = answer.result {
                members.append(
                    answer.isSealed
                        ? ("sealed", Self.sealed(bytes, recorded)) : ("result", try JSONValue.parse(bytes, maximumCount: bytes.count)))
            }
            return StatementIntake.answer(recorded, isDuplicate: answer.isDuplicate, members)
        }
        let body = recorded.event.body
        let isByRules = body["by"]?.stringValue == "rules"
        return .problem(
            Problem(
                code: body["code"]?.stringValue ?? "refused", status: isByRules ? 403 : 422,
                title: isByRules ? "The rules do not allow this run" : "The sandbox refused this run",
                detail: body["reason"]?.stringValue ?? "",
                extensions: ["run": .string(recorded.event.subject), "receipt": StatementIntake.receipt(recorded)]))
    }

    /// The run that a path names, if the caller may see it: its buyer, the providers, and those who see everything.
    private func recorded(
        _ request: HTTPRequest, _ path: PathParameters
    ) async throws -> (recorded: Recorded, authenticated: Authenticated) {
        try TargetQuery.allow(request, [])
        let authenticated = try intake.authenticator.authenticate(request)
        let caller = authenticated.caller
        let identifier = try StatementIntake.identifier(path, .run)
        guard let record = try services.index.runs(RunFilter(identifier: identifier.text, limit: 1)).runs.first else { throw Problem.missing("run", identifier) }
        let isSeen = caller.seesEverything || caller.identifier?.text == record.buyer
            || record.providers.contains(caller.identifier?.text ?? "")
        guard isSeen else { throw Problem.missing("run", identifier) }
        return (try services.recorded(record.seq), authenticated)
    }

    private func result(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        let (recorded, authenticated) = try await recorded(request, path)
        guard authenticated.caller.identifier?.text == recorded.event.actor else {
            throw Refusal(.signerNotNamed, "a result is for the buyer who ran the query")
        }
        try services.checkResultAccess(recorded, authenticated.keyIdentifier)
        guard let bytes = try await services.storedResult(recorded) else {
            throw Problem(
                code: "result-gone", status: 410, title: "The result is not kept",
                detail: "the run has no result, or the contract's time for keeping it is over")
        }
        if recorded.event.body["sealed"] != nil { return .json(200, ["sealed": Self.sealed(bytes, recorded)]) }
        return .json(200, bytes: bytes)
    }

    /// A sealed result, which the holder of the key that signed the request opens.
    private static func sealed(_ bytes: [UInt8], _ recorded: Recorded) -> JSONValue {
        [
            "algorithm": .string(SealedBox.algorithm),
            "key": .string(recorded.event.statement.keyIdentifiers.first ?? ""), "ciphertext": .string(Base64.encodeURL(bytes)),
        ]
    }

    /// The buyer has a result destroyed before its time.
    private func destroy(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        let (recorded, authenticated) = try await recorded(request, path)
        guard authenticated.caller.identifier?.text == recorded.event.actor else {
            throw Refusal(.signerNotNamed, "a result is destroyed for the buyer who ran the query")
        }
        try services.checkResultAccess(recorded, authenticated.keyIdentifier)
        let run = try StatementIntake.identifier(path, .run)
        let destroyed = try await ResultDestroyer(services: services).destroy(run, .request, at: Clock.now())
        guard let destroyed else {
            throw Problem(
                code: "result-gone", status: 410, title: "The result is not kept",
                detail: "the run has no result, or it was destroyed before")
        }
        return StatementIntake.answer(destroyed, isDuplicate: false)
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["contract", "query", "from", "to", "limit", "cursor"])
        let paging = try Paging(request)
        var filter = RunFilter(
            contract: try TargetQuery.identifier(request, "contract", .contract)?.text,
            query: try TargetQuery.identifier(request, "query", .query)?.text,
            from: try TargetQuery.time(request, "from"), to: try TargetQuery.time(request, "to"), limit: paging.limit,
            cursor: paging.cursor)
        if !caller.seesEverything { filter.party = caller.identifier?.text ?? "" }
        let page: RunPage
        do { page = try services.index.runs(filter) } catch {
            if case .badCursor = error { throw TargetQuery.problem("cursor", "is not one that this node gave out") }
            throw error
        }
        var object: JSONObject = ["items": .array(try page.runs.map { Views.run(try services.recorded($0.seq)) })]
        object["next"] = page.nextCursor.map { .string($0) }
        return .json(200, .object(object))
    }

    private func usage(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["from", "to"])
        let caller = try intake.authenticator.authenticate(request).caller
        let from = try TargetQuery.time(request, "from")
        let to = try TargetQuery.time(request, "to")
        let (participants, currency) = await services.sequencer.read { state in
            (state.participants.values.sorted { $0.created.seq < $1.created.seq }, state.space?.currency ?? "")
        }
        let seen = caller.seesEverything ? participants : participants.filter { $0.identifier == caller.identifier }
        let (parties, charges) = try await BlockingWork.run {
            try sums(seen, seesEverything: caller.seesEverything, from: from, to: to)
        }
        var object: JSONObject = ["currency": .string(currency)]
        object["from"] = from.map { .string($0.description) }
        object["to"] = to.map { .string($0.description) }
        object["parties"] = .array(parties)
        object["charges"] = .array(charges)
        return .json(200, .object(object))
    }

    private func sums(
        _ participants: [Participant], seesEverything: Bool, from: Timestamp?, to: Timestamp?
    ) throws -> (parties: [JSONValue], charges: [JSONValue]) {
        var parties: [JSONValue] = []
        var charges: [JSONValue] = []
        for participant in participants {
            let party = participant.identifier.text
            let report = try services.index.usage(
                party: party, from: from ?? Timestamp(milliseconds: .min), to: to ?? Timestamp(milliseconds: .max))
            if report.runs.isEmpty, seesEverything { continue }
            parties.append(Self.party(participant, report))
            // Seen from above, each charge would come twice, as the payer's and as the payee's.
            for line in report.lines where line.isPayer || !seesEverything {
                charges.append([
                    "payer": .string(line.isPayer ? party : line.counterparty),
                    "payee": .string(line.isPayer ? line.counterparty : party), "contract": .string(line.contract),
                    "runs": .integer(Int64(line.runs)), "amount": .integer(line.amount),
                ])
            }
        }
        return (parties, charges)
    }

    private static func party(_ participant: Participant, _ report: UsageReport) -> JSONValue {
        func count(_ outcome: String) -> Int64 { Int64(report.runs.first { $0.outcome == outcome }?.count ?? 0) }
        func sum(_ isPayer: Bool) -> Int64 {
            report.lines.filter { $0.isPayer == isPayer }.reduce(0) { sum, line in
                let (total, overflow) = sum.addingReportingOverflow(line.amount)
                return overflow ? .max : total
            }
        }
        return [
            "participant": .string(participant.identifier.text), "name": .string(participant.name),
            "runs": .integer(count("completed")), "refused": .integer(count("refused")), "owes": .integer(sum(true)),
            "earns": .integer(sum(false)),
        ]
    }
}
