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
            let verified = try await intake.signedStatement(request, .contract)
            try intake.checkPath(path, .contract, is: verified.statement.identifier(.contract))
            return try await intake.record(Command(verified))
        }
        router.add("POST", "/api/v1/contracts/{prefix}/{suffix}/termination", body: StatementIntake.body) { request, path in
            let verified = try await intake.signedStatement(request, .contractTermination)
            if case .contractTermination(let termination) = verified.statement.content {
                try intake.checkPath(path, .contract, is: termination.contract)
            }
            return try await intake.record(Command(verified))
        }
        router.add("GET", "/api/v1/contracts") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/contracts/{prefix}/{suffix}") { request, path in
            let caller = try await intake.authenticator.authenticate(request).caller
            let identifier = try StatementIntake.identifier(path, .contract)
            let (contract, now) = await (services.sequencer.read { $0.contracts[identifier] }, services.sequencer.now())
            // What the caller may not see is not there for the caller.
            guard let contract, caller.isParty(to: contract) else { throw Problem.missing("contract", identifier) }
            let statement = try services.recorded(contract.created.seq).event.statement.json
            return .json(200, Views.contract(contract, at: now, statement: statement))
        }
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try await intake.authenticator.authenticate(request).caller
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
