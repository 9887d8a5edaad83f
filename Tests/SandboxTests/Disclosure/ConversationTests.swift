import Encoding
import SandboxTestKit
import Synchronization
import Testing

@testable import Sandbox

/// Talking with a process that reads standard input: what it says, what it is told, and how the talk ends.
@Suite struct ConversationTests {
    private static let marker = Array("over to you".utf8)

    /// `cat` says back what it is told, so the marker in the input is the marker in the output.
    private static func cat(
        _ input: String, seconds: Double = 20, limit: Int = 1 << 20,
        answer: @escaping @Sendable ([UInt8]) -> ChildConversation.Answer
    ) async -> ChildOutcome {
        await ChildProcess.run(
            ChildCommand(
                path: "/bin/cat", arguments: [], input: Array(input.utf8),
                conversation: ChildConversation(marker: marker, answer: answer), deadlineSeconds: seconds, maximumOutputBytes: limit))
    }

    @Test func eachAnswerIsMadeOfWhatWasSaidSinceTheLast() async {
        let heard = Mutex<[String]>([])
        let outcome = await Self.cat("one\nover to you\n") { said in
            let count = heard.withLock { heard in
                heard.append(String(decoding: said, as: UTF8.self))
                return heard.count
            }
            return count < 3 ? .more(Array("\(count)\nover to you\n".utf8)) : .last(Array("end\n".utf8))
        }
        #expect(heard.withLock { $0 } == ["one\n", "1\n", "2\n"])
        #expect(outcome.ending == .exited(0))
        #expect(String(decoding: outcome.output, as: UTF8.self).hasSuffix("2\nover to you\nend\n"))
    }

    @Test(arguments: ["x over to you\n", "over to you \n", "over to you", "\"over to you\"\n", "over to yo\n"])
    func onlyAWholeLineIsTheMarker(line: String) async {
        let calls = Mutex(0)
        let outcome = await Self.cat(line, seconds: 0.5) { _ in
            calls.withLock { $0 += 1 }
            return .end
        }
        // Nothing is asked, so nothing is said, and the child waits until its time is up.
        #expect(calls.withLock { $0 } == 0)
        #expect(outcome.ending == .deadline)
    }

    @Test func theTalkCanBeBrokenOff() async {
        #expect(await Self.cat("over to you\n") { _ in .end }.ending == .dismissed)
    }

    @Test func anEmptyLastAnswerClosesTheInput() async {
        #expect(await Self.cat("over to you\n") { _ in .last([]) }.ending == .exited(0))
    }

    @Test func longAnswersGoThroughWhileTheChildTalksBack() async {
        let long = [UInt8](repeating: 0x61, count: 3 << 20)
        let outcome = await Self.cat("over to you\n", limit: 4 << 20) { _ in .last(long) }
        #expect(outcome.ending == .exited(0))
        #expect(outcome.output.count == long.count + Self.marker.count + 1)
    }

    @Test func theOutputOfAllAnswersTogetherIsBounded() async {
        let answer = Array((String(repeating: "x", count: 999) + "\nover to you\n").utf8)
        #expect(await Self.cat("over to you\n", limit: 10_000) { _ in .more(answer) }.ending == .outputLimit)
    }

    @Test func aTalkCanBeCancelled() async {
        let began = AsyncStream<Void>.makeStream()
        let running = Task {
            await Self.cat("over to you\n", seconds: 60) { _ in
                began.continuation.yield()
                return .more([])
            }
        }
        for await _ in began.stream { break }
        running.cancel()
        #expect(await running.value.ending == .cancelled)
    }

    // MARK: Scripts with pauses

    @Test func aScriptGoesOnWithWhatIsDecided() async throws {
        var script = EngineScript(limits: .parsing)
        script.lock()
        script.add("CREATE TABLE t AS SELECT i FROM range(5) r(i)")
        script.ask(["SELECT json_array(i) FROM t ORDER BY i"]) { lines in
            let sum = lines.compactMap { $0.first?.integerValue }.reduce(0, +)
            return ["CREATE TABLE decided AS SELECT \(sum) AS n"]
        }
        script.add("SELECT json_array(n) FROM decided")
        script.ask(["SELECT json_array(n + 1) FROM decided"]) { lines in ["SELECT json_array(\(lines[0][0].integerValue ?? 0))"] }
        let outcome = try await Bench.engine.execute(script, mounts: [], limits: .parsing)
        #expect(outcome.ending == .exited(0))
        #expect(String(decoding: outcome.output, as: UTF8.self) == "[10]\n[11]\n")
    }

    @Test func aDecisionThatFailsEndsTheRun() async throws {
        var script = EngineScript(limits: .parsing)
        script.ask(["SELECT json_array(1)"]) { _ throws(SandboxError) in throw .resourcesExceeded }
        script.add("SELECT json_array(2)")
        await #expect(throws: SandboxError.resourcesExceeded) { try await Bench.engine.execute(script, mounts: [], limits: .parsing) }
    }

    @Test func aValueThatLooksLikeTheTalkChangesNothing() async throws {
        var script = EngineScript(limits: .parsing)
        let texts = [ScriptConversation.opening(script.token), ScriptConversation.closing(script.token), "\n" + ScriptConversation.closing(script.token) + "\n"]
        let list = texts.map { "(\(EngineScript.literal(Array($0.utf8))))" }.joined(separator: ", ")
        script.add("CREATE TABLE t AS FROM (VALUES \(list)) v(x)")
        script.add("SELECT json_array(x) FROM t")
        script.ask(["SELECT json_array(x) FROM t"]) { lines in
            ["SELECT json_array(\(lines.map { $0.first?.stringValue } == texts))"]
        }
        let outcome = try await Bench.engine.execute(script, mounts: [], limits: .parsing)
        let lines = outcome.output.split(separator: 0x0A)
        #expect(lines.count == 4)
        #expect(lines.last?.elementsEqual(Array("[true]".utf8)) == true)
    }
}
