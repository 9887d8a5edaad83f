import Glibc
import Synchronization
import Testing

@testable import CommandLineInterface

@Suite struct CompletionTests {
    func script(_ shell: Completion.Shell) -> String {
        Completion.script(shell, for: exampleProgram(RecordedConsole().console))
    }

    /// Runs a shell on a script and gives its output; `nil` where the shell is not installed.
    func output(of shell: String, _ script: String) -> String? {
        guard access("/usr/bin/\(shell)", X_OK) == 0 || access("/bin/\(shell)", X_OK) == 0 else { return nil }
        // fish wants a home of its own to write to.
        var template = Array("/tmp/hexi-completion-XXXXXX".utf8CString)
        guard let folder = mkdtemp(&template).map({ String(cString: $0) }) else { return nil }
        defer { system("rm -rf '\(folder)'") }
        guard let file = fopen("\(folder)/script", "w") else { return nil }
        let bytes = Array(script.utf8)
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { return nil }
        guard let pipe = popen("HOME=\(folder) XDG_CONFIG_HOME= XDG_DATA_HOME= \(shell) \(folder)/script 2>&1", "r") else { return nil }
        defer { pclose(pipe) }
        var output = ""
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), pipe) != nil {
            output += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return output
    }

    @Test(arguments: [
        ("hexi ''", "product verify"), ("hexi pro", "product"), ("hexi product ''", "list import"),
        ("hexi --json product l", "list"), ("hexi product list --g", "--grade"), ("hexi product list --grade ''", "core general"),
        ("hexi product list --grade c", "core"), ("hexi product list -n ''", ""), ("hexi product list --h", "--home --help"),
        ("hexi verify --v", ""), ("hexi --v", "--version"),
    ])
    func bashCompletesCommandsOptionsAndValues(line: String, expected: String) throws {
        let words = "COMP_WORDS=(\(line)); COMP_CWORD=$((${#COMP_WORDS[@]}-1))"
        let result = try #require(output(of: "bash", script(.bash) + "\n\(words); _hexi; echo \"${COMPREPLY[*]}\"\n"))
        #expect(result == expected + "\n")
    }

    @Test func bashCompletesFileNames() throws {
        let setting = "cd /; COMP_WORDS=(hexi product import --key et); COMP_CWORD=4"
        let result = try #require(output(of: "bash", script(.bash) + "\n\(setting); _hexi; echo \"${COMPREPLY[*]}\"\n"))
        #expect(result == "etc\n")
    }

    /// Where the shell is installed, it must at least accept the script.
    @Test func zshAcceptsTheScript() {
        let test = "autoload -Uz compinit; compinit -u -D\n" + script(.zsh) + "\nprint ${_comps[hexi]}\n"
        if let result = output(of: "zsh", test) { #expect(result == "_hexi\n") }
        #expect(script(.zsh).hasPrefix("#compdef hexi\n"))
    }

    @Test(arguments: [
        ("hexi product ", ["import\timport a file", "list\tlist products"]), ("hexi product list --gr", ["--grade\tonly this grade"]),
        ("hexi product list --grade ", ["core\tonly this grade", "general\tonly this grade"]), ("hexi ver", ["verify\tcheck it"]),
    ])
    func fishCompletesCommandsOptionsAndValues(line: String, expected: [String]) {
        let test = script(.fish) + "\ncomplete -C '\(line)'\n"
        if let result = output(of: "fish", test) {
            let words = result.split(separator: "\n").map(String.init)
            #expect(words == expected)
        }
        #expect(script(.fish).contains("complete -c hexi"))
    }

    @Test func quotesInDescriptionsDoNotBreakTheScripts() throws {
        let root = Command(
            name: "p", about: "p",
            subcommands: [
                Command(name: "a", about: "the provider's $(touch x) `id` \"quoted\" \\ one: two", examples: ["p a"]) { _ in .success }
            ])
        for (shell, call) in [(Completion.Shell.bash, "bash"), (.zsh, "zsh"), (.fish, "fish")] {
            let head = shell == .zsh ? "compdef() { :; }\n" : ""
            if let result = output(of: call, head + Completion.script(shell, for: root)) { #expect(result == "") }
        }
    }
}

@Suite struct InterruptionTests {
    @Test func theActionRunsOnASignalAndDecides() async throws {
        let decided = Recorder()
        #expect(Interruption.onSignal([SIGUSR2]) { signal in
            decided.add(signal)
            return .keepRunning
        })
        kill(getpid(), SIGUSR2)
        for _ in 0..<200 where decided.signals.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(decided.signals == [SIGUSR2])
        signal(SIGUSR2, SIG_IGN)
    }

    final class Recorder: Sendable {
        private let list = Mutex<[Int32]>([])
        func add(_ signal: Int32) { list.withLock { $0.append(signal) } }
        var signals: [Int32] { list.withLock { $0 } }
    }
}
