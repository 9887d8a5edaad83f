import CommandLineInterface
import Encoding
import Exchange

/// A task as the command line asks for it, with what the user is told before it is signed.
struct TaskDraft: Sendable {
    let request: TaskRequest
    let title: String
    /// What a run will cost, and under which contracts.
    let terms: String

    static let options: [CommandOption] = [
        .value(
            "contract", "ID", about: "the contract to charge; else those of yours in force that cover the query. "
                + "\"none\" sends the request without a contract, which the node refuses on the record", isRepeated: true),
        .value("parameter", "NAME=VALUE", about: "the value of a parameter of the query", isRepeated: true),
        .flag("sealed", about: "have the result encrypted to your key as soon as it is computed; only that is kept and delivered"),
        .value(
            "priority", "PRIORITY", about: "which of your own waiting runs go first",
            choices: TaskPriority.allCases.map(\.rawValue)),
        .value("deadline", "TIME", about: "until when the result must be there, UTC, such as 2026-12-31T08:00:00.000Z"),
    ]

    init(_ query: Identifier, _ context: CommandContext, _ session: Session, currency: String) async throws {
        let named = try Self.namedContracts(context.arguments)
        let target = try await RunTarget(query, session.client)
        let parameters = try target.values(context.arguments.values("parameter"))
        let choice: ContractChoice
        if let named {
            choice = ContractChoice(named: named)
        } else {
            choice = try ContractChoice(covering: target.tables, from: try await Self.contractsInForce(session))
        }
        title = target.title
        terms = Self.terms(of: choice, currency: currency)
        request = TaskRequest(
            query: query, contracts: choice.contracts, parameters: parameters,
            deadline: try context.arguments.value("deadline").map { try Notation.time($0, of: "--deadline", isEnd: true) },
            priority: context.arguments.value("priority").flatMap(TaskPriority.init) ?? .normal,
            isSealed: context.arguments.flag("sealed"))
    }

    private static func terms(of choice: ContractChoice, currency: String) -> String {
        if choice.contracts.isEmpty { return "without a contract" }
        let cost = choice.cost.map { MoneyText.format($0, currency: currency) } ?? "the contracts' prices"
        return "at \(cost), charged to \(choice.contracts.map(\.text).joined(separator: ", "))"
    }

    /// `nil` where the command is to find them.
    private static func namedContracts(_ arguments: ParsedArguments) throws -> [Identifier]? {
        let texts = arguments.values("contract")
        if texts.isEmpty { return nil }
        if texts == ["none"] { return [] }
        return try texts.map { try Notation.identifier($0, .contract, of: "--contract") }
    }

    private static func contractsInForce(_ session: Session) async throws -> [ContractChoice.Candidate] {
        let own = session.profile.participant?.text
        var candidates: [ContractChoice.Candidate] = []
        var cursor: String?
        repeat {
            let page = try await session.client.get(
                RequestTarget(
                    ContractCommands.path, [("status", ContractStatus.active.rawValue), ("limit", "200"), ("cursor", cursor)]))
            for item in page.list("items") where item["inForce"]?.boolValue == true {
                guard item["terms"]?["buyer"]?.stringValue == own else { continue }
                do { candidates.append(try ContractChoice.Candidate(JSONCursor(item))) } catch {
                    throw ClientError.unexpectedAnswer(node: session.client.address.base, reason: "a contract: \(error)")
                }
            }
            cursor = page.list("items").isEmpty ? nil : page["next"]?.stringValue
        } while cursor != nil
        return candidates
    }

    /// Signs the task and has it minted.
    ///
    /// - Throws: `queued` where the request waits for a bundle; the run has to be asked for when its answer has come.
    func mint(_ session: Session, _ context: CommandContext) async throws(ClientError) -> (task: Identifier, answer: StatementAnswer) {
        let statement = try session.sender.sign(.run(.task(request)))
        let task = statement.identifier(.task)
        let answer: StatementAnswer
        do throws(ClientError) { answer = try await session.sender.send(statement, to: TaskCommands.path) } catch {
            if case .queued = error { context.note("When the answer has come, run it with: hexi run start --task \(task)") }
            throw error
        }
        guard answer.identifier == task.text else {
            throw .unexpectedAnswer(node: session.client.address.base, reason: "the task is \(task), not \(answer.identifier)")
        }
        return (task, answer)
    }
}
