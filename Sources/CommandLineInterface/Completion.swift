/// Shell completion scripts, made from a program's declaration.
public enum Completion {
    public enum Shell: String, Sendable, CaseIterable { case bash, zsh, fish }

    /// The script for one shell. It needs nothing but the shell itself: the program is not called while completing.
    public static func script(_ shell: Shell, for root: Command) -> String {
        let nodes = CompletionNode.all(of: root)
        return switch shell {
        case .bash: BashCompletion.script(root.name, nodes)
        case .zsh: ZshCompletion.script(root.name, nodes)
        case .fish: FishCompletion.script(root.name, nodes)
        }
    }

    /// The `completion` command, which prints a script.
    static func command(program: String, of root: Command, console: Console) -> Command {
        Command(
            name: "completion", about: "print a script that completes commands and options in a shell",
            discussion: """
                bash: put the output into ~/.local/share/bash-completion/completions/\(program)

                zsh: put it into a file _\(program) in a folder of $fpath

                fish: put it into ~/.config/fish/completions/\(program).fish
                """,
            arguments: [
                CommandArgument("shell", about: "bash, zsh or fish", completion: .words(Shell.allCases.map(\.rawValue)))
            ],
            examples: ["\(program) completion bash > ~/.local/share/bash-completion/completions/\(program)"]
        ) { arguments in
            let name = try arguments.requiredArgument("shell")
            guard let shell = Shell(rawValue: name) else {
                throw UsageError.badValue(of: "<shell>", value: name, reason: "give bash, zsh or fish")
            }
            var whole = root
            whole.subcommands.append(command(program: program, of: root, console: console))
            console.write(script(shell, for: whole), to: .output)
            return .success
        }
    }
}

/// One command in the tree, with everything that can be typed at it.
struct CompletionNode {
    /// The words from the program's name on.
    var path: [String]
    var command: Command
    var options: [CommandOption]

    var name: String { path.joined(separator: " ") }

    static func all(of root: Command) -> [CompletionNode] {
        walk(root, path: [], inherited: [], extra: [.help, .version])
    }

    private static func walk(
        _ command: Command, path: [String], inherited: [CommandOption], extra: [CommandOption]
    ) -> [CompletionNode] {
        let path = path + [command.name]
        let options = inherited + command.options
        return [CompletionNode(path: path, command: command, options: options + extra)]
            + command.subcommands.flatMap { walk($0, path: path, inherited: options, extra: [.help]) }
    }

    /// What the first argument can be; shells are not told which argument is being typed.
    var argumentCompletion: CompletionKind {
        command.arguments.map(\.completion).first { $0 != .nothing } ?? .nothing
    }
}

/// Quoting that holds in bash and zsh.
enum ShellText {
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    /// One line per word that leads from one command to the next, for a `case` over "path word".
    static func steps(_ nodes: [CompletionNode]) -> String {
        nodes.filter { $0.path.count > 1 }.map { "      \(quoted($0.name))) path=\(quoted($0.name));;" }
            .joined(separator: "\n")
    }

    static func spellings(_ option: CommandOption) -> [String] {
        ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
    }
}

enum BashCompletion {
    static func script(_ program: String, _ nodes: [CompletionNode]) -> String {
        let function = "_" + program.replacing("-", with: "_")
        return """
            # bash completion for \(program)
            \(function)() {
              local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path=\(ShellText.quoted(program)) index
              for ((index = 1; index < COMP_CWORD; index++)); do
                case "$path ${COMP_WORDS[index]}" in
            \(ShellText.steps(nodes))
                esac
              done
              COMPREPLY=()
              case "$path $previous" in
            \(values(nodes))
              esac
              case "$path" in
            \(nodes.map(words).joined(separator: "\n"))
              esac
            }
            complete -F \(function) \(program)

            """
    }

    private static func values(_ nodes: [CompletionNode]) -> String {
        nodes.flatMap { node in
            node.options.filter { $0.valueName != nil }.map { option in
                let patterns = ShellText.spellings(option).map { ShellText.quoted("\(node.name) \($0)") }
                return "    \(patterns.joined(separator: "|"))) \(generate(option.completion, words: [])) return;;"
            }
        }.joined(separator: "\n")
    }

    private static func words(_ node: CompletionNode) -> String {
        let options = node.options.map { "--\($0.name)" }
        let commands = node.command.subcommands.map(\.name)
        let argument = generate(node.argumentCompletion, words: commands)
        return """
                \(ShellText.quoted(node.name)))
                  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W \(ShellText.quoted(options.joined(separator: " "))) -- "$current"))
                  else \(argument) fi;;
            """
    }

    private static func generate(_ kind: CompletionKind, words: [String]) -> String {
        switch kind {
        case .nothing where words.isEmpty: "COMPREPLY=();"
        case .nothing: "COMPREPLY=($(compgen -W \(ShellText.quoted(words.joined(separator: " "))) -- \"$current\"));"
        case .file: "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\"));"
        case .directory: "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- \"$current\"));"
        case .words(let more):
            "COMPREPLY=($(compgen -W \(ShellText.quoted((words + more).joined(separator: " "))) -- \"$current\"));"
        }
    }
}

enum ZshCompletion {
    static func script(_ program: String, _ nodes: [CompletionNode]) -> String {
        let function = "_" + program.replacing("-", with: "_")
        return """
            #compdef \(program)
            \(function)() {
              local path_=\(ShellText.quoted(program)) word
              local -a described
              for word in "${(@)words[2,CURRENT-1]}"; do
                case "$path_ $word" in
            \(ShellText.steps(nodes).replacing(") path=", with: ") path_="))
                esac
              done
              case "$path_ ${words[CURRENT-1]}" in
            \(values(nodes))
              esac
              case "$path_" in
            \(nodes.map(words).joined(separator: "\n"))
              esac
            }
            if [ "$funcstack[1]" = "\(function)" ]; then \(function) "$@"; else compdef \(function) \(program); fi

            """
    }

    private static func values(_ nodes: [CompletionNode]) -> String {
        nodes.flatMap { node in
            node.options.filter { $0.valueName != nil }.map { option in
                let patterns = ShellText.spellings(option).map { ShellText.quoted("\(node.name) \($0)") }
                return "    \(patterns.joined(separator: "|"))) \(generate(option.completion)) return;;"
            }
        }.joined(separator: "\n")
    }

    private static func words(_ node: CompletionNode) -> String {
        let options = node.options.map { described("--\($0.name)", $0.about) }.joined(separator: " ")
        let commands = node.command.subcommands.map { described($0.name, $0.about) }.joined(separator: " ")
        let others = commands.isEmpty ? "" : "described=(\(commands)); _describe command described;"
        return """
                \(ShellText.quoted(node.name)))
                  if [[ $PREFIX == -* ]]; then described=(\(options)); _describe option described
                  else \(others) \(generate(node.argumentCompletion)) fi;;
            """
    }

    /// zsh separates a word from its description by a colon.
    private static func described(_ word: String, _ about: String) -> String {
        ShellText.quoted(word.replacing(":", with: "\\:") + ":" + about)
    }

    private static func generate(_ kind: CompletionKind) -> String {
        switch kind {
        case .nothing: ":;"
        case .file: "_files;"
        case .directory: "_files -/;"
        case .words(let words): "compadd -- \(words.map(ShellText.quoted).joined(separator: " "));"
        }
    }
}

enum FishCompletion {
    static func script(_ program: String, _ nodes: [CompletionNode]) -> String {
        let function = "__" + program.replacing("-", with: "_") + "_at"
        let head = """
            # fish completion for \(program)
            function \(function)
                set -l path \(quoted(program))
                for word in (commandline -opc)[2..-1]
                    switch "$path $word"
            \(steps(nodes))
                    end
                end
                test "$path" = "$argv[1]"
            end
            complete -c \(program) -f
            """
        return ([head] + nodes.flatMap { lines($0, program, function) }).joined(separator: "\n") + "\n"
    }

    private static func steps(_ nodes: [CompletionNode]) -> String {
        nodes.filter { $0.path.count > 1 }.map { node in
            "            case \(quoted(node.name))\n                set path \(quoted(node.name))"
        }.joined(separator: "\n")
    }

    private static func lines(_ node: CompletionNode, _ program: String, _ function: String) -> [String] {
        let start = "complete -c \(program) -n \(quoted("\(function) \(quoted(node.name))"))"
        let commands = node.command.subcommands.map { "\(start) -a \(quoted($0.name)) -d \(quoted($0.about))" }
        let options = node.options.map { option in
            let short = option.short.map { " -s \($0)" } ?? ""
            // -x: a value is needed and file names are not offered, unless -F asks for them.
            let value = option.valueName == nil ? "" : (option.completion == .file ? " -r" : " -x") + generate(option.completion)
            return "\(start) -l \(option.name)\(short)\(value) -d \(quoted(option.about))"
        }
        let argument = generate(node.argumentCompletion)
        return commands + options + (argument.isEmpty ? [] : ["\(start)\(argument)"])
    }

    private static func generate(_ kind: CompletionKind) -> String {
        switch kind {
        case .nothing: ""
        case .file: " -F"
        case .directory: " -a '(__fish_complete_directories)'"
        case .words(let words): " -a \(quoted(words.joined(separator: " ")))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
