import Foundation
import Testing
import TransparencyLog

/// The script of the auditor's guide (`ops/auditing.md`), as it stands there.
@Suite struct ChainScriptTests {
    private static func script() throws -> String {
        let guide = try String(contentsOfFile: "\(OtherPrograms.packageRoot)/ops/auditing.md", encoding: .utf8)
        let block = guide.components(separatedBy: "\n```python\n").dropFirst().first?.components(separatedBy: "\n```").first
        return try #require(block, "the guide has no script")
    }

    private static func run(_ dump: String) throws -> OtherPrograms.Outcome {
        try OtherPrograms.run("/usr/bin/env", ["python3", "-I", "-c", try script()], input: dump)
    }

    @Test("The script has at most twenty lines and needs the standard library alone")
    func isShort() throws {
        let lines = try Self.script().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 20)
        #expect(lines.filter { $0.contains("import") } == ["import base64, hashlib, json, sys"])
    }

    @Test("The script's size and root are those of the checkpoint", arguments: [0, 1, 2, 3, 255, 256, 1000] as [UInt64])
    func agreesWithTheCheckpoint(size: UInt64) async throws {
        let mirror = try StaticMirror()
        try await mirror.grow(to: size)
        let outcome = try Self.run(try mirror.dump())
        let lines = String(decoding: mirror.ledger.checkpoint(), as: UTF8.self).split(separator: "\n")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output == "\(lines[1]) \(lines[2])\n")
    }

    @Test("The script stops where the chain is broken")
    func findsABreak() async throws {
        let mirror = try StaticMirror()
        try await mirror.grow(to: 40)
        let path = try mirror.dump()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        func verdict(_ lines: [String]) throws -> OtherPrograms.Outcome {
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            return try Self.run(path)
        }
        var changed = lines
        changed[7] = changed[7].replacing("test", with: "best")
        #expect(try verdict(changed).error.contains("entry 8 "))
        changed = lines
        changed.remove(at: 20)
        #expect(try verdict(changed).error.contains("entry 20 "))
        changed = lines
        changed.swapAt(3, 4)
        #expect(try verdict(changed).error.contains("entry 3 "))
        // Nothing follows the last entry, so only the root shows that it was changed.
        changed = lines
        changed[39] = changed[39].replacing("test", with: "best")
        let root = String(decoding: mirror.ledger.checkpoint(), as: UTF8.self).split(separator: "\n")[2]
        #expect(try !verdict(changed).output.contains(root))
        #expect(try verdict(lines).output.contains(root))
    }
}
