import Encoding
import Foundation
import Glibc

@testable import Signing

/// SplitMix64 with a fixed seed: the same "random" values in every run.
struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

struct TestFailure: Error { var reason: String }

func hex(_ text: String) throws -> [UInt8] {
    guard let bytes = Hexadecimal.decode(text) else { throw TestFailure(reason: "not hexadecimal: \(text)") }
    return bytes
}

/// The key of seed `n, n, n, …`.
func testKey(_ number: UInt8) throws -> SigningKey { try SigningKey(seed: [UInt8](repeating: number, count: 32)) }

/// A folder for one test, removed with its content at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/hexi-signing-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure(reason: "no temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let path = file(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, mode)
        guard descriptor >= 0 else { throw TestFailure(reason: "cannot create \(path)") }
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw TestFailure(reason: "short write") }
        return path
    }
}

/// Runs a shell command and gives its exit status and what it printed.
func shell(_ command: String) throws -> (status: Int32, output: String) {
    guard let pipe = popen("\(command) 2>&1", "r") else { throw TestFailure(reason: "cannot run \(command)") }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        if count == 0 { break }
        output.append(contentsOf: buffer[..<count])
    }
    return (pclose(pipe) >> 8 & 0xFF, String(decoding: output, as: UTF8.self))
}
