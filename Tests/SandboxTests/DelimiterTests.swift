import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite("A CSV file's delimiter")
struct DelimiterTests {
    private func write(_ text: String) throws -> String {
        let path = Bench.folder + "/" + UUID().uuidString
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("is found in the first line", arguments: [",", ";", "\t", "|"])
    func found(delimiter: String) async throws {
        let text = "a\(delimiter)\"b,;|\"\(delimiter)c\n1\(delimiter)2\(delimiter)x\n"
        let path = try write(text)
        let snapshot = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        #expect(snapshot.columns.map(\.name) == ["a", "b,;|", "c"])
        #expect(snapshot.rows == 1)
    }

    @Test("a file of one column needs none")
    func oneColumn() async throws {
        let path = try write("a\n1\n2\n")
        let snapshot = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        #expect(snapshot.columns.map(\.name) == ["a"])
        #expect(snapshot.rows == 2)
    }

    @Test("uneven rows are refused, with the line")
    func uneven() async throws {
        let path = try write("a,b\n1,2\n1,2,3\n4\n")
        let error = await #expect(throws: SandboxError.self) {
            try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        }
        guard case .importFailed(_, let line)? = error else {
            Issue.record("expected a failed import, got \(String(describing: error))")
            return
        }
        #expect(line == 3)
        #expect(!FileManager.default.fileExists(atPath: path + ".duckdb"))
    }
}
