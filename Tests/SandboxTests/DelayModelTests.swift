import Encoding
import Foundation
import SandboxTestKit
import Signing
import Testing

@testable import Sandbox

/// The example program of Contracts/templates/delay-model, on the real flights.
@Suite struct DelayModelTests {
    static let folder = Bench.root + "/Contracts/templates/delay-model"

    static func program() throws -> ApprovedProgram {
        let document = try JSONValue.parse(Array(try Data(contentsOf: URL(filePath: folder + "/program.json"))))
        let object = try #require(document.objectValue)
        let metrics = try (object["metrics"]?.arrayValue ?? []).map { value -> MetricDeclaration in
            let metric = try #require(value.objectValue)
            return MetricDeclaration(
                name: try #require(metric["name"]?.stringValue),
                type: try #require(metric["type"]?.stringValue.flatMap { MetricDeclaration.ValueType(rawValue: $0) }),
                bounds: try #require(metric["lower"]?.doubleValue)...(try #require(metric["upper"]?.doubleValue)),
                size: metric["size"]?.integerValue.map { Int($0) })
        }
        let artefacts = try (object["artefacts"]?.arrayValue ?? []).map { value in
            ArtefactDeclaration(
                name: try #require(value.objectValue?["name"]?.stringValue), maximumBytes: Int(try #require(value.objectValue?["maximumBytes"]?.integerValue)))
        }
        let source = Array(try Data(contentsOf: URL(filePath: folder + "/main.py")))
        #expect(object["bundle"]?.stringValue == SHA256.hash(source).description, "program.json must name the bundle as it is")
        return ApprovedProgram(
            bundleHash: SHA256.hash(source), runtime: .python3, entry: try #require(object["entry"]?.stringValue), metrics: metrics,
            artefacts: artefacts, significantDigits: 3)
    }

    @Test(.enabled(if: Flights.isThere)) func aModelOfDelaysIsTrainedInTheSandboxAndBeatsTheHour() async throws {
        let artefacts = try Programs.folder()
        let outcome = try await Programs.runner.run(
            try Self.program(), bundle: Self.folder + "/main.py", tables: try await Flights.policies(),
            snapshots: try await Flights.snapshots.value.paths,
            limits: RunLimits(wallClockSeconds: 300, cpuSeconds: 300, memoryBytes: 512 << 20, scratchBytes: 16 << 20),
            parameters: ["rows": 20_000], artefactFolder: artefacts)
        let metrics = try Programs.metrics(outcome)
        func value(_ name: String) throws -> Double { try #require(metrics[name]?.doubleValue) }
        #expect(try value("rows_trained") == 15_000)
        #expect(try value("auc") > 0.68)
        #expect(try value("auc") > value("auc_baseline") + 0.02)
        #expect(try value("brier") < value("brier_baseline"))
        let tenths = try #require(metrics["late_by_tenth"]?.arrayValue).compactMap(\.doubleValue)
        #expect(tenths.count == 10 && (tenths.last ?? 0) > 3 * (tenths.first ?? 1))
        // Three digits, as the policy says.
        #expect(tenths.allSatisfy { SignificantDigits.round($0, to: 3) == $0 })

        let weights = try #require(outcome.artefacts.first)
        let bytes = Array(try Data(contentsOf: URL(filePath: weights.path)))
        #expect(weights.name == "weights" && weights.path == artefacts + "/weights" && Int64(bytes.count) == weights.bytes)
        #expect(SHA256.hash(bytes) == weights.sha256)
        #expect(try JSONValue.parse(bytes).objectValue?["hour 20"]?.doubleValue ?? 0 > 0)
    }

    @Test(.enabled(if: Flights.isThere)) func theSameProgramOnTheSameDataTellsTheSame() async throws {
        func hash() async throws -> SHA256Digest {
            try await Programs.runner.run(
                try Self.program(), bundle: Self.folder + "/main.py", tables: try await Flights.policies(),
                snapshots: try await Flights.snapshots.value.paths,
                limits: RunLimits(wallClockSeconds: 300, cpuSeconds: 300, memoryBytes: 512 << 20, scratchBytes: 16 << 20),
                parameters: ["rows": 1000], artefactFolder: try Programs.folder()
            ).metricsHash
        }
        let first = try await hash()
        #expect(try await hash() == first)
    }
}
