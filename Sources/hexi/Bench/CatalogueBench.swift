import CommandLineInterface
import Node

/// `hexi bench catalogue`.
struct CatalogueBench: Sendable {
    let folder: String
    let isQuick: Bool
    let products: Int

    func run() async throws -> BenchReport {
        var benchmark = CatalogueBenchmark(directory: folder)
        benchmark.products = isQuick ? min(products, 5_000) : products
        benchmark.requests = isQuick ? 200 : 2_000
        let progress = ProgressDisplay("listing", total: UInt64(benchmark.products), unit: .count("products"))
        benchmark.progress = { progress.update(UInt64($0)) }
        let measured = try await benchmark.run()
        progress.finish()
        return BenchReport("catalogue", results: results(measured), remarks: [
            "\(DecimalText.grouped(Int64(measured.products))) listings of the catalogue only, each signed, in batches of 200, four under way; client and node share the process, its memory and the cores. Searches come one after the other over one connection and give twenty products each, whose texts are read from the ledger."
        ])
    }

    private func results(_ measured: CatalogueBenchmark.Report) -> [BenchResult] {
        func spread(_ name: String, _ spread: CatalogueBenchmark.Spread, yardstick: CatalogueBenchmark.Spread, _ yardstickName: String, target: BenchTarget? = nil) -> [BenchResult] {
            [
                BenchResult(name, .milliseconds(spread.median), yardstick: (yardstickName, .milliseconds(yardstick.median))),
                BenchResult("99th percentile", of: name, .milliseconds(spread.percentile99), yardstick: (yardstickName, .milliseconds(yardstick.percentile99)), target: target),
            ]
        }
        let goal = BenchTarget.atMost(.milliseconds(10))
        let grown = max(0, measured.memoryAfter - measured.memoryBefore)
        return [
            BenchResult(
                "listings imported", .rate(Double(measured.products) / max(measured.importSeconds, 0.001)),
                yardstick: ("Ed25519 verification alone, one a listing, all cores", .rate(measured.verificationBound))),
            BenchResult("in all", of: "listings imported", .seconds(measured.importSeconds)),
            BenchResult("memory that came with them", .bytes(grown), yardstick: ("before the import", .bytes(measured.memoryBefore))),
            BenchResult("for each product", of: "memory that came with them", .bytes(grown / max(1, measured.products))),
            BenchResult("state's snapshot", .bytes(measured.stateSnapshotBytes)), BenchResult("search index", .bytes(measured.indexBytes)),
            BenchResult("start with them", .seconds(measured.startSeconds), target: .atMost(.seconds(2))),
        ] + spread("search in Chinese", measured.chinese, yardstick: measured.indexAlone, "the index alone, both languages", target: goal)
            + spread("search in English", measured.english, yardstick: measured.indexAlone, "the index alone, both languages", target: goal)
            + spread("search with counts by six facets", measured.facets, yardstick: measured.indexAlone, "the index alone, without counts", target: goal)
            + spread("resolution of an identifier", measured.resolution, yardstick: measured.httpAlone, "a checkpoint read in the same manner")
    }
}
