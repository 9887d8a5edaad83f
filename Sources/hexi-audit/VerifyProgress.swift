import CommandLineInterface
import Synchronization

/// Shows how far reading a ledger has come, once it has taken two seconds: most end before.
final class VerifyProgress: Sendable {
    private struct State {
        var display: ProgressDisplay?
        var isFinished = false
    }

    private let console: Console
    private let label: String
    private let isQuiet: Bool
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    init(_ console: Console, label: String = "verifying", isQuiet: Bool) {
        self.console = console
        self.label = label
        self.isQuiet = isQuiet
    }

    func update(_ done: UInt64, of total: UInt64) {
        guard !isQuiet, ContinuousClock.now - start > .seconds(2) else { return }
        state.withLock { state in
            guard !state.isFinished else { return }
            let display = state.display
                ?? ProgressDisplay(label, total: max(done, total), unit: .count("entries"), console: console)
            state.display = display
            display.update(done)
        }
    }

    /// Wipes the display; nothing is shown afterwards.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.display?.finish()
        }
    }
}
