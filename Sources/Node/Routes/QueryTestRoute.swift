import Encoding
import Exchange
import HTTPTransport
import Sandbox

/// Trying a query on synthetic rows: the same check, the same rewriting, the same sandbox, but no data and no contract.
struct QueryTestRoute: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/queries/test", body: StatementIntake.body) { request, _ in try await test(request) }
    }

    private func test(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard case .participant(let caller) = try intake.authenticator.authenticate(request).caller else {
            throw Refusal(.roleMissing, "only a registered participant tests queries")
        }
        let cursor = try StatementIntake.document(request)
        try cursor.allowMembers(["mode", "tables", "parameters", "sql", "values", "rows"])
        let rows = Int(try cursor.optionalMember("rows")?.integer(in: 1...Int64(SyntheticTable.maximumRows)) ?? Int64(SampleService.defaultRows))
        var values: [String: JSONValue] = [:]
        for (name, value) in try cursor.optionalMember("values")?.members() ?? [] { values[name] = value.value }
        let queries = QueryRoutes(services: services, intake: intake)
        let submission = try QueryRoutes.draft(cursor, of: caller)
        let listings = try await queries.listedTables(submission.tables)
        let given = values
        do {
            let result = try await services.gate.run(for: caller.identifier.text) {
                let checked = try await services.queries.checkText(submission, listings)
                return try await SampleService(services: services).run(checked, submission.tables, values: given, rows: rows)
            }
            return .json(200, Self.view(result), headers: ["X-Hexi-Synthetic": "true"])
        } catch SandboxError.refused(let refusal) {
            return .json(200, QueryRoutes.refused(refusal))
        } catch { throw SandboxProblem.problem(error) }
    }

    private static func view(_ result: RunResult) -> JSONValue {
        [
            "accepted": true, "synthetic": true,
            "notice": "These rows are made up from published statistics; they say nothing about anybody. 以下结果由公开统计信息合成,不含真实数据。",
            "columns": .array(result.columns.map { ["name": .string($0.name), "type": .string($0.type)] }),
            "rows": .array(result.rows.map { .array($0) }), "suppressedGroups": .integer(Int64(result.suppressedGroups)),
            "milliseconds": .integer(Int64(result.milliseconds)), "engine": .string(result.engine),
            "policy": .string(result.policyHash.description),
        ]
    }
}
