import CommandLineInterface
import Foundation
import Glibc

/// `hexi demo`: the whole path once, on real data, told as a story.
enum DemoCommand {
    static func command(console: Console) -> Command {
        Command(
            name: "demo", about: "play the whole path once, on real data, and show every command",
            discussion: """
                Founds a space on a free local port, registers two providers, a buyer and an auditor, lists flights and \
                weather, signs contracts, runs queries in the sandbox, shows what is refused, bills, and audits a copy of \
                the ledger. Everything lies in a folder of its own, which is removed at the end unless --keep names one.
                """,
            options: [
                .value(
                    "data", "DIR", about: "the folder with flights.csv and weather.csv, which ops/setup fetches",
                    default: "Tools/data", completion: .directory),
                .value("keep", "DIR", about: "play in this new folder and leave it there", completion: .directory),
            ],
            examples: ["hexi demo --data Tools/data", "hexi demo --keep ./story"],
            run: { arguments in
                try await play(
                    data: arguments.value("data") ?? "Tools/data", keep: arguments.value("keep"), console: console)
            })
    }

    private static func play(data: String, keep: String?, console: Console) async throws -> ExitCode {
        let data = URL(fileURLWithPath: data).standardizedFileURL.path
        for name in ["flights.csv", "weather.csv"] where access("\(data)/\(name)", R_OK) != 0 {
            throw CommandFailure("\(data)/\(name) is not there; ops/setup fetches it", exitCode: .notReady)
        }
        let folder = try makeFolder(keep)
        let cleanUp = DemoCleanUp(folder: keep == nil ? folder : nil)
        let stage = DemoStage(folder: folder, programs: programFolder(), cleanUp: cleanUp, console: console)
        Interruption.onSignal { _ in
            cleanUp.run()
            return .exit
        }
        defer { cleanUp.run() }
        do {
            try await DemoStory(stage: stage, data: data, port: try freePort()).play()
        } catch {
            await waitIfInterrupted(cleanUp)
            throw (error as? DemoStage.Failure).map { CommandFailure($0.description) } ?? error
        }
        stage.stopNode()
        if keep != nil { console.print("\nEverything of the story lies in \(folder); start its node again with `hexi serve node` there.") }
        return .success
    }

    /// Ctrl-C reaches the programs that the story calls as well, and their end may be seen here before the signal is. The
    /// story did not fail then: whoever cleans up also ends this process.
    private static func waitIfInterrupted(_ cleanUp: DemoCleanUp) async {
        try? await Task.sleep(for: .milliseconds(300))
        while cleanUp.isDone { try? await Task.sleep(for: .seconds(1)) }
    }

    private static func makeFolder(_ keep: String?) throws -> String {
        if let keep {
            let path = URL(fileURLWithPath: keep).standardizedFileURL.path
            guard mkdir(path, 0o700) == 0 else {
                throw CommandFailure("\(path) cannot be made: \(String(cString: strerror(errno)))", exitCode: .notReady)
            }
            return path
        }
        var template = Array("\(NSTemporaryDirectory())/hexi-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure("no temporary folder can be made: \(String(cString: strerror(errno)))", exitCode: .notReady)
        }
        return URL(fileURLWithPath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
            .standardizedFileURL.path
    }

    private static func programFolder() -> String {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: link ?? CommandLine.arguments[0]).deletingLastPathComponent().path
    }

    /// A port that nothing listens on at this moment.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var count = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, count) == 0 && getsockname(descriptor, $0, &count) == 0
            }
        }
        guard isBound else { throw CommandFailure("no local port is free", exitCode: .notReady) }
        return UInt16(bigEndian: address.sin_port)
    }
}
