import Encoding
import Glibc
import TransparencyLog

/// Follows one log: at each round it audits what is new, holds it against what was trusted before, and compares the log's
/// addresses with each other and with what its witnesses have.
///
/// The first address is the log's own. Others are mirrors, which may lag behind, but not part from the log. That a log does
/// not grow is no fault of it: see ``init(addresses:options:stallSeconds:patienceSeconds:)``.
public struct LogWatcher: Sendable {
    public let addresses: [String]
    public let options: AuditOptions
    public let stallSeconds: Double?
    public let patienceSeconds: Double

    /// - Parameters:
    ///   - addresses: where the log is, `http://…` or `https://…`; at least one.
    ///   - options: with the state file, and the policy or the pinned keys.
    ///   - stallSeconds: how old the newest sign of life may be: the latest cosignature on the checkpoint, or the time of the
    ///     latest entry. `nil` if age does not matter; from outside a quiet log looks like one that has stopped.
    ///   - patienceSeconds: how long the log may take to show what a witness or a mirror has already.
    public init(addresses: [String], options: AuditOptions, stallSeconds: Double? = nil, patienceSeconds: Double = 10) {
        self.addresses = addresses
        self.options = options
        self.stallSeconds = stallSeconds
        self.patienceSeconds = patienceSeconds
    }

    /// One look.
    ///
    /// - Throws: ``AuditFailure`` where the auditor's own files cannot be used, `CancellationError`.
    public func round(
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws -> WatchRound {
        var round = WatchRound(time: Self.now)
        var sightings = look()
        try await waitForLog(&sightings)
        guard let audited = sightings.first(where: { $0.kind != .witness && $0.checkpoint != nil }) else {
            for sighting in sightings { unreadable(sighting, &round) }
            return round
        }
        let report = try await audit(audited, &round, progress)
        for sighting in sightings where sighting.checkpoint == nil { unreadable(sighting, &round) }
        let audit = report.flatMap { tree(audited, $0) }
        for sighting in sightings {
            guard let checkpoint = sighting.checkpoint else { continue }
            if let audit { try compare(sighting, audit, &round) } else {
                let standing = WatchedPlace.Standing.unknown("not compared: the audit did not come to a sound end")
                round.places.append(
                    WatchedPlace(kind: sighting.kind, name: sighting.name, size: checkpoint.size, standing: standing))
            }
        }
        return round
    }

    private static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    // MARK: Looking

    private func look() -> [Sighting] {
        var sightings = addresses.enumerated().map { place, url in
            Sighting.address(url, place == 0 ? .log : .mirror, timeoutSeconds: options.timeoutSeconds)
        }
        if let origin = sightings.lazy.compactMap(\.checkpoint).first?.origin {
            sightings += (options.policy?.witnesses ?? []).compactMap {
                Sighting.witness($0, origin: origin, timeoutSeconds: options.timeoutSeconds)
            }
        }
        return sightings
    }

    /// Gives the log time to show what others have from it: a witness has a checkpoint before the log publishes it.
    private func waitForLog(_ sightings: inout [Sighting]) async throws {
        guard let size = sightings.first?.checkpoint?.size else { return }
        let others = sightings.dropFirst().compactMap(\.checkpoint?.size).max() ?? 0
        let end = ContinuousClock.now + .seconds(patienceSeconds)
        var seen = size
        while seen < others, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(500))
            let again = Sighting.address(addresses[0], .log, timeoutSeconds: options.timeoutSeconds)
            guard let size = again.checkpoint?.size else { return }
            (sightings[0], seen) = (again, size)
        }
    }

    private func unreadable(_ sighting: Sighting, _ round: inout WatchRound) {
        let reason = sighting.failure ?? "it shows no checkpoint"
        round.places.append(WatchedPlace(kind: sighting.kind, name: sighting.name, size: nil, standing: .unknown(reason)))
        // What a silent witness means is for the quorum to say.
        guard sighting.kind != .witness else { return }
        round.alarms.append(WatchAlarm(kind: .unreachable, place: sighting.name, message: reason))
    }

    // MARK: Auditing

    private func audit(
        _ sighting: Sighting, _ round: inout WatchRound, _ progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws -> AuditReport? {
        let report: AuditReport
        do {
            report = try await Auditor(.node(sighting.name), options: options).run(progress: progress)
        } catch let failure as AuditFailure where Self.isOfNetwork(failure) {
            round.alarms.append(WatchAlarm(kind: .unreachable, place: sighting.name, message: failure.description))
            return nil
        } catch let interruption as AuditInterruption {
            guard let cause = interruption.cause, Self.isOfNetwork(cause) else { throw interruption.cause ?? CancellationError() as any Error }
            round.alarms.append(WatchAlarm(kind: .unreachable, place: sighting.name, message: interruption.description))
            return nil
        }
        round.report = report
        if let problem = report.problem, !(problem.check == .shrunk && sighting.kind == .mirror) {
            round.alarms.append(
                WatchAlarm(
                    kind: Self.kind(problem), place: sighting.name, message: problem.description,
                    conflict: report.conflict, problem: problem))
        }
        if let stall = stall(report, sighting.name, now: round.time) { round.alarms.append(stall) }
        return report
    }

    /// Whether it lies at the address, and not in the auditor's own files.
    private static func isOfNetwork(_ failure: AuditFailure) -> Bool {
        switch failure {
        case .network, .wrongStatus, .answerTooLarge, .badAnswer, .emptyLedger, .stateOfAnotherLog: true
        default: false
        }
    }

    private static func kind(_ problem: AuditProblem) -> WatchAlarm.Kind {
        switch problem.check {
        case .forked: .fork
        case .shrunk: .shrunk
        case .quorum: .quorum
        default: .tampered
        }
    }

    private func stall(_ report: AuditReport, _ place: String, now: Timestamp) -> WatchAlarm? {
        guard let stallSeconds, let checkpoint = report.checkpoint else { return nil }
        let cosigned = checkpoint.cosignatures.map { $0.time }.max().map(Self.timestamp)
        guard let latest = [cosigned, report.lastTime].compactMap({ $0 }).max() else { return nil }
        let age = Double(now.milliseconds - min(now.milliseconds, latest.milliseconds)) / 1000
        guard age > stallSeconds else { return nil }
        return WatchAlarm(
            kind: .stall, place: place,
            message: "its newest sign of life, an entry or a cosignature, is of \(latest), more than \(Int(stallSeconds)) s ago")
    }

    private static func timestamp(_ seconds: UInt64) -> Timestamp {
        let (milliseconds, overflow) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1000)
        return Timestamp(milliseconds: overflow ? .max : milliseconds)
    }
}
