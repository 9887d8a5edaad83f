import Exchange
import HTTPTransport

/// Changes of the keys that sign the ledger's checkpoints.
struct LogKeyRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/space/log-keys", body: StatementIntake.body) { request, _ in
            let verified = try intake.signedStatement(request, .logKeys)
            return try await intake.record(Command(verified)) {
                // A change that the node cannot follow would leave a ledger that nobody can extend.
                if case .logKeys(let change) = verified.statement.content {
                    _ = try services.logKeys.signers(for: change.logKeys.map(\.description))
                }
            }
        }
    }
}
