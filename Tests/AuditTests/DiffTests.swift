import Encoding
import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Two logs, or two copies of one, compared.
@Suite struct DiffTests {
    private static func compare(_ a: PlainLog, _ b: PlainLog) throws -> LogComparison {
        let (first, second) = (try a.folder(), try b.folder())
        return try withExtendedLifetime((first, second)) {
            try LogComparer(.folder(first.path), .folder(second.path), options: a.options).run()
        }
    }

    @Test func theFirstEntryThatDiffersIsFoundWhereverItIs() throws {
        // Sizes around those at which the tree changes its form, and every place in the small ones.
        for size in [1, 2, 3, 5, 8] {
            for place in 0..<size {
                for other in [place + 1, size, size + 3] where other > place {
                    let comparison = try Self.compare(PlainLog(size), PlainLog(other, parted: place))
                    #expect(comparison.parting?.seq == UInt64(place), "\(size) and \(other), parted at \(place)")
                    #expect(comparison.verdict == .parted)
                }
            }
        }
        var generator = SystemIndependentGenerator(seed: 7)
        for _ in 0..<12 {
            let sizes = (Int.random(in: 256...900, using: &generator), Int.random(in: 256...900, using: &generator))
            let place = Int.random(in: 0..<min(sizes.0, sizes.1), using: &generator)
            let comparison = try Self.compare(PlainLog(sizes.0), PlainLog(sizes.1, parted: place))
            #expect(comparison.parting?.seq == UInt64(place), "\(sizes), parted at \(place)")
            #expect(comparison.parting?.difference.pointer == "/text")
        }
    }

    @Test func copiesOfDifferentAgeAreBeginningsOfEachOther() throws {
        for sizes in [(1, 1), (1, 2), (255, 256), (256, 257), (300, 512), (513, 7)] {
            let comparison = try Self.compare(PlainLog(sizes.0), PlainLog(sizes.1))
            #expect(comparison.verdict == (sizes.0 == sizes.1 ? .identical : .prefix))
            #expect(comparison.lead == UInt64(abs(sizes.0 - sizes.1)))
            #expect(comparison.parting == nil)
        }
    }

    @Test func everyKindOfSourceGivesTheSameAnswer() throws {
        let (log, fork) = (try PlainLog(700), try PlainLog(620, parted: 518))
        let (folder, forked) = (try log.folder(), try fork.folder())
        let files = (try log.files(), try fork.files())
        let node = try TileTests.serve(files.0)
        let mirror = try TileTests.serve(files.1, prefix: "/some/mirror/")
        let (old, place) = (try fork.oldNode(), try TestFolder())
        defer { for server in [node, mirror, old] { server.stop() } }
        let bundle = try fork.bundle(place)
        let first: [AuditSource] = [.folder(folder.path), .node(node.url)]
        let second: [AuditSource] = [.folder(forked.path), .node(mirror.url + "/some/mirror"), .node(old.url), .bundle(bundle)]
        for a in first {
            for b in second {
                let comparison = try LogComparer(a, b, options: log.options).run()
                #expect(comparison.parting?.seq == 518, "\(a) and \(b)")
                #expect(comparison.parting?.a.extra == log.writer.entries[518])
                #expect(comparison.parting?.b.extra == fork.writer.entries[518])
                #expect(comparison.commonKeys == [log.signer.verifier])
            }
        }
        withExtendedLifetime((folder, forked, place)) {}
    }

    @Test func ofLogsThatServeTilesOnlyAFewAreRead() throws {
        let (log, fork) = (try PlainLog(3000), try PlainLog(2900, parted: 1234))
        let (node, mirror) = (try TileTests.serve(log.files()), try TileTests.serve(fork.files()))
        defer { for server in [node, mirror] { server.stop() } }
        let comparison = try LogComparer(.node(node.url), .node(mirror.url), options: log.options).run()
        #expect(comparison.parting?.seq == 1234)
        for server in [node, mirror] {
            #expect(server.targets.count { $0.contains("/tile/entries/") } <= 2)
            #expect(server.targets.count { $0.contains("/tile/") } <= 8, "\(server.targets)")
        }
    }

    @Test func theEvidenceCanBeCheckedWithoutTheLogs() throws {
        let (log, fork) = (try PlainLog(300), try PlainLog(290, parted: 257))
        let evidence = try #require(ForkEvidence(try Self.compare(log, fork)))
        let files = Dictionary(uniqueKeysWithValues: evidence.files.map { ($0.name, $0.bytes) })
        let policy = TrustPolicy(logs: [log.signer.verifier])
        var leaves: Set<SHA256Digest> = []
        for side in ["a", "b"] {
            let report = try ProofCheck(policy: policy).check(try #require(files["\(side)-entry-257.tlog-proof"]))
            #expect(report.index == 257 && report.isProved)
            #expect(MerkleTree.leafHash(try #require(files["\(side)-entry-257.json"])) == report.leafHash)
            #expect(try SignedNote(try #require(files["\(side).checkpoint"])).verify(with: [log.signer.verifier]).count == 1)
            leaves.insert(report.leafHash)
        }
        #expect(leaves.count == 2)
        #expect(String(decoding: try #require(files["README.txt"]), as: UTF8.self).contains("entry 257"))
        #expect(ForkEvidence(try Self.compare(log, log)) == nil)
    }

    @Test func logsOfOtherNamesAreNotCompared() throws {
        let other = try PlainLog(5, name: "other.example/log")
        let comparison = try Self.compare(try PlainLog(5), other)
        #expect(comparison.verdict == .different)
        #expect(comparison.reason?.contains("other.example/log") == true)
    }

    @Test func aSideThatThePinnedKeyDidNotSignIsUnsound() throws {
        #expect(throws: UnsoundLog.self) { try Self.compare(try PlainLog(5), try PlainLog(5, key: 3)) }
    }

    @Test func entriesThatDoNotLeadToTheirCheckpointAreNotCompared() throws {
        var damaged = try PlainLog(300)
        let log = try PlainLog(300)
        let checkpoint = try damaged.writer.checkpoint(damaged.signer)
        damaged.writer.entries[40][90] ^= 1
        let (sound, bad) = (try log.folder(), try TestFolder(damaged.writer.journal, checkpoint))
        #expect(throws: UnsoundLog.self) {
            try LogComparer(.folder(sound.path), .folder(bad.path), options: log.options).run()
        }
        withExtendedLifetime((sound, bad)) {}
    }

    @Test func aTileThatIsNotTheTreesIsTheFaultOfTheLogThatGivesIt() throws {
        let (log, fork) = (try PlainLog(600), try PlainLog(600, parted: 300))
        let (node, mirror) = (
            try TileTests.serve(log.files()),
            try TileTests.serve(fork.files()) { name, answer in
                guard name.hasPrefix("tile/0/"), var body = Optional(answer.body), body.count > 40 else { return answer }
                body[33] ^= 1
                return .init(body: body)
            })
        defer { for server in [node, mirror] { server.stop() } }
        let error = #expect(throws: UnsoundLog.self) {
            try LogComparer(.node(node.url), .node(mirror.url), options: log.options).run()
        }
        #expect(error?.source == mirror.url)
    }

    // MARK: Ledgers with a charter

    private static func ledgers(_ change: (inout TestSpace) throws -> Void) throws -> (TestFolder, TestFolder, TestSpace) {
        var space = TestSpace()
        let parties = try space.openForRuns()
        var other = space
        try space.run(parties)
        try change(&other)
        func folder(_ space: TestSpace) throws -> TestFolder {
            let writer = JournalWriter(space)
            return try TestFolder(writer.journal, writer.checkpoint(space.signer))
        }
        return (try folder(space), try folder(other), space)
    }

    @Test func withoutPinnedKeysThoseOfTheChartersCount() throws {
        let (a, b, space) = try Self.ledgers { _ = try $0.apply("Nobody", .auditor, TestSpace.key(12)) }
        let comparison = try withExtendedLifetime((a, b)) { try LogComparer(.folder(a.path), .folder(b.path)).run() }
        #expect(comparison.parting?.seq == 10)
        #expect(comparison.isPinned == false)
        #expect(try comparison.commonKeys == [space.signer.verifier])
        #expect(comparison.parting?.difference.pointer == "/type")
    }

    @Test func anImitationWithItsOwnKeyIsAnotherLog() throws {
        let (a, _, _) = try Self.ledgers { _ in }
        let entry = Array(try TestSpace.foundedImitation().content)
        let writer = JournalWriter(contents: [entry])
        let b = try TestFolder(writer.journal, writer.checkpoint(NoteSigner(name: TestSpace.origin, key: TestSpace.key(9))))
        let comparison = try withExtendedLifetime((a, b)) { try LogComparer(.folder(a.path), .folder(b.path)).run() }
        #expect(comparison.verdict == .different)
        #expect(comparison.reason?.contains("imitation") == true)
    }

    @Test func theProgramTellsByItsExitCode() throws {
        let (a, b, space) = try Self.ledgers { _ = try $0.apply("Nobody", .auditor, TestSpace.key(12)) }
        let place = try TestFolder()
        let key = try space.signer.verifier.description
        let parted = try ProgramTests.run("$P diff $L '\(b.path)' --vkey '\(key)' --evidence '\(place.path)/fork' 2>&1", ledger: a.path)
        #expect(parted.status == 1)
        for phrase in ["PART at entry 10", "signed two histories", "run.completed", "participant.applied", "账本分叉", "/type"] {
            #expect(parted.text.contains(phrase))
        }
        let check = try ProgramTests.run(
            "for s in a b; do $P check '\(place.path)'/fork/$s-entry-10.tlog-proof --vkey '\(key)' || exit 9; done; rm -r '\(place.path)/fork'")
        #expect(check.status == 0)
        let json = try JSONValue.parse(try ProgramTests.run("$P diff --json $L '\(b.path)'", ledger: a.path).text)
        #expect(json["verdict"]?.stringValue == "parted")
        #expect(json["firstDifference"]?.integerValue == 10)
        #expect(json["signedByTheSameKey"]?.boolValue == true)
        let same = try ProgramTests.run("$P diff $L $L", ledger: a.path)
        #expect(same.status == 0 && same.text.contains("IDENTICAL"))
        #expect(try ProgramTests.run("$P diff $L /nonexistent 2>/dev/null", ledger: a.path).status == 2)
        #expect(try ProgramTests.run("$P diff $L 2>/dev/null", ledger: a.path).status == 64)
        withExtendedLifetime((a, b)) {}
    }

    // MARK: Differences within entries

    @Test func theFirstMemberThatDiffersIsNamed() {
        func difference(_ a: String, _ b: String) -> EntryDifference { EntryDifference(Array(a.utf8), Array(b.utf8)) }
        let nested = difference("{\"body\":{\"x\":[1,2],\"y\":1}}", "{\"body\":{\"x\":[1,3],\"y\":2}}")
        #expect(nested.pointer == "/body/x/1" && nested.a == "2" && nested.b == "3")
        let longer = difference("{\"x\":[1]}", "{\"x\":[1,2]}")
        #expect(longer.pointer == "/x" && longer.b == "[1,2]")
        let missing = difference("{\"a\":1}", "{\"a\":1,\"b/c\":2}")
        #expect(missing.pointer == "/b~1c" && missing.a == nil && missing.b == "2")
        #expect(difference("{\"a\":1}", "[1]").pointer == "")
        let broken = difference("{\"a\":1", "{\"a\":2")
        #expect(broken.pointer == nil && broken.offset == 5)
    }
}

extension TestSpace {
    /// The first record of a space that has this one's name, and another log key.
    static func foundedImitation() throws -> Record {
        var space = TestSpace()
        let key = try NoteSigner(name: origin, key: TestSpace.key(9)).verifier
        let charter = SpaceCharter(
            name: ["en": "Audit space"], origin: origin, logKeys: [key.description],
            operatorKey: space.operatorKey.verificationKey, currency: "CNY")
        try space.record(space.sign(.spaceCharter(charter), space.operatorKey))
        return space.records[0]
    }
}
