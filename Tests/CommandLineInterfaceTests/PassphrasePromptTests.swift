import Dispatch
import Glibc
import Testing

@testable import CommandLineInterface

/// A pseudo-terminal: what a person sees and types at one end, the program's terminal at the other.
private final class PseudoTerminal: Sendable {
    let person: Int32
    let program: Int32

    init?() {
        var ends: (Int32, Int32) = (-1, -1)
        guard openpty(&ends.0, &ends.1, nil, nil, nil) == 0 else { return nil }
        (person, program) = ends
    }

    deinit {
        close(person)
        close(program)
    }

    /// Waits until the program shows a text that ends so, and gives everything shown.
    func shown(until ending: String) -> String {
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix(ending), read(person, &byte, 1) == 1 { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(person, bytes, bytes.count)
    }

    var echoes: Bool {
        var settings = termios()
        return tcgetattr(program, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}

@Suite struct PassphrasePromptTests {
    /// Both ends block while they wait, so each has a thread of its own, apart from those that run tests.
    private func ask(_ answers: [String], confirm: Bool) async throws -> (Result<String, CommandFailure>, shown: String) {
        let terminal = try #require(PseudoTerminal())
        async let shown = onThread { () -> String in
            answers.map { answer in
                let text = terminal.shown(until: ": ")
                #expect(!terminal.echoes)
                terminal.type(answer + "\n")
                return text
            }.joined()
        }
        let result = await onThread { () -> Result<String, CommandFailure> in
            do throws(CommandFailure) {
                return .success(try PassphrasePrompt.ask("Passphrase", confirm: confirm, terminal: terminal.program))
            } catch { return .failure(error) }
        }
        #expect(terminal.echoes, "the terminal shows again what is typed")
        return (result, await shown)
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "terminal").async { continuation.resume(returning: body()) }
        }
    }

    @Test func whatIsTypedIsReadAndNotShown() async throws {
        let (result, shown) = try await ask(["correct horse 密码"], confirm: false)
        #expect(result == .success("correct horse 密码"))
        #expect(shown == "Passphrase: ")
    }

    @Test func aNewPassphraseMustBeTypedTwiceAlike() async throws {
        #expect(try await ask(["one", "one"], confirm: true).0 == .success("one"))
        let different = try await ask(["one", "two"], confirm: true).0
        #expect(throws: CommandFailure("the two passphrases differ", exitCode: .usage)) { try different.get() }
        let empty = try await ask([""], confirm: false).0
        #expect(throws: CommandFailure("the passphrase must not be empty", exitCode: .usage)) { try empty.get() }
    }
}
