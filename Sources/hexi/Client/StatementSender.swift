import Encoding
import Exchange
import HTTPTransport
import Signing

/// What the node answered to a statement.
struct StatementAnswer: Sendable {
    /// The identifier of what the statement made or changed, as the node gives it.
    let identifier: String
    /// Whether this very statement had been recorded before.
    let isDuplicate: Bool
    /// The node's whole answer.
    let body: JSONValue

    init(_ answer: NodeClient.Answer, node: String) throws(ClientError) {
        do {
            let cursor = JSONCursor(answer.body)
            identifier = try cursor.member("identifier").string(maximumCount: 128)
            isDuplicate = try cursor.optionalMember("duplicate")?.bool() ?? false
        } catch { throw .unexpectedAnswer(node: node, reason: "the answer to a statement lacks a member: \(error)") }
        body = answer.body
    }
}

/// Signs statements, keeps them, and sends them until there is a definite answer.
struct StatementSender: Sendable {
    static let attemptLimit = 3

    let profile: Profile
    let key: SigningKey
    let client: NodeClient
    let time: TimeSource
    /// Tells the user what goes on, on standard error.
    let note: @Sendable (String) -> Void
    /// Waits between attempts, in milliseconds; tests do not wait.
    let pause: @Sendable (Int64) async -> Void

    var outbox: Outbox { Outbox(directory: profile.outboxDirectory) }

    /// How long a statement that travels as a file may be recorded: thirty days, what a new space allows.
    static let offlineMilliseconds: Int64 = 30 * 86_400_000

    /// Random text of twenty-four URL-safe characters.
    static func makeNonce() -> String { Base64.encodeURL(RandomBytes.generate(18)) }

    /// Signs a statement for the profile's space, here and now.
    ///
    /// - Parameter days: how long it may be recorded, where it goes to others first; `nil` for the minutes that a statement
    ///   has which is sent at once, or for what a bundle has.
    func sign(_ content: StatementContent, validForDays days: Int? = nil) throws(ClientError) -> SignedStatement {
        let now = time.now()
        let milliseconds = days.map { Int64($0) * 86_400_000 } ?? client.offline.map { _ in Self.offlineMilliseconds }
        do {
            return try SignedStatement.sign(
                content, space: profile.space, issuedAt: now, nonce: Self.makeNonce(),
                acceptUntil: milliseconds.map { now.advanced(byMilliseconds: $0) }, key: key)
        } catch let error as StatementError {
            throw .invalid(error, in: "the \(content.kind.rawValue)")
        } catch {
            throw .refused("the \(content.kind.rawValue) cannot be signed: \(error)", hint: "")
        }
    }

    func send(_ content: StatementContent, to path: String, patience: NodeClient.Patience = .write) async throws(ClientError)
        -> StatementAnswer
    {
        try await send(try sign(content), to: path, patience: patience)
    }

    /// Saves a signed statement and sends it.
    func send(_ statement: SignedStatement, to path: String, patience: NodeClient.Patience = .write) async throws(ClientError)
        -> StatementAnswer
    {
        try await deliver(try outbox.save(statement, path: path), patience: patience)
    }

    /// Sends a saved statement up to ``attemptLimit`` times, and forgets it once the node has taken or refused it.
    func deliver(_ item: OutboxItem, patience: NodeClient.Patience = .write) async throws(ClientError) -> StatementAnswer {
        var attempt = 1
        while true {
            do throws(ClientError) {
                let answer = try await client.post(
                    RequestTarget(item.path), ["statement": item.statement], patience: patience)
                outbox.remove(item)
                keep(answer.body["receipt"], of: item)
                return try StatementAnswer(answer, node: client.address.base)
            } catch {
                if case .queued = error {
                    note("The signed statement waits in \(profile.directory)/offline; do not run the command again.")
                    throw error
                }
                // What is refused on the record has a receipt too.
                if case .problem(let problem) = error { keep(problem.extensions["receipt"], of: item) }
                guard let wait = Self.milliseconds(beforeRetryOf: error, attempt: attempt) else {
                    outbox.remove(item)
                    throw error
                }
                guard attempt < Self.attemptLimit else {
                    note(
                        "The statement is kept in \(profile.outboxDirectory)/\(item.name); \"hexi outbox send\" sends the very "
                            + "same bytes again. The node records it at most once.")
                    throw error
                }
                note(
                    "\(error)\nSending the same signed statement again, attempt \(attempt + 1) of \(Self.attemptLimit); "
                        + "the node records it at most once.")
                await pause(wait)
            }
            attempt += 1
        }
    }

    /// Writes the receipt down. The statement is recorded by now, so a full disk here is worth a remark and no more.
    private func keep(_ receipt: JSONValue?, of item: OutboxItem) {
        guard let receipt else { return }
        do throws(ClientError) { try profile.receipts.add(receipt, of: try item.parsed()) } catch {
            note("The receipt could not be kept: \(error)")
        }
    }

    /// How long to wait before the same bytes are sent again; `nil` after an answer that is final.
    static func milliseconds(beforeRetryOf error: ClientError, attempt: Int) -> Int64? {
        switch error {
        case .unreachable: return attempt == 1 ? 500 : 2000
        case .problem(let problem) where problem.status == 503 || problem.status == 429:
            let asked = problem.headers["Retry-After"].flatMap { Int64($0) } ?? 2
            return min(max(asked, 0), 10) * 1000
        // An answer that cannot be read may hide one that was recorded.
        case .unexpectedAnswer: return 2000
        case .problem(let problem) where problem.status >= 500: return 2000
        default: return nil
        }
    }
}
