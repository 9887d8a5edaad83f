import Foundation
import Testing

extension EndToEnd {
    /// The README's tours, as a reader would type them.
    @Suite struct ReadmeTests {
        @Test("The commands of the README's tours work exactly as they stand there")
        func tours() async throws {
            try await Workspace.with { workspace in
                let files = FileManager.default
                let text = try String(contentsOfFile: "\(BuiltPrograms.packageRoot)/README.md", encoding: .utf8)
                let blocks = Self.blocks(of: text)
                try #require(blocks.count >= 8, "the README's tours were not found")
                try files.createDirectory(atPath: workspace.path("tour"), withIntermediateDirectories: true)
                try files.createSymbolicLink(
                    atPath: workspace.path("Tools"), withDestinationPath: "\(BuiltPrograms.packageRoot)/Tools")
                // Job control, as at a terminal; the first command that fails ends the script. Only the port is another.
                let opening = ["set -e -m", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", "cd tour"]
                let script = (opening + blocks).joined(separator: "\n") + "\n"
                try workspace.write(script.replacing("8620", with: "\(try freePort())"), to: "tour.sh")
                let path = "\(BuiltPrograms.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
                let output = try await workspace.run("/bin/bash", ["tour.sh"], environment: ["PATH": path], seconds: 180)
                #expect(output.status == 0, "\(output.output.suffix(4000))\n\(output.error.suffix(4000))")
                for phrase in ["refused, as it should be", "tampered, as it should be", "SOUND", "TAMPERED", "mean_delay", "20.00 CNY", "VALID 证书有效", "hexi-quality 1"] {
                    #expect(output.all.contains(phrase), "the tours did not come to \"\(phrase)\"")
                }
            }
        }

        /// The blocks that are marked as commands to be typed in the tours.
        private static func blocks(of text: String) -> [String] {
            text.components(separatedBy: "\n```sh\n").dropFirst().compactMap { $0.components(separatedBy: "\n```").first }
        }
    }
}
