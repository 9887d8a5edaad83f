import DifferentialPrivacy
import Encoding
import Exchange
import HTTPTransport
import Sandbox
import Signing

/// What a run computed, before anything of it is on record.
struct ComputedRun: Sendable {
    /// The result in the clear.
    var bytes: [UInt8]
    var facts: RunFacts
    /// The files that a program made, in a folder of the node's own.
    var artefacts: [ProgramOutcome.Artefact] = []
}

/// The part of a run that happens in the sandbox.
struct RunComputation: Sendable {
    let services: NodeServices
    let request: RunRequest
    let authorization: RunAuthorization
    let keyIdentifier: String

    private var submission: QuerySubmission { authorization.query.submission }

    func compute() async throws -> ComputedRun {
        let checked = try await services.queries.checked(authorization.query, authorization.listings)
        let restrictions = try await services.queries.restrictions(
            try services.directory.holder(of: keyIdentifier, at: Clock.now()).delegation, submission,
            authorization.listings, policy: authorization.query.policy)
        var paths: [String: String] = [:]
        for (table, listing) in authorization.listings {
            paths[table.name] = try await services.snapshots.workingCopy(listing.snapshot)
        }
        switch checked {
        case .query(let query): return try await run(query, paths, restrictions)
        case .program(let program): return try await run(program, paths, restrictions)
        }
    }

    // MARK: Queries

    private func run(
        _ query: CheckedQuery, _ paths: [String: String], _ restrictions: [String: [RowRestriction]]
    ) async throws -> ComputedRun {
        let result = try await services.engine.run(
            query, values: try values(), snapshots: paths, restrictions: restrictions, earlier: try await earlierRuns(),
            cellKeys: cellKeys(), privacy: try privacy())
        var facts = facts(
            policy: result.policyHash, engine: result.engine, rows: result.rows.count, result: result.resultHash,
            milliseconds: result.milliseconds)
        facts.suppressedGroups = Int64(result.suppressedGroups)
        facts.isExact = query.isExact
        return ComputedRun(bytes: result.resultBytes, facts: facts)
    }

    private static func unavailable(_ seq: UInt64) -> Problem {
        Problem(
            code: "history-unavailable", status: 409, title: "An earlier run cannot be looked at",
            detail: "the run of entry \(seq), which this one must be held against, cannot be made out any more")
    }

    /// The runs that this one is held against, as they were: query and values from the ledger, on the data that they ran on. None
    /// of them saw a part of the rows only: the rules let no key with a row scope run where runs are held against each other.
    private func earlierRuns() async throws -> [Sandbox.EarlierRun] {
        var runs: [Sandbox.EarlierRun] = []
        for earlier in authorization.earlierRuns {
            guard case .runRequest(let request) = try services.recorded(earlier.seq).event.statement.content else {
                throw Self.unavailable(earlier.seq)
            }
            let known = await services.sequencer.read { state -> (Exchange.Query, [ListedTable])? in
                guard let query = state.queries[request.query] else { return nil }
                let listings = query.submission.tables.compactMap { table in
                    state.products[table.product]?.version(table.version)?.data.map { (table: table, listing: $0) }
                }
                return listings.count == query.submission.tables.count ? (query, listings) : nil
            }
            guard let (query, listings) = known, case .query(let checked) = try await services.queries.checked(query, listings) else {
                throw Self.unavailable(earlier.seq)
            }
            var paths: [String: String] = [:]
            for (table, listing) in listings { paths[table.name] = try await services.snapshots.workingCopy(listing.snapshot) }
            var values: [String: JSONValue] = [:]
            for member in request.parameters.members { values[member.name] = member.value }
            runs.append(Sandbox.EarlierRun(query: checked, values: values, snapshots: paths))
        }
        return runs
    }

    /// What the run may spend, as the rules have allowed it.
    private func privacy() throws -> PrivacyRequest? {
        try authorization.privacy.map { cost in
            guard let mechanism = NoiseMechanism(rawValue: cost.mechanism.rawValue) else {
                throw SandboxError.engineFailed(operatorDetail: "there is no noise of the kind \(cost.mechanism.rawValue)")
            }
            return PrivacyRequest(epsilonThousandths: cost.epsilon, mechanism: mechanism)
        }
    }

    /// The secrets of the products whose counts are changed by cell keys, by table.
    private func cellKeys() -> [String: CellKeySecret] {
        var keys: [String: CellKeySecret] = [:]
        for (table, listing) in authorization.listings where listing.aggregate?.perturbation != nil {
            let bytes = services.secrets.key(.cells, of: table.product).withUnsafeBytes { Array($0) }
            keys[table.name] = CellKeySecret(bytes)
        }
        return keys
    }

    /// The values of the parameters; where a subject is asked about, the subject itself in the place of its token.
    private func values() throws -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for member in request.parameters.members { values[member.name] = member.value }
        guard submission.mode == .match, let table = submission.tables.first else { return values }
        let name = QuerySubmission.subjectParameter.name
        let token = values[name]?.stringValue ?? ""
        // There is a consent, or the rules would have refused; where nobody is known by the token, nobody is in the table either.
        values[name] = .string(services.subjects.subject(token, of: table.product) ?? "")
        return values
    }

    private func facts(
        policy: SHA256Digest, engine: String, rows: Int, result: SHA256Digest, milliseconds: Int
    ) -> RunFacts {
        let snapshots = authorization.listings.map { ($0.table.name, $0.listing.snapshot) }
        var facts = RunFacts(
            snapshots: Dictionary(snapshots, uniquingKeysWith: { first, _ in first }), policy: policy.description,
            engine: engine, rowCount: Int64(rows), suppressedGroups: 0, result: result.description,
            milliseconds: Int64(milliseconds))
        facts.comparedWith = authorization.earlierRuns.map(\.seq)
        facts.privacy = authorization.privacy
        facts.method = RunMethod(
            mode: submission.mode, version: Int64(DisclosureMethod.version), document: DisclosureMethod.policyDocument.description)
        return facts
    }

    // MARK: Programs

    private func run(
        _ checked: CheckedProgram, _ paths: [String: String], _ restrictions: [String: [RowRestriction]]
    ) async throws -> ComputedRun {
        guard let declaration = submission.program else { throw SandboxError.engineFailed(operatorDetail: "the program is missing") }
        let folder = try services.programs.makeArtefactFolder(authorization.run)
        do {
            let bundle = try await services.programs.bundlePath(declaration.bundle)
            let outcome = try await services.runner.run(
                checked.program, bundle: bundle, tables: checked.tables, snapshots: paths, restrictions: restrictions,
                limits: checked.limits, parameters: request.parameters, artefactFolder: folder)
            var facts = facts(
                policy: checked.policyHash, engine: CheckedProgram.runnerName(declaration.runtime),
                rows: Int(clamping: declaration.numberCount), result: outcome.metricsHash, milliseconds: outcome.milliseconds)
            // A program may use the clock or chance.
            facts.isExact = false
            facts.artefacts = outcome.artefacts.map {
                RunArtefact(name: $0.name, sha256: $0.sha256.description, bytes: $0.bytes)
            }
            return ComputedRun(bytes: outcome.metrics, facts: facts, artefacts: outcome.artefacts)
        } catch {
            services.programs.removeArtefactFolder(authorization.run)
            throw error
        }
    }
}
