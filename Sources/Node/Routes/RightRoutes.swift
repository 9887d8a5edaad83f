import Encoding
import Exchange
import HTTPTransport

/// The register of rights in data: statements about them, and what anybody may read of it.
struct RightRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    static let path = "/api/v1/rights"
    static let resources = "/api/v1/resources"

    /// What is recorded about one right, by the last part of its address.
    static let actions: [(name: String, kind: StatementKind)] = [
        ("withdrawal", .rightWithdrawal), ("checks", .rightCheck), ("objections", .rightObjection),
        ("objection-decisions", .objectionDecision), ("decisions", .rightDecision), ("transfers", .rightTransfer),
        ("splits", .rightSplit), ("changes", .rightChange), ("renewals", .rightRenewal), ("licences", .rightLicence),
        ("licence-ends", .rightLicenceEnd), ("pledges", .rightPledge), ("pledge-releases", .rightPledgeRelease),
        ("freezes", .rightFreeze), ("unfreezes", .rightUnfreeze), ("cancellation", .rightCancellation),
    ]

    func add(to router: inout Router) {
        for (pattern, kind) in [
            (Self.resources, StatementKind.resourceRegistration), (Self.path, .rightApplication), ("/api/v1/right-merges", .rightMerge),
        ] {
            router.add("POST", pattern, body: StatementIntake.body) { request, _ in
                try await intake.record(Command(intake.signedStatement(request, kind)))
            }
        }
        for (name, kind) in Self.actions {
            router.add("POST", "\(Self.path)/{prefix}/{suffix}/\(name)", body: StatementIntake.body) { request, path in
                let verified = try intake.signedStatement(request, kind)
                if case .right(let statement) = verified.statement.content, let right = statement.rights.first {
                    try intake.checkPath(path, .right, is: right)
                }
                return try await intake.record(Command(verified))
            }
        }
        router.add("GET", Self.resources) { request, _ in try await listResources(request) }
        router.add("GET", "\(Self.resources)/{prefix}/{suffix}") { request, path in try await resource(request, path) }
        router.add("GET", Self.path) { request, _ in try await list(request) }
        router.add("GET", "\(Self.path)/{prefix}/{suffix}") { request, path in try await show(request, path) }
        router.add("GET", "/api/v1/notices") { request, _ in try await notices(request) }
    }

    private func listResources(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["holder", "limit", "cursor"])
        let paging = try Paging(request)
        let holder = try TargetQuery.identifier(request, "holder", .participant)
        let page = await services.sequencer.read { state in
            Result {
                let found = state.rights.resources.values.filter { holder == nil || $0.holder == holder }
                return try paging.page(found, number: \.created.seq) { RightViews.resource($0, state: state) }
            }
        }
        return .json(200, try page.get())
    }

    private func resource(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        let identifier = try StatementIntake.identifier(path, .resource)
        let view = await services.sequencer.read { state in
            state.rights.resources[identifier].map { RightViews.resource($0, state: state) }
        }
        guard case .object(var object)? = view else { throw Problem.missing("resource", identifier) }
        object["history"] = RightViews.history(try services.index.history(of: identifier.text))
        return .json(200, .object(object))
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["holder", "over", "status", "kind", "limit", "cursor"])
        let paging = try Paging(request)
        let holder = try TargetQuery.identifier(request, "holder", .participant)
        let over = try over(request)
        let status = try TargetQuery.choice(request, "status", RightStatus.self)
        let kind = try TargetQuery.choice(request, "kind", RightKind.self)
        let now = await services.sequencer.now()
        let page = await services.sequencer.read { state in
            Result {
                let found = state.rights.rights.values.filter { right in
                    (holder == nil || right.holder == holder) && (over == nil || right.over == over)
                        && (status == nil || right.status == status) && (kind == nil || right.kind == kind)
                }
                return try paging.page(rights: found) { RightViews.right($0, state: state, at: now) }
            }
        }
        return .json(200, try page.get())
    }

    /// A resource or a product.
    private func over(_ request: HTTPRequest) throws -> Identifier? {
        guard let text = try request.queryValue("over") else { return nil }
        let identifier: Identifier
        do { identifier = try Identifier(text) } catch { throw TargetQuery.problem("over", "is no identifier: \(error)") }
        guard identifier.kind == .resource || identifier.kind == .product else {
            throw TargetQuery.problem("over", "must name a resource (R…) or a product (D…)")
        }
        return identifier
    }

    private func show(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        let dossier = try await CertificateRoutes.dossier(path, services)
        let view = await services.sequencer.read { state in
            RightViews.right(dossier.right, state: state, at: dossier.time)
        }
        guard case .object(var object) = view else { return .json(200, view) }
        object["overTitle"] = RightViews.languages(dossier.thingTitle)
        object["history"] = RightViews.history(dossier.history)
        return .json(200, .object(object))
    }

    /// The applications that can be objected to, the earliest end first.
    private func notices(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        let now = await services.sequencer.now()
        let items = await services.sequencer.read { state in
            let policy = state.space?.policy.rights ?? RightsPolicy()
            let open = state.rights.rights.values.filter { right in
                right.status == .noticed && (policy.hearsLateObjections || right.noticeUntil.map { now < $0 } ?? false)
            }
            return open.sorted { ($0.noticeUntil ?? now, $0.identifier) < ($1.noticeUntil ?? now, $1.identifier) }
                .prefix(Self.maximumNotices).map { RightViews.notice($0, state: state) }
        }
        return .json(200, ["items": .array(items), "asOf": .string(now.description)])
    }

    private static let maximumNotices = 1000
}

extension Paging {
    /// One page of rights, the latest first. The parts of a split share an entry's number, so the cursor names both
    /// the number and the certificate.
    func page(rights: some Sequence<Right>, view: (Right) -> JSONValue) throws -> JSONValue {
        func key(_ right: Right) -> (UInt64, String) { (right.created.seq, right.identifier.suffix) }
        var before: (UInt64, String)?
        if let cursor {
            let parts = cursor.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let seq = UInt64(parts[0]), String(seq) == parts[0] else {
                throw TargetQuery.problem("cursor", "is not one that this node gave out")
            }
            before = (seq, String(parts[1]))
        }
        let rest = rights.filter { right in before.map { key(right) < $0 } ?? true }.sorted { key($0) > key($1) }
        let shown = rest.prefix(limit)
        var object: JSONObject = ["items": .array(shown.map(view))]
        if rest.count > shown.count, let last = shown.last.map(key) { object["next"] = .string("\(last.0).\(last.1)") }
        return .object(object)
    }
}
