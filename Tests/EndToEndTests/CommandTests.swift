import Encoding
import Testing

extension EndToEnd {
    @Suite struct CommandTests {
        @Test("Every command has help with a line on what it does and an example that calls it")
        func help() async throws {
            try await Workspace.with { workspace in
                let commands = try await Self.commands(workspace)
                #expect(commands.count > 40)
                for (command, help) in commands where !help.contains("\nCommands:\n") {
                    let name = command.joined(separator: " ")
                    #expect(help.hasPrefix("\(name): "), "\(name)")
                    let example = help.range(of: "\nExample").map { help[$0.upperBound...] }
                    #expect(example?.contains("  \(name)") == true, "\(name) has no example")
                }
            }
        }

        /// All commands of both programs, with their help.
        private static func commands(_ workspace: Workspace) async throws -> [([String], String)] {
            var open = [["hexi"], ["hexi-audit"]]
            var found: [([String], String)] = []
            while let command = open.popLast() {
                let program = command[0] == "hexi" ? BuiltPrograms.hexi : BuiltPrograms.audit
                let output = try await workspace.run(program, command.dropFirst() + ["--help"])
                #expect(output.status == 0, "\(command)")
                found.append((command, output.output))
                open += subcommands(output.output).map { command + [$0] }
            }
            return found
        }

        /// The first words of the lines of the help's list of commands.
        private static func subcommands(_ help: String) -> [String] {
            let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
            guard let start = lines.firstIndex(of: "Commands:") else { return [] }
            return lines[(start + 1)...].prefix { !$0.isEmpty }.filter { $0.hasPrefix("  ") && $0.dropFirst(2).first != " " }
                .compactMap { $0.split(separator: " ").first.map(String.init) }
        }

        @Test("Completion for bash is a script that bash accepts, and it completes", arguments: ["hexi", "hexi-audit"])
        func completion(program: String) async throws {
            try await Workspace.with { workspace in
                let path = program == "hexi" ? BuiltPrograms.hexi : BuiltPrograms.audit
                for shell in ["bash", "zsh", "fish"] {
                    let script = try await workspace.run(path, ["completion", shell])
                    #expect(script.status == 0)
                    #expect(script.output.contains(program))
                    try workspace.write(script.output, to: "script.\(shell)")
                }
                let check = try await workspace.run("/bin/bash", ["-n", "script.bash"])
                #expect(check.status == 0, "\(check.error)")
                let word = program == "hexi" ? "parti" : "ver"
                let trial = """
                    source script.bash; COMP_WORDS=(\(program) \(word)); COMP_CWORD=1; COMP_LINE="\(program) \(word)"; COMP_POINT=${#COMP_LINE}
                    eval "$(complete -p \(program) | sed 's/.*-F \\([^ ]*\\).*/\\1/') \(program) \(word) \(program)"; echo "${COMPREPLY[*]}"
                    """
                let completed = try await workspace.run("/bin/bash", ["-c", trial])
                #expect(completed.output.contains(program == "hexi" ? "participant" : "ver"), "\(completed.all)")
            }
        }

        @Test("Exit codes are as the help says: 64 for a wrong command line, 2 for what cannot be done, 3 for what is missing")
        func exitCodes() async throws {
            try await Workspace.with { workspace in
                for wrong in [["nonsense"], ["product", "publish"], ["init", "x"], ["run", "start", "--wrong"], ["contract"], []] {
                    let output = try await workspace.expect(64, wrong)
                    #expect(!output.error.isEmpty && output.output.isEmpty, "\(wrong)")
                }
                try await workspace.expect(2, ["serve", "nothing-here"])
                try await workspace.expect(3, ["demo", "--data", "nothing-here"])
                #expect(try await workspace.audit(["verify", "nothing-here"]).status == 2)
                #expect(try await workspace.audit(["verify", "http://127.0.0.1:\(try freePort())"]).status == 2)
                #expect(try await workspace.audit(["verify"]).status == 64)
                for program in [BuiltPrograms.hexi, BuiltPrograms.audit] {
                    let help = try await workspace.run(program, ["--help"]).output
                    for code in ["0 ", "1 ", "2 ", "64 "] { #expect(help.contains("\n  \(code)"), "\(program) does not explain \(code)") }
                }
            }
        }

        @Test("The doctor finds this machine fit, and has looked at the sandbox")
        func doctor() async throws {
            try await Workspace.with { workspace in
                try await workspace.expect(0, ["init", "node", "--prefix", "86.gs.test", "--name", "en=Test"])
                for arguments in [["doctor"], ["doctor", "node"]] {
                    let output = try await workspace.expect(0, arguments + ["--json"])
                    let json = try output.json()
                    #expect(json["ok"] == .bool(true), "\(output.output)")
                    let names = json["findings"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
                    for word in ["bubblewrap", "seccomp", "DuckDB", "network", "clock", "disk"] {
                        #expect(names.contains { $0.lowercased().contains(word.lowercased()) }, "nothing on \(word) in \(names)")
                    }
                    let human = try await workspace.expect(0, arguments)
                    #expect(human.output.contains("All is well"))
                }
            }
        }

        @Test("The doctor says what is wrong and how to mend it when the query engine is missing")
        func doctorWithoutEngine() async throws {
            try await Workspace.with { workspace in
                let output = try await workspace.run(
                    BuiltPrograms.hexi, ["doctor"], environment: ["HEXI_DUCKDB": workspace.path("no-duckdb")])
                #expect(output.status == 3, "\(output.all)")
                #expect(output.output.contains("WRONG"))
                #expect(output.output.contains("to mend:"))
            }
        }
    }
}
