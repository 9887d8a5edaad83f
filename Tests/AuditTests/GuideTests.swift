import Encoding
import Foundation
import Testing

/// The commands of the auditor's guide (`ops/auditing.md`) that need nothing but a copy of the ledger, as they stand there.
@Suite struct GuideTests {
    private static func section() throws -> (commands: [String], script: String) {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let guide = try String(contentsOfFile: "\(root)/ops/auditing.md", encoding: .utf8)
        func blocks(_ language: String, _ text: String) -> [String] {
            text.components(separatedBy: "\n```\(language)\n").dropFirst().compactMap { $0.components(separatedBy: "\n```").first }
        }
        let section = try #require(guide.components(separatedBy: "\n## 3. `hexi-audit`\n").dropFirst().first)
        return (blocks("sh", section), try #require(blocks("python", guide).first))
    }

    @Test func itsCommandsDoWhatItSaysInTheirOrder() throws {
        let place = try ExportTests.Place()
        let (commands, script) = try Self.section()
        #expect(commands.count == 5)
        try script.write(toFile: "\(place.path)/check.py", atomically: true, encoding: .utf8)
        let (key, contract) = (try place.space.signer.verifier, try place.subject(.contractOffered))
        try commands.joined(separator: "\n").write(toFile: "\(place.path)/guide.sh", atomically: true, encoding: .utf8)
        let output = try ProgramTests.run(
            """
            cd \(place.path) && ln -s $L copy && ln -s "$P" hexi-audit && export PATH="$PWD:$PATH" KEY='\(key)' \
            CONTRACT='\(contract)' && sh -eu guide.sh 2>&1
            """, ledger: place.ledger.path)
        #expect(output.status == 0, "\(output.text)")
        for text in ["SOUND: 23 entries", "23 \(Base64.encode(place.writer.root.bytes))"] {
            #expect(output.text.contains(text), "\(text) is missing in \(output.text)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: place.path)
        for name in ["trust-policy", "audit.hexi-state", "receipt.tlog-proof", "case.tar", "report.html", "ledger.tar"] {
            #expect(files.contains(name), "\(name)")
        }
    }
}
