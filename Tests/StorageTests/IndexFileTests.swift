import Encoding
import Glibc
import Signing
import Testing

@testable import Storage

@Suite struct IndexFileTests {
    let folder = VaultTestFolder()
    var path: String { "\(folder.path)/index.sqlite" }
    let position = IndexPosition(size: 42, root: SHA256.hash([1]))

    @Test func positionAndContentSurviveReopening() throws {
        var index: CatalogueIndex? = try CatalogueIndex.open(path)
        #expect(try index?.position == nil)
        #expect(index?.rebuildReason == nil)
        try index?.apply([.upsert(indexTestDocument("a", en: "Wheat"))], position: position)
        index = nil
        let again = try CatalogueIndex.open(path)
        #expect(try again.position == position)
        #expect(again.rebuildReason == nil)
        #expect(try again.found("wheat") == ["a"])
    }

    @Test func aBatchThatFailsChangesNothing() throws {
        let index = try CatalogueIndex.open(path)
        #expect(throws: IndexError.outOfRange(member: "seq")) {
            try index.apply(
                [.upsert(indexTestDocument("a", en: "Wheat")), .upsert(indexTestDocument("b", seq: .max))],
                position: position)
        }
        #expect(try index.position == nil)
        #expect(try index.found("wheat").isEmpty)
        try index.upsert(indexTestDocument("a", en: "Wheat"))
        #expect(try index.found("wheat") == ["a"])
    }

    @Test("A thing's history is in the ledger's order, and of a long one the latest entries")
    func history() throws {
        let index = try CatalogueIndex.open(path)
        func record(_ identifiers: [String], _ seq: UInt64) -> HistoryRecord {
            HistoryRecord(
                identifiers: identifiers, seq: seq, time: Timestamp(milliseconds: Int64(seq)), type: "right.changed", actor: "operator")
        }
        let changes = [record(["T1", "T2"], 9), record(["T1"], 4), record(["T2"], 5), record(["T1"], 4)]
        try index.apply(changes.map { .history($0) }, position: position)
        #expect(try index.history(of: "T1") == [record(["T1"], 4), record(["T1"], 9)])
        #expect(try index.history(of: "T2").map(\.seq) == [5, 9])
        #expect(try index.history(of: "T3").isEmpty)
        try index.apply((10..<2010).map { .history(record(["T1"], $0)) }, position: nil)
        let long = try index.history(of: "T1")
        #expect(long.count == CatalogueIndex.maximumHistory && long.first?.seq == 1010 && long.last?.seq == 2009)
    }

    @Test("Each edition of a certificate keeps its place, however often its entry is applied")
    func editions() throws {
        let index = try CatalogueIndex.open(path)
        func record(_ certificates: [String], _ seq: UInt64) -> HistoryRecord {
            HistoryRecord(
                identifiers: certificates, seq: seq, time: Timestamp(milliseconds: 0), type: "right.granted", actor: "operator",
                editions: certificates)
        }
        let changes = [record(["T1"], 3), record(["T2", "T3"], 5), record(["T1"], 8)]
        try index.apply(changes.map { .history($0) }, position: position)
        try index.apply([.history(changes[1]), .history(record(["T4"], 9))], position: position)
        let expected = [("T1", 3), ("T2", 5), ("T3", 5), ("T1", 8), ("T4", 9)].enumerated().map { place, edition in
            CertificateEdition(place: Int64(place), certificate: edition.0, seq: UInt64(edition.1), isLatest: place > 0)
        }
        #expect(try index.editions(at: 0..<100) == expected)
        #expect(try index.editions(at: 1..<3) == Array(expected[1..<3]))
        #expect(try index.edition(of: "T1") == expected[3])
        #expect(try index.edition(of: "T9") == nil)
    }

    @Test func resetEmptiesTheIndex() throws {
        let index = try CatalogueIndex.open(path)
        try index.apply([.upsert(indexTestDocument("a", en: "Wheat"))], position: position)
        try index.reset()
        #expect(try index.position == nil)
        #expect(try index.found("", includeWithdrawn: true).isEmpty)
        try index.upsert(indexTestDocument("b", en: "Wheat"))
        #expect(try index.found("wheat") == ["b"])
    }

    @Test func aFileThatIsNoDatabaseIsSetAsideAndReported() throws {
        let garbage = vaultTestBytes(20_000, seed: 1)
        try vaultTestWrite(garbage, path)
        let index = try CatalogueIndex.open(path)
        #expect(index.rebuildReason != nil)
        #expect(try index.position == nil)
        #expect(try vaultTestRead(path + ".set-aside") == garbage)
    }

    @Test func anotherSchemaVersionIsRebuilt() throws {
        do {
            let index = try CatalogueIndex.open(path)
            try index.apply([.upsert(indexTestDocument("a", en: "Wheat"))], position: position)
            let connection = try SQLiteConnection(path: path, readOnly: false)
            try connection.execute("PRAGMA user_version = 999")
            connection.close()
        }
        let index = try CatalogueIndex.open(path)
        #expect(index.rebuildReason != nil)
        #expect(try index.position == nil)
    }

    /// Every page of the file in turn is overwritten: opening must give a working index, and never stop the program.
    @Test func aFileWithADamagedPageIsRebuiltOrUsable() throws {
        do {
            let index = try CatalogueIndex.open(path)
            let changes = (0..<200).map { IndexChange.upsert(indexTestDocument("d\($0)", en: "Wheat of \($0)")) }
            try index.apply(changes, position: position)
        }
        let sound = try vaultTestRead(path)
        #expect(sound.count > 20 * 4096, "the last connection must have moved the log into the file")
        var rebuilt = 0
        for page in 0..<(sound.count / 4096) {
            var damaged = sound
            damaged.replaceSubrange(page * 4096..<(page + 1) * 4096, with: vaultTestBytes(4096, seed: UInt64(page + 1)))
            try vaultTestWrite(damaged, path)
            let index = try CatalogueIndex.open(path)
            if index.rebuildReason != nil { rebuilt += 1 }
            do { _ = try index.found("wheat") } catch { try index.reset() }
            try index.upsert(indexTestDocument("new", en: "Barley"))
            #expect(try index.found("barley") == ["new"], "page \(page)")
        }
        #expect(rebuilt > sound.count / 4096 / 2)
    }

    @Test func aFolderThatDoesNotExistIsAnErrorThatNamesThePath() throws {
        let missing = "\(folder.path)/no/index.sqlite"
        let error = #expect(throws: IndexError.self) { try CatalogueIndex.open(missing) }
        #expect(error?.description.contains(missing) == true)
    }

    @Test func searchesRunWhileChangesAreApplied() async throws {
        let index = try CatalogueIndex.open(path)
        try index.upsert(indexTestDocument("first", en: "Wheat"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for batch in 0..<20 {
                    let changes = (0..<20).map { IndexChange.upsert(indexTestDocument("d\(batch)-\($0)", en: "Barley")) }
                    try index.apply(changes, position: IndexPosition(size: UInt64(batch), root: .zero))
                }
            }
            for _ in 0..<4 {
                group.addTask { () throws -> Void in
                    for _ in 0..<50 {
                        #expect(try index.found("wheat") == ["first"])
                        #expect(try index.search(CatalogueQuery(text: "barley")).total % 20 == 0, "half a batch is seen")
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

@Suite struct IndexRunTests {
    let folder = VaultTestFolder()
    func index() throws -> CatalogueIndex { try CatalogueIndex.open("\(folder.path)/index.sqlite") }

    func run(_ seq: UInt64, buyer: String = "insurer", providers: [String] = ["airport"], outcome: String = "completed",
        charges: [RunCharge] = []
    ) -> RunRecord {
        RunRecord(
            identifier: "X\(seq)", seq: seq, time: Timestamp(milliseconds: Int64(seq) * 100), buyer: buyer,
            providers: providers, query: "Q\(seq % 2)", contracts: providers.map { "C-\($0)" }, outcome: outcome,
            reason: outcome == "refused" ? "no contract" : nil, rows: outcome == "refused" ? nil : 12, charges: charges)
    }

    func filled() throws -> CatalogueIndex {
        let index = try index()
        let flights = RunCharge(payer: "insurer", payee: "airport", contract: "C-airport", amount: 500)
        let weather = RunCharge(payer: "insurer", payee: "bureau", contract: "C-bureau", amount: 301)
        for run in [
            run(1, charges: [flights]), run(2, providers: ["airport", "bureau"], charges: [flights, weather]),
            run(3, outcome: "refused"), run(4, buyer: "bank", charges: [RunCharge(payer: "bank", payee: "airport", contract: "C2", amount: 7)]),
        ] { try index.recordRun(run) }
        return index
    }

    @Test func aRunComesBackAsItWasRecorded() throws {
        let index = try index()
        let record = run(
            5, providers: ["b", "a"], charges: [RunCharge(payer: "x", payee: "y", contract: "c", amount: Int64.max)])
        try index.recordRun(record)
        try index.recordRun(record)
        #expect(try index.runs(RunFilter()).runs == [record])
    }

    @Test func runsAreFilteredAndTheLatestComesFirst() throws {
        let index = try filled()
        func seqs(_ filter: RunFilter) throws -> [UInt64] { try index.runs(filter).runs.map(\.seq) }
        #expect(try seqs(RunFilter()) == [4, 3, 2, 1])
        #expect(try seqs(RunFilter(party: "airport")) == [4, 3, 2, 1])
        #expect(try seqs(RunFilter(party: "bureau")) == [2])
        #expect(try seqs(RunFilter(party: "insurer", query: "Q1")) == [3, 1])
        #expect(try seqs(RunFilter(contract: "C-airport")) == [4, 3, 2, 1])
        #expect(try seqs(RunFilter(party: "insurer", contract: "C-airport")) == [3, 2, 1])
        #expect(try seqs(RunFilter(from: Timestamp(milliseconds: 200), to: Timestamp(milliseconds: 400))) == [3, 2])
        #expect(try seqs(RunFilter(party: "nobody")) == [])
    }

    @Test func pagesOfRunsJoinToTheWhole() throws {
        let index = try filled()
        var joined: [UInt64] = []
        var cursor: String?
        repeat {
            let page = try index.runs(RunFilter(party: "insurer", limit: 2, cursor: cursor))
            joined += page.runs.map(\.seq)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(joined == [3, 2, 1])
        #expect(throws: IndexError.badCursor) { try index.runs(RunFilter(cursor: "x")) }
        #expect(throws: IndexError.badLimit(0)) { try index.runs(RunFilter(limit: 0)) }
    }

    @Test func usageAddsUpByCounterpartyAndContract() throws {
        let index = try filled()
        let insurer = try index.usage(party: "insurer")
        #expect(insurer.lines == [
            .init(isPayer: true, counterparty: "airport", contract: "C-airport", runs: 2, amount: 1_000),
            .init(isPayer: true, counterparty: "bureau", contract: "C-bureau", runs: 1, amount: 301),
        ])
        #expect(insurer.runs == [.init(outcome: "completed", count: 2), .init(outcome: "refused", count: 1)])
        let airport = try index.usage(party: "airport", from: Timestamp(milliseconds: 200))
        #expect(airport.lines == [
            .init(isPayer: false, counterparty: "bank", contract: "C2", runs: 1, amount: 7),
            .init(isPayer: false, counterparty: "insurer", contract: "C-airport", runs: 1, amount: 500),
        ])
    }

    @Test func sumsThatDoNotFitAreAnErrorNotAWrongNumber() throws {
        let index = try index()
        let charge = RunCharge(payer: "a", payee: "b", contract: "c", amount: .max)
        try index.recordRun(run(1, charges: [charge, charge]))
        #expect(throws: IndexError.amountOverflow) { try index.usage(party: "a") }
    }
}
