import Encoding
import Exchange
import HTTPTransport

/// Digital contracts.
struct ContractRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/contracts", body: StatementIntake.body) { request, _ in
            try await intake.record(Command(intake.signedStatement(request, .contract)))
        }
        router.add("POST", "/api/v1/contracts/{prefix}/{suffix}/signatures", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .contract)
            try intake.checkPath(path, .contract, is: verified.statement.identifier(.contract))
            return try await intake.record(Command(verified))
        }
        router.add("POST", "/api/v1/contracts/{prefix}/{suffix}/termination", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .contractTermination)
            if case .contractTermination(let termination) = verified.statement.content {
                try intake.checkPath(path, .contract, is: termination.contract)
            }
            return try await intake.record(Command(verified))
        }
        router.add("GET", "/api/v1/contracts") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/contracts/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, [])
            let caller = try intake.authenticator.authenticate(request).caller
            let identifier = try StatementIntake.identifier(path, .contract)
            let (contract, now) = await (services.sequencer.read { $0.contracts[identifier] }, services.sequencer.now())
            // What the caller may not see is not there for the caller.
            guard let contract, caller.isParty(to: contract) else { throw Problem.missing("contract", identifier) }
            return .json(200, Views.contract(contract, at: now, statement: try signed(contract)))
        }
    }

    /// The contract as it stands signed so far, for a further party to sign: each entry brought some of the signatures.
    private func signed(_ contract: Contract) throws -> JSONValue {
        var object = JSONObject()
        var signatures: [JSONValue] = []
        for seq in Set(contract.signatureEntries).sorted() {
            let statement = try services.recorded(seq).event.statement.json
            object["payload"] = statement["payload"]
            for signature in statement["signatures"]?.arrayValue ?? [] where !signatures.contains(signature) {
                signatures.append(signature)
            }
        }
        object["signatures"] = .array(signatures)
        return .object(object)
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["status", "limit", "cursor"])
        let paging = try Paging(request)
        let status = try TargetQuery.choice(request, "status", ContractStatus.self)
        let found = await services.sequencer.read { state in
            state.contracts.values.filter { (status == nil || $0.status == status) && caller.isParty(to: $0) }
        }
        let now = await services.sequencer.now()
        return .json(
            200, try paging.page(found, number: \.created.seq) { Views.contract($0, at: now, statement: nil) })
    }
}

extension Caller {
    func isParty(to contract: Contract) -> Bool {
        seesEverything || identifier.map { contract.terms.parties.contains($0) } ?? false
    }
}
