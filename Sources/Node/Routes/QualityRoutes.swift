import Encoding
import Exchange
import HTTPTransport
import Sandbox
import Signing

/// Quality reports and the sample library.
struct QualityRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    private var quality: QualityService { QualityService(services: services) }

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/products/{prefix}/{suffix}/quality") { request, path in try await assess(request, path) }
        router.add("GET", "/api/v1/products/{prefix}/{suffix}/quality") { request, path in
            try TargetQuery.allow(request, ["version"])
            let (product, version) = try await version(request, path)
            let (report, seq) = try await quality.report(product, version: version)
            return .json(200, Self.view(report, seq: seq))
        }
        router.add("GET", "/api/v1/products/{prefix}/{suffix}/sample") { request, path in try await sample(request, path) }
    }

    static func view(_ report: QualityReport, seq: UInt64) -> JSONValue {
        [
            "product": .string(report.product.text), "version": .integer(report.version), "entry": .integer(Int64(clamping: seq)),
            "sha256": .string(report.digest.description), "report": report.document, "signed": .string(report.signed),
        ]
    }

    /// The product that the path names and the version that the query does: the one in force, else the newest, if none.
    private func version(_ request: HTTPRequest, _ path: PathParameters) async throws -> (Identifier, Int64) {
        let identifier = try StatementIntake.identifier(path, .product)
        let asked = try TargetQuery.number(request, "version")
        let product = await services.sequencer.read { $0.products[identifier] }
        guard let product else { throw Problem.missing("product", identifier) }
        let number = asked.map { Int64(clamping: $0) } ?? product.numberInForce ?? Int64(product.versions.count)
        guard product.version(number) != nil else {
            throw Problem(
                code: "not-found", status: 404, title: "There is no such thing",
                detail: "the product \(identifier) has \(product.versions.count) version(s), not \(number)")
        }
        return (identifier, number)
    }

    private func assess(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["version"])
        let (identifier, number) = try await version(request, path)
        guard let product = await services.sequencer.read({ $0.products[identifier] }) else {
            throw Problem.missing("product", identifier)
        }
        let isAllowed = if case .spaceOperator = caller { true } else { caller.identifier == product.provider }
        guard isAllowed else {
            throw Refusal(.roleMissing, "only the provider of \(identifier), or the operator, has its data assessed")
        }
        guard let data = product.version(number)?.data else {
            throw Problem(
                code: "catalogue-only", status: 422, title: "There is no data to assess",
                detail: "version \(number) of \(identifier) is an entry of the catalogue only; the node holds no data for it",
                hint: "List a version with a snapshot: hexi product import FILE, then hexi product template.")
        }
        let (report, recorded) = try await services.gate.run(for: product.provider.text) {
            try await quality.assess(identifier, version: number, data)
        }
        guard case .object(var answer) = Self.view(report, seq: recorded.seq) else { return .json(201, .null) }
        answer["identifier"] = .string(identifier.text)
        answer["receipt"] = StatementIntake.receipt(recorded)
        return .json(201, .object(answer))
    }

    private func sample(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["version", "rows"])
        let rows = try Self.rows(request)
        let (product, version) = try await version(request, path)
        let table = try await SampleService(services: services).table(product, version: version, rows: rows)
        let name = "\(product.suffix)-v\(version)-synthetic.csv"
        return .bytes(
            200, type: "text/csv; charset=utf-8; header=present", table.csv,
            headers: [
                // Whoever finds the file later must not take it for data.
                "Content-Disposition": "attachment; filename=\"\(name)\"", "X-Hexi-Synthetic": "true",
                "X-Content-Type-Options": "nosniff",
            ])
    }

    static func rows(_ request: HTTPRequest) throws -> Int {
        guard let asked = try TargetQuery.number(request, "rows") else { return SampleService.defaultRows }
        guard (1...UInt64(SyntheticTable.maximumRows)).contains(asked) else {
            throw TargetQuery.problem("rows", "must be a number from 1 to \(SyntheticTable.maximumRows)")
        }
        return Int(asked)
    }
}
