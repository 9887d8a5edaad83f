import Encoding
import Synchronization

/// Carries a script with pauses through one process: at each pause the lines printed for it are read, and the statements that
/// are made of them are sent, followed by the script's next part.
///
/// Lines of a conversation stand between two lines that hold the script's random token. Everything else that is printed is JSON,
/// which these two lines are not, so that no value can be taken for them.
final class ScriptConversation: Sendable {
    private struct Progress {
        var next = 0
        var failure: SandboxError?
    }

    private let script: EngineScript
    private let progress = Mutex(Progress())

    init(_ script: EngineScript) { self.script = script }

    static func opening(_ token: String) -> String { "hexi \(token) asks" }
    static func closing(_ token: String) -> String { "hexi \(token) waits" }

    /// What is sent at first.
    var opening: [UInt8] { Array((script.pauses.first?.text ?? script.text).utf8) }

    /// Why a decision was not made, if one was not.
    var failure: SandboxError? { progress.withLock { $0.failure } }

    var child: ChildConversation? {
        guard !script.pauses.isEmpty else { return nil }
        return ChildConversation(marker: Array(Self.closing(script.token).utf8)) { [self] in answer($0) }
    }

    private func answer(_ output: [UInt8]) -> ChildConversation.Answer {
        let index = progress.withLock { progress in
            defer { progress.next += 1 }
            return progress.next
        }
        guard script.pauses.indices.contains(index) else {
            return stop(.engineFailed(operatorDetail: "the engine asked more often than its script"))
        }
        do throws(SandboxError) {
            let statements = try script.pauses[index].decide(try lines(output))
            let isLast = index + 1 == script.pauses.count
            let text = statements.map { $0 + ";\n" }.joined() + (isLast ? script.text : script.pauses[index + 1].text)
            return isLast ? .last(Array(text.utf8)) : .more(Array(text.utf8))
        } catch {
            return stop(error)
        }
    }

    private func stop(_ error: SandboxError) -> ChildConversation.Answer {
        progress.withLock { $0.failure = error }
        return .end
    }

    /// The lines behind the last opening line.
    private func lines(_ output: [UInt8]) throws(SandboxError) -> [[JSONValue]] {
        let opening = Array(Self.opening(script.token).utf8)
        let all = output.split(separator: 0x0A)
        guard let start = all.lastIndex(where: { $0.elementsEqual(opening) }) else {
            throw .engineFailed(operatorDetail: "the engine waits for an answer to nothing")
        }
        var lines: [[JSONValue]] = []
        lines.reserveCapacity(all.count - start)
        for line in all[(start + 1)...] {
            guard let values = (try? JSONValue.parse(line, maximumDepth: 4))?.arrayValue else {
                throw .engineFailed(operatorDetail: "the engine printed a line that is no JSON array")
            }
            lines.append(values)
        }
        return lines
    }

    /// The output without what was printed for decisions.
    func withoutConversation(_ output: ArraySlice<UInt8>) -> [UInt8] {
        guard !script.pauses.isEmpty else { return Array(output) }
        let (opening, closing) = (Array(Self.opening(script.token).utf8), Array(Self.closing(script.token).utf8))
        var rest: [UInt8] = []
        var isInside = false
        for line in output.split(separator: 0x0A) {
            if line.elementsEqual(opening) {
                isInside = true
            } else if line.elementsEqual(closing) {
                isInside = false
            } else if !isInside {
                rest += line
                rest.append(0x0A)
            }
        }
        return rest
    }
}
