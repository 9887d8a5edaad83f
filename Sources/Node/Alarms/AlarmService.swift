import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage
import Synchronization

/// Watches what is released and refused, and puts what people should look at on the ledger: the node's own statement,
/// signed with its key. Never delays what it watches.
///
/// An account is a signing key. Of each alarm and account there is one report in an hour. After a restart the rows released
/// and the runs refused are counted anew from the ledger; failed signatures and other refusals, which are on no ledger, begin
/// at nothing.
final class AlarmService: Sendable {
    private let services: AlarmContext
    private let counter = Mutex(AlarmCounter())
    private let queue: AsyncStream<AlarmReport>
    private let input: AsyncStream<AlarmReport>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)
    let webhook: AlarmWebhook?

    /// As many reports wait at most; a ledger that takes no entries for long loses what is more, and the log says so.
    private static let maximumWaiting = 1000

    init(_ services: AlarmContext, webhook: AlarmWebhook?) {
        self.services = services
        self.webhook = webhook
        (queue, input) = AsyncStream.makeStream(of: AlarmReport.self, bufferingPolicy: .bufferingOldest(Self.maximumWaiting))
    }

    /// Counts what the last hour's entries hold, and begins to report.
    func start() {
        do { try recall(at: Clock.now()) } catch {
            services.log.write(.warning, "what was released before the start is not counted for alarms", ["reason": .string("\(error)")])
        }
        task.withLock { $0 = Task { for await report in queue { await record(report) } } }
        webhook?.start()
    }

    /// Finishes what is queued.
    func stop() async {
        input.finish()
        await task.withLock { $0 }?.value
        await webhook?.stop()
    }

    // MARK: What is counted

    /// A run that is on the record.
    func note(_ recorded: Recorded) {
        guard let key = recorded.event.statement.keyIdentifiers.first else { return }
        switch recorded.event.type {
        case .runCompleted:
            noteRelease(rows: recorded.event.body["rows"]?.integerValue ?? 0, to: key, at: recorded.time)
            if services.directory.alarmPolicy.oddHours?.contain(recorded.time) == true {
                count(.oddHours, 1, key, at: recorded.time, threshold: 0)
            }
        case .runRefused: count(.repeatedRefusals, 1, key, at: recorded.time, threshold: services.directory.alarmPolicy.refusalsPerHour)
        default: break
        }
    }

    /// Rows that leave for an account: by a run of its own, or by a later look at the result of another's.
    func noteRelease(rows: Int64, to key: String, at time: Timestamp) {
        count(.bulkRelease, rows, key, at: time, threshold: services.directory.alarmPolicy.rowsPerHour)
    }

    /// A request that was not let in.
    ///
    /// - Parameter claimedKey: in whose name it was signed. Keys that nobody has count together, so that a stranger cannot
    ///   make the counts grow by inventing some.
    func noteRefused(_ error: any Error, claimedKey: String?) {
        // Who does not sign at all claims to be nobody.
        guard let claimedKey else { return }
        let known = services.directory.key(claimedKey) == nil ? nil : claimedKey
        if error is Refusal {
            if let known { noteRefusal(of: known) }
        } else if (error as? Problem)?.code == "signature" {
            count(
                .failedSignatures, 1, known ?? "", at: Clock.now(), threshold: services.directory.alarmPolicy.failedSignaturesPerHour)
        }
    }

    /// A statement that the rules refused.
    func noteRefusal(of key: String) {
        count(.repeatedRefusals, 1, key, at: Clock.now(), threshold: services.directory.alarmPolicy.refusalsPerHour)
    }

    private func count(_ alarm: Alarm, _ number: Int64, _ key: String, at time: Timestamp, threshold: Int64?) {
        let account = AlarmCounter.Account(alarm: alarm, key: key)
        guard let finding = counter.withLock({ $0.add(account, number, at: time, threshold: threshold) }) else { return }
        let report = AlarmReport(
            alarm: alarm, participant: services.directory.participant(of: key), account: key.isEmpty ? nil : key,
            count: finding.count, windowSeconds: AlarmCounter.window / 1000, threshold: threshold ?? 0, from: finding.from,
            until: finding.until)
        if case .dropped = input.yield(report) {
            services.log.write(.error, "an alarm is lost: too many wait for the ledger", ["alarm": .string(alarm.rawValue)])
        }
    }

    // MARK: Recording

    private func record(_ report: AlarmReport) async {
        services.log.write(
            .warning, "alarm",
            [
                "alarm": .string(report.alarm.rawValue), "participant": .string(report.participant?.text ?? ""),
                "count": .integer(report.count), "threshold": .integer(report.threshold),
            ])
        services.metrics.countAlarm(report.alarm.rawValue)
        var pause = Duration.seconds(1)
        for attempt in 1...5 {
            do {
                try await submit(report)
                webhook?.wake()
                return
            } catch {
                guard error is NodeError, attempt < 5 else {
                    services.log.write(
                        .error, "an alarm could not be recorded",
                        ["alarm": .string(report.alarm.rawValue), "reason": .string("\(error)")])
                    return
                }
                // A ledger that was full may take entries again soon. When the node stops, this is cut short.
                try? await Task.sleep(for: pause)
                pause *= 2
            }
        }
    }

    private func submit(_ report: AlarmReport) async throws {
        guard let space = await services.sequencer.read({ $0.space }) else { return }
        let key = try services.nodeKeys.signer(for: space.nodeKeys)
        let statement = try SignedStatement.sign(
            .identity(.alarm(report)), space: space.prefix, issuedAt: Clock.now(), nonce: Nonce.make(), key: key)
        _ = try await services.sequencer.submit(Command(statement.verified { _ in key.verificationKey }))
    }

    // MARK: After a restart

    /// Counts the runs of the hour before, and finds which alarms have been raised since.
    private func recall(at time: Timestamp) throws {
        let start = time.advanced(byMilliseconds: -AlarmCounter.window)
        var before: UInt64?
        while true {
            let alarms = try services.index.alarms(before: before, since: start, limit: 200)
            for record in alarms {
                guard let alarm = Alarm(rawValue: record.kind) else { continue }
                let account = AlarmCounter.Account(alarm: alarm, key: record.body["account"]?.stringValue ?? "")
                counter.withLock { $0.wasRaised(account, at: record.time) }
            }
            guard alarms.count == 200, let last = alarms.last else { break }
            before = last.seq
        }
        for recorded in try runs(since: start) {
            guard let key = recorded.event.statement.keyIdentifiers.first else { continue }
            let isCompleted = recorded.event.type == .runCompleted
            let account = AlarmCounter.Account(alarm: isCompleted ? .bulkRelease : .repeatedRefusals, key: key)
            let number = isCompleted ? recorded.event.body["rows"]?.integerValue ?? 0 : 1
            counter.withLock { _ = $0.add(account, number, at: recorded.time, threshold: nil) }
        }
    }

    /// The runs since a time, the earliest first.
    private func runs(since start: Timestamp) throws -> [Recorded] {
        var found: [Recorded] = []
        var cursor: String?
        repeat {
            let page = try services.index.runs(RunFilter(from: start, limit: 200, cursor: cursor))
            found += try page.runs.map { try services.ledger.recorded($0.seq) }
            cursor = page.nextCursor
        } while cursor != nil
        return found.reversed()
    }

    func clean(at time: Timestamp) { counter.withLock { $0.clean(at: time) } }
}
