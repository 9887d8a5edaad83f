import Synchronization
import Testing

@testable import CommandLineInterface

/// A console that keeps what is printed.
final class RecordedConsole: Sendable {
    private let texts = Mutex<(output: String, error: String)>(("", ""))
    let width: Int?
    let isErrorTerminal: Bool

    init(width: Int? = nil, isErrorTerminal: Bool = false) {
        self.width = width
        self.isErrorTerminal = isErrorTerminal
    }

    var console: Console {
        Console(outputWidth: width, isErrorTerminal: isErrorTerminal) { stream, text in
            self.texts.withLock { if stream == .output { $0.output += text } else { $0.error += text } }
        }
    }
    var output: String { texts.withLock { $0.output } }
    var error: String { texts.withLock { $0.error } }
}

/// A program with every kind of declaration; each command prints what it was given.
func exampleProgram(_ console: Console) -> Command {
    let list = Command(
        name: "list", about: "list products",
        options: [
            .value("grade", "GRADE", about: "only this grade", choices: ["core", "general"]),
            .value("limit", short: "n", "COUNT", about: "how many", default: "20"),
            .value("parameter", short: "p", "NAME=VALUE", about: "a parameter", isRepeated: true),
            .flag("all", short: "a", about: "withdrawn ones too"),
        ],
        arguments: [CommandArgument("text", about: "words to find", isRequired: false, isRepeated: true)],
        examples: ["hexi product list --grade core weather"]
    ) { arguments in
        console.print(
            [
                "grade=\(arguments.value("grade") ?? "-")",
                "limit=\(try arguments.integer("limit", in: 1...200) ?? 0)",
                "parameters=\(arguments.values("parameter").joined(separator: ","))", "all=\(arguments.flag("all"))",
                "json=\(arguments.flag("json"))", "text=\(arguments.argumentList("text").joined(separator: ","))",
            ].joined(separator: " "))
        return .success
    }
    let copy = Command(
        name: "import", about: "import a file",
        options: [.value("key", "FILE", about: "the key", isRequired: true, completion: .file)],
        arguments: [
            CommandArgument("file", about: "what to import", completion: .file),
            CommandArgument("name", about: "its name", isRequired: false),
        ],
        examples: ["hexi product import --key operator.pem flights.csv"]
    ) { arguments in
        console.print("\(try arguments.requiredArgument("file")) \(try arguments.required("key"))")
        throw CommandFailure("no space left", exitCode: .failure)
    }
    let product = Command(name: "product", about: "work with products", subcommands: [list, copy])
    let check = Command(name: "verify", about: "check it", examples: ["hexi verify"]) { _ in .negative }
    return Command(
        name: "hexi", about: "a data-space node",
        options: [.flag("json", about: "print JSON"), .value("home", "DIR", about: "the folder", completion: .directory)],
        subcommands: [product, check])
}

@Suite struct ProgramTests {
    let recorded = RecordedConsole()

    func run(_ line: String) async -> ExitCode {
        await Program(exampleProgram(recorded.console), version: "1.2.3", console: recorded.console)
            .run(line.split(separator: " ").map(String.init))
    }

    @Test func theExampleDeclarationIsConsistent() {
        #expect(exampleProgram(recorded.console).problems() == [])
    }

    @Test(arguments: [
        ("product list", "grade=- limit=20 parameters= all=false json=false text="),
        ("--json product list a b", "grade=- limit=20 parameters= all=false json=true text=a,b"),
        ("product list a --json -n 5 b", "grade=- limit=5 parameters= all=false json=true text=a,b"),
        ("product --json list -n5 -a", "grade=- limit=5 parameters= all=true json=true text="),
        ("product list --limit=7 --grade=core", "grade=core limit=7 parameters= all=false json=false text="),
        ("product list -p x=1 --parameter y=2 -an9", "grade=- limit=9 parameters=x=1,y=2 all=true json=false text="),
        ("product list -- --grade -a --", "grade=- limit=20 parameters= all=false json=false text=--grade,-a,--"),
        ("product list -5 -", "grade=- limit=20 parameters= all=false json=false text=-5,-"),
        ("product list --parameter=--x", "grade=- limit=20 parameters=--x all=false json=false text="),
        ("product list --parameter=", "grade=- limit=20 parameters= all=false json=false text="),
    ])
    func optionsAndArgumentsAreUnderstoodWhereverTheyStand(line: String, expected: String) async {
        #expect(await run(line) == .success, "\(recorded.error)")
        #expect(recorded.output == expected + "\n")
    }

    @Test(arguments: [
        ("", "a command is missing"), ("product", "a command is missing"),
        ("prodcut list", "did you mean product?"), ("product lst", "did you mean list?"),
        ("zzz", "there is no command \"zzz\""), ("product list --garde core", "did you mean --grade?"),
        ("product list --xyzzy", "there is no option --xyzzy"), ("product list -z", "there is no option -z"),
        ("product list --limit", "--limit needs a value"), ("product list --limit --all", "--limit needs a value"),
        ("product list -n", "-n needs a value"), ("product list --all=yes", "--all takes no value"),
        ("product list --limit 1 --limit 2", "may be given only once"),
        ("product list --limit 0", "from 1 to 200"), ("product list --limit ten", "whole number"),
        ("product list --grade cor", "did you mean core?"), ("product import a.csv", "--key FILE is required"),
        ("product import --key k", "<file> is missing"), ("product import --key k a b c", "unexpected argument \"c\""),
        ("verify now", "unexpected argument"), ("verify --version", "there is no option --version"),
        ("completion tcsh", "give bash, zsh or fish"),
    ])
    func mistakesAreNamedAndEndWithTheUsageCode(line: String, expected: String) async {
        #expect(await run(line) == .usage)
        #expect(recorded.error.contains(expected), "\(recorded.error)")
        #expect(recorded.output == "")
    }

    @Test func failuresKeepTheirExitCode() async {
        #expect(await run("product import --key k a.csv") == .failure)
        #expect(recorded.output == "a.csv k\n")
        #expect(recorded.error == "hexi: no space left\n")
        #expect(await run("verify") == .negative)
    }

    @Test(arguments: ["--help", "-h", "help", "product --help", "help product", "product list -h", "product import --help"])
    func everyCommandExplainsItself(line: String) async {
        #expect(await run(line) == .success)
        #expect(recorded.output.contains("Usage: hexi"))
        #expect(recorded.output.split(separator: "\n").allSatisfy { TextWidth.of(String($0)) <= 80 })
    }

    @Test func theHelpOfACommandShowsWhatIsDeclared() async {
        #expect(await run("product list --help") == .success)
        for expected in [
            "hexi product list: list products", "Usage: hexi product list [options] [<text>...]", "-n, --limit COUNT",
            "(default: 20)", "(one of core, general)", "(may be repeated)", "--home DIR",
            "  hexi product list --grade core weather",
        ] { #expect(recorded.output.contains(expected), "\(expected) is missing in \(recorded.output)") }
    }

    @Test func theVersionIsShown() async {
        #expect(await run("--version") == .success)
        #expect(recorded.output == "hexi 1.2.3\n")
    }

    @Test func faultyDeclarationsAreFound() {
        let leaf = Command(
            name: "a", about: "a", options: [.flag("x", short: "x", about: ""), .flag("xx", short: "x", about: "")],
            arguments: [CommandArgument("m", about: "", isRepeated: true), CommandArgument("n", about: "")],
            examples: ["other"]
        ) { _ in .success }
        let root = Command(
            name: "r", about: "r", options: [.flag("x", about: "")],
            subcommands: [leaf, leaf, Command(name: "b", about: "b", subcommands: [])])
        let problems = root.problems().joined(separator: "\n")
        for expected in [
            "--x is declared twice", "share a letter", "a is declared twice", "only the last argument",
            "does not call it", "b: does nothing",
        ] { #expect(problems.contains(expected), "\(problems)") }
    }

    @Test func messagesFromOutsideCannotControlTheTerminal() async {
        #expect(await run("\u{1B}[2Jx") == .usage)
        #expect(!recorded.error.contains("\u{1B}"))
    }
}
