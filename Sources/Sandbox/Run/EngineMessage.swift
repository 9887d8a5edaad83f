/// The engine's standard error, and what it means.
struct EngineMessage: Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    var firstLine: String {
        String(text.split(separator: "\n").first { !$0.allSatisfy(\.isWhitespace) } ?? "no reason given").trimmed(to: 400)
    }

    private static let killed = -9
    private static let processorTime = -24

    func error(for ending: ChildOutcome.Ending, limits: RunLimits) -> SandboxError {
        if text.contains("Out of Memory") || text.contains("bad_alloc") || text.contains("max_temp_directory_size")
            || text.contains("No space left")
        {
            return .resourcesExceeded
        }
        guard case .exited(let code) = ending else { return .engineFailed(operatorDetail: firstLine) }
        // bubblewrap reports the signal that ended the program as 128 + its number. The kernel ends a process by SIGKILL when
        // its processor time or the machine's memory runs out.
        switch code > 128 ? 128 - code : code {
        case Self.processorTime: return .timeExceeded(seconds: Double(limits.cpuSeconds))
        case Self.killed: return .timeExceeded(seconds: Double(limits.cpuSeconds))
        case ..<0: return .resourcesExceeded
        default: return .engineFailed(operatorDetail: firstLine)
        }
    }
}

extension String {
    /// At most so many characters.
    fileprivate func trimmed(to count: Int) -> String { self.count > count ? prefix(count) + "…" : self }
}
