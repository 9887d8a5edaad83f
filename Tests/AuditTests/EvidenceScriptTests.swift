import Testing
import TransparencyLog

@testable import Audit

/// The commands in a bundle's own text, by which an expert checks it without any program of ours.
@Suite struct EvidenceScriptTests {
    /// Unpacks a bundle and runs the shell blocks of its own text, as they stand.
    private func runReadMe(_ path: String, in folder: String, prepare: String = "true") throws -> ProgramTests.Output {
        let script = """
            set -e; mkdir \(folder); cd \(folder); tar -xf \(path); \(prepare)
            sed -n '/^```sh$/,/^```$/p' README.txt | grep -v '^```' > ../commands.sh
            sh -e ../commands.sh 2>&1
            """
        return try ProgramTests.run(script)
    }

    @Test(arguments: [false, true], [2, 23, 700]) func theCommandsInABundlesTextShowThatItHolds(_ isPartial: Bool, _ size: Int) async throws {
        let place = try ExportTests.Place { space in
            if size == 2 {
                try space.found()
                _ = try space.apply("Weather bureau", .provider, TestSpace.key(10))
            } else if size == 23 {
                try space.liveThroughEverything()
            } else {
                let parties = try space.openForRuns(maximumRuns: 5000)
                for _ in 10..<size { try space.run(parties) }
            }
        }
        let numbers: Set<UInt64> = [1, UInt64(size - 1), UInt64(size / 2)]
        let path = isPartial ? try await place.export([], numbers).0 : try await place.exportWhole()
        let output = try runReadMe(path, in: "\(place.path)/unpacked")
        #expect(output.status == 0, "\(output.text)")
        for text in ["checkpoint: OK", "signed root", "Signature Verified Successfully"] {
            #expect(output.text.contains(text), "\(text) is missing in \(output.text)")
        }
        #expect(output.text.contains(isPartial ? "in the tree of \(size)" : "\(size) entries lead to"))
    }

    @Test(arguments: [
        // Whoever changes an entry can make the manifest fit, but not the tree; nor the signature for another root.
        (false, "sed -i 's/\"time\":\"2/\"time\":\"3/' tile/entries/000.p/2", "does not follow|NOT the entries"),
        (true, "sed -i 's/\"time\":\"2/\"time\":\"3/' entries/1.json", "NOT proved"),
        (false, "sed -i '3s/^./Z/' checkpoint", "NOT the entries"),
        (true, "sed -i '3s/^./Z/' checkpoint", "NOT proved"),
        (false, "sed -i '1s/^./b/' checkpoint", "Verification Failure"),
    ]) func theCommandsFindAForgeryWithAFittingManifest(_ isPartial: Bool, _ forgery: String, _ words: String) async throws {
        let place = try ExportTests.Place { space in
            try space.found()
            _ = try space.apply("Weather bureau", .provider, TestSpace.key(10))
        }
        let path = isPartial ? try await place.export([], [1]).0 : try await place.exportWhole()
        let manifest = "cut -c67- SHA256SUMS | xargs sha256sum > new && mv new SHA256SUMS"
        let output = try runReadMe(path, in: "\(place.path)/unpacked", prepare: "\(forgery) && \(manifest)")
        #expect(output.status != 0)
        #expect(words.split(separator: "|").contains { output.text.contains($0) }, "\(output.text)")
    }
}
