import Encoding
import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Checkpoints of a ledger whose keys have been changed. Key 0 is the charter's; `add` is the entry that adds key 1.
@Suite struct LogKeyAuditTests {
    private struct Story {
        var space = TestSpace()
        var add: UInt64 = 0
        var drop: UInt64 = 0

        /// - Parameter isFinished: whether the old key has been dropped.
        init(isFinished: Bool) throws {
            try space.found()
            _ = try space.apply("Weather bureau", .provider, TestSpace.key(10))
            add = UInt64(space.records.count)
            try space.setLogKeys([0, 1])
            _ = try space.apply("Insurer", .buyer, TestSpace.key(11))
            guard isFinished else { return }
            drop = UInt64(space.records.count)
            try space.setLogKeys([1])
            _ = try space.apply("Bank", .buyer, TestSpace.key(12))
        }

        func checkpoint(_ keys: [UInt8], size: Int? = nil) throws -> [UInt8] {
            let writer = JournalWriter(space)
            var note = try SignedNote(writer.checkpoint(try TestSpace.logSigner(keys[0]), size: size))
            for key in keys.dropFirst() { note.add(try TestSpace.logSigner(key)) }
            return note.bytes
        }

        func verify(_ keys: [UInt8], pinned: [UInt8] = [], size: Int? = nil, isChainOnly: Bool = false) async throws -> AuditReport {
            let folder = try TestFolder(JournalWriter(space).journal, try checkpoint(keys, size: size))
            let options = AuditOptions(
                pinnedKeys: try pinned.map { try TestSpace.logSigner($0).verifier }, isChainOnly: isChainOnly)
            return try await Auditor(.folder(folder.path), options: options).run()
        }
    }

    private static func vkey(_ number: UInt8) throws -> String { try TestSpace.logSigner(number).verifier.description }

    @Test func whileBothKeysAreInForceBothSignAndEitherMayBePinned() async throws {
        let story = try Story(isFinished: false)
        for pinned: [UInt8] in [[], [0], [1], [0, 1]] {
            let report = try await story.verify([0, 1], pinned: pinned)
            #expect(report.problem == nil)
            #expect(report.checkpoint?.isPinned == !pinned.isEmpty)
            #expect(report.checkpoint?.handovers == [])
            #expect(report.checkpoint?.absentSigners == [])
            #expect(report.warnings.isEmpty == !pinned.isEmpty)
        }
    }

    @Test func oneOfTheKeysInForceIsEnoughButItIsSaidThatTheOtherIsMissing() async throws {
        let story = try Story(isFinished: false)
        for (signer, absent) in [(UInt8(0), UInt8(1)), (1, 0)] {
            for pinned: [UInt8] in [[], [0], [1]] {
                let report = try await story.verify([signer], pinned: pinned)
                #expect(report.problem == nil)
                #expect(report.checkpoint?.absentSigners == [try Self.vkey(absent)])
                #expect(report.checkpoint?.handovers == (pinned == [absent] ? [story.add] : []))
                #expect(report.warnings.contains { $0.contains("have not signed") })
            }
        }
    }

    @Test func afterTheDropTheNewKeySignsAndTheOldPinLeadsToItByTheHandover() async throws {
        let story = try Story(isFinished: true)
        for (pinned, handovers): ([UInt8], [UInt64]) in [([], []), ([0], [story.add]), ([1], []), ([0, 1], [])] {
            let report = try await story.verify([1], pinned: pinned)
            #expect(report.problem == nil)
            #expect(report.checkpoint?.isPinned == !pinned.isEmpty)
            #expect(report.checkpoint?.handovers == handovers)
            #expect(report.warnings.contains { $0.contains("carried over") } == !handovers.isEmpty)
            #expect(report.json["checkpoint"]?["handovers"]?.arrayValue?.count == handovers.count)
        }
    }

    @Test func aDroppedKeyAloneIsRefusedWithTheEntryThatDroppedIt() async throws {
        let story = try Story(isFinished: true)
        for pinned: [UInt8] in [[], [0], [1]] {
            let problem = try await story.verify([0], pinned: pinned).problem
            #expect(problem?.check == .checkpoint)
            #expect(problem?.reason.contains("entry \(story.drop) has dropped") == true, "\(String(describing: problem))")
        }
        // Beside the key in force it does no harm: the node signed so at the moment of the change.
        let report = try await story.verify([0, 1])
        #expect(report.isSound)
        #expect(report.checkpoint?.retiredSigners == [try Self.vkey(0)])
        #expect(report.warnings.contains { $0.contains("count for nothing") })
    }

    @Test func theKeysThatCountAreThoseInForceAtTheCheckpointsSize() async throws {
        let story = try Story(isFinished: true)
        let (add, drop) = (Int(story.add), Int(story.drop))
        for size in 1...story.space.records.count {
            let isAdded = size > add
            let isDropped = size > drop
            #expect(try await story.verify([0], size: size).isSound == !isDropped, "the old key at \(size)")
            #expect(try await story.verify([1], size: size).isSound == isAdded, "the new key at \(size)")
            // A key that is not in force yet signs nothing in the log's name.
            #expect(try await story.verify([0, 1], size: size).isSound == isAdded, "both at \(size)")
        }
    }

    @Test func severalRotationsLeadTheFirstPinToTheLastKey() async throws {
        var story = try Story(isFinished: true)
        let second = UInt64(story.space.records.count)
        try story.space.setLogKeys([1, 2])
        try story.space.setLogKeys([2])
        let report = try await story.verify([2], pinned: [0])
        #expect(report.isSound)
        #expect(report.checkpoint?.handovers == [story.add, second])
        #expect(try await story.verify([2], pinned: [1]).checkpoint?.handovers == [second])
        #expect(try await story.verify([2], pinned: [3]).problem?.check == .checkpoint)
    }

    @Test func aRotationThatTheOperatorDidNotSignIsRefused() async throws {
        for signer in [TestSpace.key(10), TestSpace.key(99), try TestSpace.logSigner(0).key] {
            var story = try Story(isFinished: false)
            let content = try story.space.logKeys([0, 1, 2])
            let statement = try story.space.sign(content, signer)
            let event = Event(
                type: .spaceLogKeysChanged, subject: TestSpace.prefix, actor: Event.operatorActor,
                body: ["added": [.string(try Self.vkey(2))], "dropped": [], "reason": ""], statement: statement)
            let seq = UInt64(story.space.records.count)
            story.space.force(event)
            let problem = try await story.verify([0, 1, 2]).problem
            #expect(problem?.check == .rules || problem?.check == .signature)
            #expect(problem?.seq == seq)
        }
    }

    /// Whoever forges a whole ledger chooses its operator, and can name the honest log's public key as its own.
    @Test func aForgedLedgerThatNamesThePinnedKeyButWasNeverSignedWithItIsRefused() async throws {
        let pinned = try TestSpace.logSigner(0)
        var forged = TestSpace()
        let forger = try TestSpace.logSigner(7)
        let charter = SpaceCharter(
            name: ["en": "Forged"], origin: TestSpace.origin,
            logKeys: [pinned.verifier.description, forger.verifier.description],
            operatorKey: forged.operatorKey.verificationKey, currency: "CNY")
        try forged.record(forged.sign(.spaceCharter(charter), forged.operatorKey))
        let writer = JournalWriter(forged)
        let folder = try TestFolder(writer.journal, writer.checkpoint(forger))
        let options = AuditOptions(pinnedKeys: [pinned.verifier])
        let problem = try await Auditor(.folder(folder.path), options: options).run().problem
        #expect(problem?.check == .checkpoint)
        #expect(problem?.reason.contains("no pinned key has signed") == true)
        // The same forger drops the pinned key by a change that needs no signature of it: its word was never given.
        let drop = try LogKeys(
            handingOver: TestSpace.origin, from: charter.logKeys, to: [forger], reason: "")
        try forged.record(forged.sign(.logKeys(drop), forged.operatorKey))
        let longer = JournalWriter(forged)
        let second = try TestFolder(longer.journal, longer.checkpoint(forger))
        #expect(try await Auditor(.folder(second.path), options: options).run().problem?.check == .checkpoint)
    }

    @Test func aCheckOfTheChainOnlyReadsTheChangesOfKeysToo() async throws {
        let story = try Story(isFinished: true)
        for (signer, pinned, isSound): (UInt8, [UInt8], Bool) in [
            (1, [], true), (1, [0], true), (1, [1], true), (0, [], false), (0, [0], false), (2, [], false), (2, [2], false),
        ] {
            let report = try await story.verify([signer], pinned: pinned, isChainOnly: true)
            #expect(report.isSound == isSound, "\(signer) signs, \(pinned) is pinned")
            if isSound { #expect(report.checkpoint?.handovers == (pinned == [0] ? [story.add] : [])) }
        }
        for size in 1...story.space.records.count {
            let isDropped = size > Int(story.drop)
            #expect(try await story.verify([0], size: size, isChainOnly: true).isSound == !isDropped, "at \(size)")
        }
    }
}
