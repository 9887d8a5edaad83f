import Encoding
import Exchange
import ExchangeTestKit
import Testing

/// What must be true of tasks, histories, consents and artefacts, told from the accepted events alone and without the rules' own state.
struct TaskHistoryModel {
    struct Task {
        var query: Identifier
        var expires: Timestamp
        var isOver = false
    }

    private struct Earlier {
        var seq: UInt64
        var query: Identifier
        var products: Set<Identifier>
    }

    private let modes: [Identifier: QueryMode]
    private let products: [Identifier: Set<Identifier>]
    private(set) var tasks: [Identifier: Task] = [:]
    private var history: [Earlier] = []
    private var consentUntil: [String: Timestamp] = [:]
    private var answers: [Int64: Int] = [:]
    private var releases: [Identifier: Set<String>] = [:]
    private(set) var counts: [String: Int] = [:]

    init(_ queries: [Identifier: (mode: QueryMode, products: Set<Identifier>)]) {
        modes = queries.mapValues(\.mode)
        products = queries.mapValues(\.products)
    }

    mutating func observe(_ event: Event, seq: UInt64, at time: Timestamp) {
        counts[event.type.rawValue, default: 0] += 1
        switch event.statement.content {
        case .run(.task(let request)):
            let expires = request.deadline ?? time.advanced(byMilliseconds: 86_400_000)
            tasks[event.statement.identifier(.task)] = Task(query: request.query, expires: expires)
        case .run(.taskCancellation(let end)):
            expectOpen(end.task, at: time)
            tasks[end.task]?.isOver = true
        case .run(.consent(let consent)): consentUntil[consent.token] = consent.validUntil
        case .run(.consentEnd(let end)):
            #expect(consentUntil.removeValue(forKey: end.token).map { time <= $0 } == true)
        case .run(.artefactDecision(let decision)) where decision.decision == .release:
            releases[decision.run, default: []].insert(event.actor)
            #expect((event.body["complete"] == true) == (releases[decision.run]?.count == 2))
        case .runRequest(let request): observe(request, event, seq: seq, at: time)
        default: break
        }
    }

    private func expectOpen(_ task: Identifier, at time: Timestamp) {
        #expect(tasks[task].map { !$0.isOver && time <= $0.expires } == true, "the task is not open")
    }

    private mutating func observe(_ request: RunRequest, _ event: Event, seq: UInt64, at time: Timestamp) {
        guard let identifier = request.task, let task = tasks[identifier] else { return #expect(Bool(false), "no task") }
        guard event.type == .runCompleted else {
            let code = event.body["code"]?.stringValue ?? ""
            counts[code, default: 0] += 1
            if code == "task-expired" { #expect(time > task.expires) }
            if code == "task-used" || code == "task-cancelled" { #expect(task.isOver) }
            return
        }
        expectOpen(identifier, at: time)
        tasks[identifier]?.isOver = true
        #expect(task.query == request.query)
        switch modes[request.query] {
        case .aggregate: observeAggregate(request.query, event, seq: seq)
        case .match:
            let token = request.parameters["subject"]?.stringValue ?? ""
            #expect(consentUntil[token].map { time <= $0 } == true, "no consent")
            answers[time.milliseconds / 86_400_000, default: 0] += 1
            #expect((answers[time.milliseconds / 86_400_000] ?? 0) <= 2)
        default: break
        }
    }

    private mutating func observeAggregate(_ query: Identifier, _ event: Event, seq: UInt64) {
        let own = products[query] ?? []
        let isRepeated = history.contains { $0.query == query }
        let expected = isRepeated ? [] : history.filter { !$0.products.isDisjoint(with: own) }.map(\.seq)
        let told = (event.body["comparedWith"]?.arrayValue ?? []).compactMap { $0.integerValue.map(UInt64.init) }
        #expect(told == expected)
        if !isRepeated { history.append(Earlier(seq: seq, query: query, products: own)) }
    }
}
