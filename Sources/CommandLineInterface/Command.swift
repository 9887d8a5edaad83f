/// A program, or one of its commands: what it is called, what it takes and what it does.
///
/// A command either has subcommands or runs. Help texts and shell completion are made from the same declaration that
/// parsing uses, so they cannot disagree with it.
public struct Command: Sendable {
    public typealias Action = @Sendable (ParsedArguments) async throws -> ExitCode

    public var name: String
    /// One line, without a full stop, that begins with a verb: "list products".
    public var about: String
    /// More, for the command's own help; paragraphs are separated by an empty line.
    public var discussion: String?
    /// The command's options. All its subcommands take them too.
    public var options: [CommandOption]
    public var arguments: [CommandArgument]
    /// Whole command lines, each shown in the help.
    public var examples: [String]
    public var subcommands: [Command]
    public var action: Action?

    /// A command that runs. `example` is a whole command line, for example `hexi run show 86.gs.qingyang/X…`.
    public init(
        name: String, about: String, discussion: String? = nil, options: [CommandOption] = [],
        arguments: [CommandArgument] = [], examples: [String], run: @escaping Action
    ) {
        self.name = name
        self.about = about
        self.discussion = discussion
        self.options = options
        self.arguments = arguments
        self.examples = examples
        subcommands = []
        action = run
    }

    /// A command that only groups others.
    public init(
        name: String, about: String, discussion: String? = nil, options: [CommandOption] = [],
        examples: [String] = [], subcommands: [Command]
    ) {
        self.name = name
        self.about = about
        self.discussion = discussion
        self.options = options
        arguments = []
        self.examples = examples
        self.subcommands = subcommands
        action = nil
    }

    func subcommand(_ name: String) -> Command? { subcommands.first { $0.name == name } }

    /// What is wrong with the declaration itself; empty where nothing is. For the program's own tests.
    public func problems() -> [String] { problems(path: name, inherited: []) }

    private func problems(path: String, inherited: [CommandOption]) -> [String] {
        var problems: [String] = []
        let all = inherited + options + [CommandOption.help]
        for (index, option) in all.enumerated() {
            for other in all[(index + 1)...] {
                if option.name == other.name { problems.append("\(path): --\(option.name) is declared twice") }
                if option.short != nil && option.short == other.short {
                    problems.append("\(path): --\(option.name) and --\(other.name) share a letter")
                }
            }
        }
        for name in Set(subcommands.map(\.name)) where subcommands.filter({ $0.name == name }).count > 1 {
            problems.append("\(path): \(name) is declared twice")
        }
        for (index, argument) in arguments.enumerated() where index + 1 < arguments.count {
            if argument.isRepeated { problems.append("\(path): only the last argument can be repeated") }
            if !argument.isRequired && arguments[index + 1].isRequired {
                problems.append("\(path): \(arguments[index + 1].name) is required after one that is not")
            }
        }
        if action == nil && subcommands.isEmpty { problems.append("\(path): does nothing and has no subcommand") }
        if action != nil && examples.isEmpty { problems.append("\(path): has no example") }
        for example in examples where example != path && !example.contains(path + " ") {
            problems.append("\(path): its example does not call it: \(example)")
        }
        return problems
            + subcommands.flatMap { $0.problems(path: "\(path) \($0.name)", inherited: inherited + options) }
    }
}

/// What can stand in the place of a value, for shell completion.
public enum CompletionKind: Sendable, Hashable {
    case nothing
    case file
    case directory
    case words([String])
}

/// An option: `--name` (a flag), or `--name VALUE` and `--name=VALUE`.
public struct CommandOption: Sendable {
    /// Without the dashes.
    public var name: String
    public var short: Character?
    /// What the help calls the value, in capitals (`DIR`); `nil` for a flag.
    public var valueName: String?
    public var about: String
    public var isRepeated = false
    public var isRequired = false
    /// What holds when the option is absent; shown in the help and given by `ParsedArguments.value`.
    public var defaultValue: String?
    /// The only values that are accepted; empty where any is.
    public var choices: [String] = []
    public var completion: CompletionKind = .nothing

    /// An option without value.
    public static func flag(_ name: String, short: Character? = nil, about: String) -> CommandOption {
        CommandOption(name: name, short: short, valueName: nil, about: about)
    }

    /// An option with a value. A repeated one may be given any number of times, a required one must be given.
    public static func value(
        _ name: String, short: Character? = nil, _ valueName: String, about: String, isRepeated: Bool = false,
        isRequired: Bool = false, default defaultValue: String? = nil, choices: [String] = [],
        completion: CompletionKind = .nothing
    ) -> CommandOption {
        CommandOption(
            name: name, short: short, valueName: valueName, about: about, isRepeated: isRepeated,
            isRequired: isRequired, defaultValue: defaultValue, choices: choices,
            completion: choices.isEmpty ? completion : .words(choices))
    }

    static let help = CommandOption.flag("help", short: "h", about: "show this help")
    static let version = CommandOption.flag("version", about: "show the version")
}

/// An argument that is told by its place.
public struct CommandArgument: Sendable {
    public var name: String
    public var about: String
    public var isRequired: Bool
    /// The last argument may take all that follows.
    public var isRepeated: Bool
    public var completion: CompletionKind

    public init(
        _ name: String, about: String, isRequired: Bool = true, isRepeated: Bool = false,
        completion: CompletionKind = .nothing
    ) {
        self.name = name
        self.about = about
        self.isRequired = isRequired
        self.isRepeated = isRepeated
        self.completion = completion
    }

    var usage: String {
        let text = isRepeated ? "<\(name)>..." : "<\(name)>"
        return isRequired ? text : "[\(text)]"
    }
}
