import Encoding
import Exchange
import TransparencyLog

/// What a report shows beside the audit and the reconciliation. Every part is bounded: by the number of participants,
/// products, contracts and queries, as the state of exchange is, or by a number of its own.
struct Survey {
    /// The most reasons of refusal that are told apart; a node gives them, so there could be any number.
    static let maximumReasons = 500

    /// Who refused, and the reason's code.
    struct Refusal: Hashable {
        enum Judge: String { case rules, sandbox, machineCheck, provider, operatorWord }
        var judge: Judge
        var code: String
    }

    var histogram = ActivityHistogram()
    var entries: UInt64 = 0
    var entriesByType: [EventType: UInt64] = [:]
    var refusals: [Refusal: UInt64] = [:]
    /// Refusals for reasons beyond ``maximumReasons``.
    var otherRefusals: UInt64 = 0
    /// Completed runs that used a task.
    var usedTasks: UInt64 = 0
    /// Where each thing stood at the end of the period.
    var statuses: [Identifier: String] = [:]
    var firstTime: Timestamp?
    var lastTime: Timestamp?

    mutating func add(_ entry: LedgerEntry) {
        let event = entry.event
        entries += 1
        entriesByType[event.type, default: 0] += 1
        histogram.add(ActivityFamily(event.type), at: entry.time)
        firstTime = firstTime ?? entry.time
        lastTime = entry.time
        if event.type == .runCompleted, event.body["task"] != nil { usedTasks += 1 }
        if let refusal = Self.refusal(event) { add(refusal) }
    }

    private mutating func add(_ refusal: Refusal) {
        if refusals[refusal] != nil || refusals.count < Self.maximumReasons {
            refusals[refusal, default: 0] += 1
        } else {
            otherRefusals += 1
        }
    }

    private static func refusal(_ event: Event) -> Refusal? {
        let code = event.body["code"]?.stringValue ?? ""
        switch event.type {
        case .runRefused: return Refusal(judge: event.body["by"]?.stringValue == "rules" ? .rules : .sandbox, code: code)
        case .queryRefused: return Refusal(judge: event.actor == Event.nodeActor ? .machineCheck : .provider, code: code)
        case .participantRefused: return Refusal(judge: .operatorWord, code: "participant-refused")
        default: return nil
        }
    }
}

/// Gathers what a report shows while the ledger is audited, with the bills recomputed beside it.
public final class SurveyCollector: AuditVisitor {
    public let period: AuditPeriod
    let reconciler: Reconciler
    private(set) var survey = Survey()
    private(set) var state = ExchangeState()
    private(set) var audit: AuditReport?

    public init(period: AuditPeriod = .everything) {
        self.period = period
        reconciler = Reconciler(period: period)
    }

    /// The bills; complete once the audit has ended.
    public var reconciliation: Reconciliation { reconciler.reconciliation }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) {
        survey = Survey()
        reconciler.begin(note, checkpoint)
    }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        reconciler.visit(audited, after: state)
        let entry = audited.entry
        if period.contains(entry.time) { survey.add(entry) }
        if let to = period.to, entry.time > to { return }
        // Where a thing stood before the period counts too: it still stood there when the period began.
        // Tasks are as many as runs; they are counted by their entries.
        if let subject = try? Identifier(entry.event.subject), subject.kind != .task, let status = state.status(of: subject) {
            survey.statuses[subject] = status
        }
    }

    public func conclude(_ report: AuditReport, state: ExchangeState) {
        reconciler.conclude(report, state: state)
        audit = report
        self.state = state
    }
}
