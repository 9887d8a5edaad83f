import CommandLineInterface
import Foundation

/// Where the story of `hexi demo` is played: a folder, a running node, and programs that are called as a user would.
final class DemoStage {
    struct Output {
        var status: Int32
        var text: String
    }

    enum Failure: Error, CustomStringConvertible {
        case unexpected(command: String, status: Int32, output: String)
        case missing(String)

        var description: String {
            switch self {
            case .unexpected(let command, let status, let output):
                "the story stops here: `\(command)` ended with \(status), which was not expected.\n\(output)"
            case .missing(let what): "the story stops here: \(what)"
            }
        }
    }

    let folder: String
    let console: Console
    private let programs: String
    private let cleanUp: DemoCleanUp
    private var node: Process?

    /// - Parameters:
    ///   - programs: the folder in which `hexi` and `hexi-audit` lie.
    ///   - cleanUp: starts every process, so that it can end those that are left.
    init(folder: String, programs: String, cleanUp: DemoCleanUp, console: Console) {
        self.folder = folder
        self.programs = programs
        self.cleanUp = cleanUp
        self.console = console
    }

    func say(_ text: String) { console.print(text) }

    func heading(_ number: Int, _ text: String) {
        console.print("")
        console.print("\(number). \(text)")
        console.print(String(repeating: "─", count: 72))
    }

    /// Runs a program of the project, shows the command as a user would type it, and shows what it printed.
    ///
    /// - Parameters:
    ///   - profile: whose profile it uses, a folder of the stage.
    ///   - expecting: the exit status that the story needs; another one ends it.
    ///   - limit: how many lines of the output to show: the first half and the last half of them.
    @discardableResult
    func run(
        _ arguments: [String], program: String = "hexi", profile: String? = nil, expecting: Int32 = 0, limit: Int = 40
    ) throws -> String {
        let shown = ([program] + arguments).map(Self.quoted).joined(separator: " ")
        console.print("")
        console.print("  \(profile.map { "[\($0)] " } ?? "")$ \(shown)")
        let output = try call(program, arguments, profile: profile)
        show(output.text, limit: limit)
        guard output.status == expecting else {
            throw Failure.unexpected(command: shown, status: output.status, output: output.text)
        }
        return output.text
    }

    private func show(_ text: String, limit: Int) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.last == "" ? lines.dropLast() : lines[...]
        // What a command says last, its receipt above all, is as telling as how it begins.
        let tail = shown.count > limit ? limit / 2 : 0
        for line in shown.prefix(limit - tail) { console.print("    \(line)") }
        if shown.count > limit { console.print("    … \(shown.count - limit) lines more …") }
        for line in shown.suffix(tail) { console.print("    \(line)") }
    }

    /// Runs a program and gives back its exit status and all it printed, on either stream.
    func call(_ program: String, _ arguments: [String], profile: String?) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(programs)/\(program)")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        var environment = ProcessInfo.processInfo.environment
        if let profile { environment["HEXI_PROFILE"] = "\(folder)/\(profile)" }
        environment["COLUMNS"] = "110"
        process.environment = environment
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try cleanUp.start(process)
        defer { cleanUp.ended(process) }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Output(status: process.terminationStatus, text: String(decoding: data, as: UTF8.self))
    }

    /// Starts the node in the background; its log goes to a file of the stage.
    func startNode(home: String) throws {
        let logPath = "\(folder)/node.log"
        guard FileManager.default.createFile(atPath: logPath, contents: nil),
            let log = FileHandle(forWritingAtPath: logPath)
        else { throw Failure.missing("\(logPath) cannot be written") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(programs)/hexi")
        process.arguments = ["serve", home]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = log
        process.standardError = log
        process.standardInput = FileHandle.nullDevice
        try cleanUp.start(process)
        node = process
    }

    var isNodeRunning: Bool { node?.isRunning ?? false }

    /// Asks the node to stop, and waits until it has.
    func stopNode() {
        guard let node, node.isRunning else { return }
        node.terminate()
        node.waitUntilExit()
        self.node = nil
        cleanUp.ended(node)
    }

    private static func quoted(_ argument: String) -> String {
        let isPlain = !argument.isEmpty
            && argument.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-_./=:,@+".utf8.contains(byte) || byte >= 0x80
            }
        return isPlain ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
    }
}
