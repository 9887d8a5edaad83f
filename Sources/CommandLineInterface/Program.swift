/// Runs a program from its declaration.
public struct Program: Sendable {
    private let root: Command
    private let version: String
    private let console: Console

    /// - Parameter root: the program itself; a `completion` command is added to it.
    public init(_ root: Command, version: String, console: Console = .standard) {
        var root = root
        let name = root.name
        if !root.subcommands.isEmpty {
            let declared = root
            root.subcommands.append(Completion.command(program: name, of: declared, console: console))
        }
        self.root = root
        self.version = version
        self.console = console
    }

    /// Reads the command line, runs the command and reports its error.
    ///
    /// - Parameter arguments: without the program's own name, for example `Array(CommandLine.arguments.dropFirst())`.
    public func run(_ arguments: [String]) async -> ExitCode {
        var parser = CommandParser(root, arguments)
        do {
            switch try parser.parse() {
            case .help(let path):
                console.write(HelpText.text(path: path, width: min(console.outputWidth ?? 80, 120)), to: .output)
                return .success
            case .version:
                console.print("\(root.name) \(version)")
                return .success
            case .run(let command, let parsed):
                return try await command.action?(parsed) ?? .usage
            }
        } catch let error as UsageError {
            return report(error, path: parser.path)
        } catch let error as CommandFailure {
            console.note("\(root.name): \(TextWidth.printable(error.message))")
            return error.exitCode
        } catch is CancellationError {
            return .interrupted
        } catch {
            console.note("\(root.name): \(TextWidth.printable("\(error)"))")
            return .failure
        }
    }

    private func report(_ error: UsageError, path: [Command]) -> ExitCode {
        let name = path.map(\.name).joined(separator: " ")
        console.note("\(name): \(TextWidth.printable(error.description))")
        if case .missingCommand = error, let command = path.last {
            console.note("Commands: \(command.subcommands.map(\.name).joined(separator: ", "))")
        } else {
            console.note(HelpText.usage(path: path))
        }
        console.note("\(name) --help explains it.")
        return .usage
    }
}
