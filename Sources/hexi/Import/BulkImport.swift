import CommandLineInterface
import Encoding
import Exchange
import Signing

/// One line of a table that is a sound listing.
struct ImportItem: Sendable {
    var line: Int
    var key: String
    var listing: ProductListing
}

/// What is wrong with one line.
struct ImportFault: Sendable, Hashable {
    var line: Int
    /// As it stands in the file's header; empty where the line as a whole is meant.
    var column: String
    var reason: String

    var json: JSONValue { ["line": .integer(Int64(line)), "column": .string(column), "reason": .string(reason)] }
}

/// A table read as listings: every line is checked before anything is signed.
struct ImportPlan: Sendable {
    private(set) var items: [ImportItem] = []
    private(set) var faults: [ImportFault] = []

    /// - Parameter progress: is told how many lines have been checked.
    init(
        _ table: CSVTable, _ columns: ListingColumns, provider: Identifier, space: String, progress: (UInt64) -> Void
    ) {
        faults = table.faults.map { ImportFault(line: $0.line, column: "", reason: $0.reason) }
        var lines: [String: Int] = [:]
        var externals: [ExternalIdentifier: Int] = [:]
        for (index, record) in table.records.enumerated() {
            progress(UInt64(index))
            let document = columns.document(record.fields)
            let key = ImportJournal.key(document)
            if let earlier = lines[key] {
                faults.append(ImportFault(line: record.line, column: "", reason: "is the same as line \(earlier)"))
                continue
            }
            lines[key] = record.line
            do throws(StatementError) {
                let listing = try document.statement(provider: provider, space: space)
                if let taken = listing.externalIdentifiers.first(where: { externals[$0.key] != nil }) {
                    let reason = "the identifier \(taken) stands in line \(externals[taken.key] ?? 0) already"
                    faults.append(ImportFault(line: record.line, column: columns.column(of: "/externalIdentifiers"), reason: reason))
                    continue
                }
                for external in listing.externalIdentifiers { externals[external.key] = record.line }
                items.append(ImportItem(line: record.line, key: key, listing: listing))
            } catch {
                faults.append(Self.fault(error, record.line, columns))
            }
        }
        faults.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private static func fault(_ error: StatementError, _ line: Int, _ columns: ListingColumns) -> ImportFault {
        guard case .invalid(let mismatch) = error else { return ImportFault(line: line, column: "", reason: "\(error)") }
        return ImportFault(line: line, column: columns.column(of: mismatch.pointer), reason: mismatch.reason)
    }
}

/// Signs the items of a plan and sends them, many at a time.
struct BulkSender: Sendable {
    static let batchCount = 200
    static let batchesUnderWay = 4

    struct Outcome: Sendable {
        var recorded = 0
        /// Recorded by an earlier call, or listed before under the same external identifier.
        var known = 0
        var refused: [ImportFault] = []
    }

    let session: Session
    let pause: @Sendable (Int64) async -> Void
    let note: @Sendable (String) -> Void
    let progress: @Sendable (UInt64) -> Void

    /// One batch on its way.
    private struct Batch: Sendable {
        var items: [ImportItem]
        var statements: [SignedStatement]
    }

    func send(_ items: [ImportItem], _ journal: inout ImportJournal) async throws(ClientError) -> Outcome {
        var outcome = Outcome()
        var waiting = try await unsettled(items, &journal, &outcome)[...]
        var journalCopy = journal
        let result: Result<Outcome, ClientError> = await withTaskGroup(
            of: (Batch, Result<[JSONValue], ClientError>).self
        ) { group in
            do throws(ClientError) {
                var underWay = 0
                var done = outcome.known
                while !waiting.isEmpty || underWay > 0 {
                    while underWay < Self.batchesUnderWay, !waiting.isEmpty {
                        let batch = try sign(Array(waiting.prefix(Self.batchCount)))
                        waiting = waiting.dropFirst(Self.batchCount)
                        try journalCopy.note(zip(batch.items, batch.statements).map { ($0.key, $1.identifier(.product).text) }, isRecorded: false)
                        group.addTask { (batch, await self.post(batch)) }
                        underWay += 1
                    }
                    guard let (batch, answer) = await group.next() else { break }
                    underWay -= 1
                    try await settle(batch, try answer.get(), &journalCopy, &outcome)
                    done += batch.items.count
                    progress(UInt64(done))
                }
                return .success(outcome)
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }
        journal = journalCopy
        return try result.get()
    }

    /// The items that the node does not have yet, as far as the journal and the node can tell.
    private func unsettled(
        _ items: [ImportItem], _ journal: inout ImportJournal, _ outcome: inout Outcome
    ) async throws(ClientError) -> [ImportItem] {
        var waiting: [ImportItem] = []
        for item in items {
            guard let known = journal.items[item.key] else {
                waiting.append(item)
                continue
            }
            // Sent, but the answer never came: only the node knows. A journal that says "recorded" is believed.
            let isThere = if known.isRecorded { true } else { try await exists(known.identifier) }
            if isThere {
                outcome.known += 1
                if !known.isRecorded { try journal.note([(item.key, known.identifier)], isRecorded: true) }
            } else {
                journal.forget(item.key)
                waiting.append(item)
            }
        }
        return waiting
    }

    private func exists(_ identifier: String) async throws(ClientError) -> Bool {
        do throws(ClientError) {
            _ = try await session.client.withoutKey().get(RequestTarget("\(ProductCommands.path)/\(identifier)"))
            return true
        } catch {
            if case .problem(let problem) = error, problem.status == 404 { return false }
            throw error
        }
    }

    private func sign(_ items: [ImportItem]) throws(ClientError) -> Batch {
        var statements: [SignedStatement] = []
        for item in items { statements.append(try session.sender.sign(.productListing(item.listing))) }
        return Batch(items: items, statements: statements)
    }

    /// Sends the very same bytes until there is an answer: the node records each statement at most once.
    private func post(_ batch: Batch) async -> Result<[JSONValue], ClientError> {
        let body: JSONValue = ["statements": .array(batch.statements.map(\.json))]
        var attempt = 1
        while true {
            do throws(ClientError) {
                let answer = try await session.client.post(RequestTarget("\(ProductCommands.path)/batch"), body, patience: .run)
                guard let results = answer.body["results"]?.arrayValue, results.count == batch.items.count else {
                    throw .unexpectedAnswer(node: session.client.address.base, reason: "a batch without an outcome for each statement")
                }
                return .success(results)
            } catch {
                guard let wait = StatementSender.milliseconds(beforeRetryOf: error, attempt: attempt), attempt < 5, !Task.isCancelled else {
                    return .failure(error)
                }
                note("\(error)\nSending the same signed batch again, attempt \(attempt + 1) of 5; the node records each statement at most once.")
                await pause(wait)
                attempt += 1
            }
        }
    }

    private func settle(
        _ batch: Batch, _ results: [JSONValue], _ journal: inout ImportJournal, _ outcome: inout Outcome
    ) async throws(ClientError) {
        var recorded: [(key: String, identifier: String)] = []
        for (item, result) in zip(batch.items, results) {
            if let status = result["status"]?.integerValue, status < 300, let identifier = result["identifier"]?.stringValue {
                recorded.append((item.key, identifier))
                if result["duplicate"]?.boolValue == true { outcome.known += 1 } else { outcome.recorded += 1 }
                continue
            }
            let problem = result["problem"] ?? .null
            if problem.text("type").hasSuffix("/identifier-taken"), let own = try await ownProduct(item.listing) {
                recorded.append((item.key, own))
                outcome.known += 1
                continue
            }
            outcome.refused.append(ImportFault(line: item.line, column: problem.text("pointer"), reason: problem.text("detail")))
        }
        try journal.note(recorded, isRecorded: true)
    }

    /// The user's own product that has one of the listing's external identifiers: it was listed before, perhaps from
    /// another machine.
    private func ownProduct(_ listing: ProductListing) async throws(ClientError) -> String? {
        for external in listing.externalIdentifiers {
            do throws(ClientError) {
                let found = try await session.client.withoutKey().get(RequestTarget("/id", [("scheme", external.scheme), ("value", external.value)]))
                if found["provider"]?.stringValue == listing.provider.text { return found["identifier"]?.stringValue }
            } catch {
                guard case .problem(let problem) = error, problem.status == 404 else { throw error }
            }
        }
        return nil
    }
}
