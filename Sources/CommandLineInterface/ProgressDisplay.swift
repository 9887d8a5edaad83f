import Synchronization

/// Tells on standard error how far a long piece of work has come: a bar that redraws itself on a terminal, a line
/// every few seconds otherwise, nothing at all when quiet. Safe to use from any thread.
public final class ProgressDisplay: Sendable {
    public enum Unit: Sendable { case count(String), bytes }

    private struct State {
        var done: UInt64 = 0
        var lastShown: ContinuousClock.Instant
        var isDrawn = false
        var isFinished = false
    }

    private let label: String
    private let total: UInt64?
    private let unit: Unit
    private let isQuiet: Bool
    private let console: Console
    private let start: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// - Parameters:
    ///   - total: how much there is to do; `nil` where it is not known.
    ///   - now: the clock, replaced in tests.
    public init(
        _ label: String, total: UInt64?, unit: Unit = .count(""), isQuiet: Bool = false, console: Console = .standard,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.label = label
        self.total = total
        self.unit = unit
        self.isQuiet = isQuiet
        self.console = console
        self.now = now
        start = now()
        state = Mutex(State(lastShown: start))
    }

    /// Says how much is done in all. Cheap: it shows something at most ten times a second (terminal) or every five
    /// seconds (otherwise).
    public func update(_ done: UInt64) {
        guard !isQuiet else { return }
        let time = now()
        state.withLock { state in
            state.done = done
            let interval: Duration = console.isErrorTerminal ? .milliseconds(100) : .seconds(5)
            guard !state.isFinished, time - state.lastShown >= interval else { return }
            state.lastShown = time
            show(&state, time)
        }
    }

    /// Ends the display; a bar is wiped. The caller prints the result itself.
    public func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            if state.isDrawn { console.write("\r\u{1B}[K", to: .error) }
        }
    }

    private func show(_ state: inout State, _ time: ContinuousClock.Instant) {
        let line = text(done: state.done, elapsed: time - start)
        if console.isErrorTerminal {
            console.write("\r\u{1B}[K" + TextWidth.truncate(line, to: (console.outputWidth ?? 80) - 1), to: .error)
            state.isDrawn = true
        } else {
            console.note(line)
        }
    }

    private func text(done: UInt64, elapsed: Duration) -> String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(done) / seconds : 0
        var parts = [label]
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            if console.isErrorTerminal {
                let filled = Int(share * 24)
                parts.append(String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled))
            }
            parts.append("\(Int(share * 100)) %")
            parts.append("\(amount(done)) of \(amount(total))")
            if rate > 0, total > done { parts.append("\(DurationText.format(.seconds(Double(total - done) / rate))) left") }
        } else {
            parts.append(amount(done))
        }
        if rate >= 1 { parts.append("\(amount(UInt64(min(rate, 9e18))))/s") }
        return parts.joined(separator: "  ")
    }

    private func amount(_ value: UInt64) -> String {
        switch unit {
        case .bytes: ByteText.format(value)
        case .count(let name): DecimalText.grouped(value) + (name.isEmpty ? "" : " \(name)")
        }
    }
}
