import Foundation
import Testing

/// The programs of others that the ledger is checked with.
enum OtherPrograms {
    struct Outcome {
        var status: Int32
        var output: String
        var error: String
    }

    static let packageRoot: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Builds the Go program, once for a test run, and tells where it is. Debian installs the packages that it uses as
    /// sources for the mode of before modules.
    static let checkledger: Result<String, BuildFailure> = {
        let folder = NSTemporaryDirectory() + "hexi-interop-go-\(getpid())"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let outcome = try run(
                "/usr/bin/env", ["go", "build", "-o", "\(folder)/checkledger", "."], directory: "\(packageRoot)/Tests/Interop",
                environment: ["GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": "\(folder)/cache"])
            guard outcome.status == 0 else { return .failure(BuildFailure(reason: outcome.error)) }
            try? FileManager.default.removeItem(atPath: "\(folder)/cache")
            atexit { try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "hexi-interop-go-\(getpid())") }
            return .success("\(folder)/checkledger")
        } catch {
            return .failure(BuildFailure(reason: "\(error)"))
        }
    }()

    struct BuildFailure: Error { var reason: String }

    /// Runs the Go program on a ledger at an address or in a folder.
    static func check(_ location: String, key: String, proofs: Int = 200) throws -> Outcome {
        try run(try checkledger.get(), ["-vkey", key, "-proofs", "\(proofs)", location])
    }

    /// Runs a program to its end; with `input`, a file is its standard input.
    static func run(
        _ program: String, _ arguments: [String], directory: String = "/", environment: [String: String] = [:],
        input: String? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input.flatMap { FileHandle(forReadingAtPath: $0) } ?? FileHandle.nullDevice
        // Both go to files: two pipes that are read one after the other can block a program that fills the second.
        let (output, error) = (try scratchFile(), try scratchFile())
        defer { for file in [output, error] { try? FileManager.default.removeItem(at: file) } }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: error)
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
    }

    private static func scratchFile() throws -> URL {
        let url = URL(fileURLWithPath: NSTemporaryDirectory() + "hexi-interop-" + UUID().uuidString)
        try Data().write(to: url)
        return url
    }
}
