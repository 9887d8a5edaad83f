import Exchange
import HTTPTransport
import TransparencyLog

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
                    if !services.publication.accepts(change.logKeys) { throw Self.notInPolicy(change.logKeys) }
                }
            }
        }
    }

    private static func notInPolicy(_ keys: [NoteVerifier]) -> Problem {
        Problem(
            code: "log-key-not-in-policy", status: 422, title: "The node could not publish what this key signs",
            detail: "the node's witness-policy lists none of the keys \(keys.map(\.description).joined(separator: ", ")), so no checkpoint could be published after this change",
            pointer: "/logKeys",
            hint: "Write the line \"log \(keys.last?.description ?? "")\" into the node's witness-policy, beside the old one, and start the node anew.")
    }
}
