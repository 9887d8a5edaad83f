// Family: hostile archives. Source: "Zip Slip" (Snyk 2018), CVE-2007-4559 (Python's tarfile), CVE-2018-20482 and links, devices and
// sparse files in tar(5).
import Foundation
import SandboxTestKit
import Signing
import Testing

@testable import Sandbox

/// Writes archives by hand, so that what no tool would write can be written.
enum Tar {
    static func header(_ name: String, size: String = "00000000000", type: Character = "0", link: String = "", mode: String = "0000644") -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) { for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte } }
        put(name, 0)
        put(mode, 100)
        put(size, 124)
        put("        ", 148)
        put(String(type), 156)
        put(link, 157)
        put("ustar\u{0}00", 257)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(String(repeating: "0", count: 6 - String(sum, radix: 8).count) + String(sum, radix: 8) + "\u{0} ", 148)
        return block
    }

    static func file(_ name: String, _ text: String = "pass\n", type: Character = "0", link: String = "") -> [UInt8] {
        let bytes = Array(text.utf8)
        let digits = String(bytes.count, radix: 8)
        let size = String(repeating: "0", count: 11 - digits.count) + digits
        return header(name, size: size, type: type, link: link) + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    static let end = [UInt8](repeating: 0, count: 1024)
}

@Suite struct EscapeBundleTests {
    struct Archive: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        init(_ name: String, _ bytes: [UInt8]) { (testDescription, self.bytes) = (name, bytes) }
    }

    static let hostile = [
        Archive("climbs", Tar.file("../main.py") + Tar.end), Archive("climbs inside", Tar.file("a/../../main.py") + Tar.end),
        Archive("absolute", Tar.file("/etc/cron.d/x") + Tar.end), Archive("hidden", Tar.file(".bashrc") + Tar.end),
        Archive("empty part", Tar.file("a//main.py") + Tar.end), Archive("no name", Tar.file("") + Tar.end),
        Archive("backslash", Tar.file("a\\main.py") + Tar.end), Archive("line break", Tar.file("a\nmain.py") + Tar.end),
        Archive("not ASCII", Tar.file("主.py") + Tar.end), Archive("too deep", Tar.file("a/b/c/d/e/f/g/h/main.py") + Tar.end),
        Archive("symbolic link", Tar.file("main.py", "", type: "2", link: "/etc/passwd") + Tar.end),
        Archive("hard link", Tar.file("main.py", "", type: "1", link: "/etc/passwd") + Tar.end),
        Archive("character device", Tar.file("main.py", "", type: "3") + Tar.end), Archive("block device", Tar.file("main.py", "", type: "4") + Tar.end),
        Archive("pipe", Tar.file("main.py", "", type: "6") + Tar.end), Archive("GNU long name", Tar.file("x", "../../x", type: "L") + Tar.end),
        Archive("GNU sparse", Tar.file("x", "", type: "S") + Tar.end), Archive("pax path", Tar.file("x", "24 path=../../etc/passwd\n", type: "x") + Tar.file("main.py") + Tar.end),
        Archive("pax link", Tar.file("x", "20 linkpath=/etc/x\n", type: "x") + Tar.file("main.py") + Tar.end),
        Archive("pax size", Tar.file("x", "12 size=999\n", type: "g") + Tar.file("main.py") + Tar.end),
        Archive("the same name twice", Tar.file("main.py") + Tar.file("main.py", "evil") + Tar.end),
        Archive("the same name in two ways", Tar.file("main.py") + Tar.file("./main.py", "evil") + Tar.end),
        Archive("longer than the archive", Tar.header("main.py", size: "77777777777") + Tar.end), Archive("size no number", Tar.header("main.py", size: "abc") + Tar.end),
        Archive("negative size", Tar.header("main.py", size: "-0000000001") + Tar.end), Archive("base 256 size", Tar.header("main.py", size: "\u{80}") + Tar.end),
        Archive("wrong checksum", Tar.file("main.py").enumerated().map { $0.offset == 0 ? $0.element &+ 1 : $0.element } + Tar.end),
        Archive("no end", Tar.file("main.py")), Archive("only an end", Tar.header("", type: "5") + Tar.end),
        Archive("too many", (0...TarReader.maximumFiles).flatMap { Tar.file("f\($0)", "") } + Tar.end),
        Archive("file and folder", Tar.file("main.py") + Tar.file("a") + Tar.file("a/b") + Tar.end),
    ]

    static func open(_ bytes: [UInt8], entry: String = "main.py", runtime: ApprovedProgram.Runtime = .python3) throws {
        let path = Bench.folder + "/bundle-\(UInt64.random(in: 0...UInt64.max))"
        try Data(bytes).write(to: URL(filePath: path))
        let program = ApprovedProgram(bundleHash: SHA256.hash(bytes), runtime: runtime, entry: entry, metrics: [], significantDigits: 3)
        try ProgramBundle(path: path, program: program).unpack(into: path + "-files", executable: nil)
    }

    @Test(arguments: hostile)
    func aHostileArchiveIsRefused(archive: Archive) throws {
        #expect(throws: ProgramFailure.self) { try Self.open(archive.bytes) }
    }

    @Test func anOrdinaryArchiveIsLaidOut() throws {
        try Self.open(Tar.header("lib/", type: "5") + Tar.file("./main.py") + Tar.file("lib/model.py") + Tar.file("x", "20 mtime=1.5\n", type: "x") + Tar.file("README") + Tar.end)
        // A text that is no archive is a program of one file.
        try Self.open(Array("print(1)\n".utf8))
    }

    @Test func anotherBundleThanTheApprovedIsRefused() throws {
        let path = Bench.folder + "/bundle-other"
        try Data("print(1)".utf8).write(to: URL(filePath: path))
        let program = ApprovedProgram(bundleHash: SHA256.hash(Array("print(2)".utf8)), runtime: .python3, entry: "main.py", metrics: [], significantDigits: 3)
        #expect(throws: ProgramFailure.self) { try ProgramRunner.check(program, bundle: path) }
        try? FileManager.default.removeItem(atPath: path + "-link")
        symlink(path, path + "-link")
        let linked = ApprovedProgram(bundleHash: SHA256.hash(Array("print(1)".utf8)), runtime: .python3, entry: "main.py", metrics: [], significantDigits: 3)
        #expect(throws: ProgramFailure.self) { try ProgramRunner.check(linked, bundle: path + "-link") }
        #expect(throws: Never.self) { try ProgramRunner.check(linked, bundle: path) }
        #expect(throws: ProgramFailure.self) { try Self.open(Array("print(1)".utf8), entry: "../main.py") }
        #expect(throws: ProgramFailure.self) { try Self.open(Array("print(1)".utf8), runtime: .executable) }
        #expect(throws: ProgramFailure.self) { try Self.open(Tar.file("other.py") + Tar.end) }
    }
}
