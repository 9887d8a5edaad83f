import Encoding
import Foundation
import SandboxTestKit

@testable import Sandbox

/// Tables made for one test of the disclosure control.
enum DisclosureBench {
    /// The path of the snapshot of a CSV text.
    static func imported(_ csv: String) async throws -> String {
        let path = Bench.folder + "/\(UUID().uuidString).csv"
        try csv.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        return path + ".duckdb"
    }
}
