import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Ledgers in which keys change, staff sign, operators come and go, as the auditor reads and bills them.
@Suite struct IdentityAuditTests {
    private static let staffKey = TestSpace.key(20)
    private static let freshKey = TestSpace.key(21)
    private static let deputyKey = TestSpace.key(22)
    private static let recoveredKey = TestSpace.key(23)
    private static let nodeKey = TestSpace.key(24)

    /// Every type of event of identity at least once, with a run before and after the buyer's key has changed, and one by its
    /// staff.
    private static func story() throws -> (TestSpace, Parties) {
        var space = TestSpace()
        let parties = try space.openForRuns()
        try space.run(parties)
        func identity(_ statement: IdentityStatement, _ keys: SigningKey...) throws {
            try space.record(space.sign(.identity(statement), keys))
        }
        let deputy = SpaceOperator(name: "deputy", key: deputyKey.verificationKey, duties: Set(OperatorDuty.allCases))
        try identity(.operatorAppointment(OperatorAppointment(operators: [deputy], reason: "")), space.operatorKey)
        try identity(.nodeKeys(NodeKeys(nodeKeys: [nodeKey.verificationKey], reason: "")), deputyKey, nodeKey)
        for (name, number, finding) in [("Whole", UInt8(30), ReviewFinding.complete), ("Half", 31, .incomplete)] {
            let applicant = try space.apply(name, .auditor, TestSpace.key(number))
            try identity(.review(ParticipantReview(participant: applicant, finding: finding, notes: "the licence")), deputyKey)
            guard finding == .complete else { continue }
            try space.decide(applicant, .approve)
            try space.decide(applicant, .revoke)
        }
        let assured = ParticipantDecision(participant: parties.buyer, decision: .assure, reason: "seen", assurance: 3)
        try space.record(space.sign(.participantDecision(assured), [deputyKey]))
        let delegation = Delegation(
            participant: parties.buyer, name: "desk 4", key: staffKey.verificationKey, roles: [.buyer],
            permissions: [.runRequest], notBefore: space.time, expiresAt: space.time.advanced(byMilliseconds: 3_600_000))
        try identity(.delegation(delegation), parties.buyerKey, staffKey)
        try space.run(parties, by: staffKey)
        let rotation = ParticipantKeys(
            participant: parties.buyer, add: [freshKey.verificationKey], remove: [parties.buyerKey.keyIdentifier], reason: "yearly")
        try identity(.keys(rotation), parties.buyerKey, freshKey)
        try space.run(parties, by: freshKey)
        let revocation = DelegationRevocation(participant: parties.buyer, key: staffKey.keyIdentifier, reason: "has left")
        try identity(.delegationRevocation(revocation), freshKey)
        let recovery = KeyRecovery(participant: parties.buyer, keys: [recoveredKey.verificationKey], reason: "lost")
        try identity(.recovery(recovery), deputyKey, recoveredKey)
        try identity(.recoveryObjection(KeyRecoveryEnd(participant: parties.buyer, reason: "not lost")), freshKey)
        try identity(.recovery(recovery), space.operatorKey, recoveredKey)
        space.time = space.time.advanced(byMilliseconds: 72 * 3_600_000)
        try identity(.recoveryCompletion(KeyRecoveryEnd(participant: parties.buyer, reason: "")), recoveredKey)
        let alarm = AlarmReport(
            alarm: .bulkRelease, participant: parties.buyer, count: 501, windowSeconds: 3600, threshold: 500, from: space.time,
            until: space.time)
        try identity(.alarm(alarm), nodeKey)
        return (space, parties)
    }

    private static func reconcile(_ space: TestSpace) throws -> Reconciliation {
        let reconciler = Reconciler()
        for bytes in JournalWriter(contents: space.records.map(\.content)).entries { reconciler.take(try LedgerEntry(bytes)) }
        return reconciler.reconciliation
    }

    @Test func aLedgerWithEveryEventOfIdentityIsSoundAndItsBillsAddUp() async throws {
        let (space, _) = try Self.story()
        #expect(EventType.ofIdentity.isSubset(of: Set(space.records.map(\.event.type))))
        let writer = JournalWriter(space, frameSizes: [1, 3, 2])
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let report = try await Auditor(.folder(folder.path)).run()
        #expect(report.problem == nil)
        let result = try Self.reconcile(space)
        #expect(result.differences == [])
        #expect(result.total == Reconciliation.Amounts(uses: 3, recorded: 3750, recomputed: 3750))
    }

    @Test func everySentenceOfIdentitySaysWhoDidWhat() async throws {
        let (space, _) = try Self.story()
        var sentences: [String: String] = [:]
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        for index in space.records.indices {
            let view = EntryView(UInt64(index))
            _ = try await Auditor(.folder(folder.path)).run(visitor: view)
            let line = try #require(view.line)
            if sentences[line.type] == nil { sentences[line.type] = line.sentence }
        }
        func says(_ type: EventType, _ words: String...) {
            for word in words { #expect(sentences[type.rawValue]?.contains(word) == true, "\(sentences[type.rawValue] ?? "nothing") of \(type)") }
        }
        says(.participantChecked, "found the application of Whole", "complete: the licence")
        says(.participantReturned, "found the application of Half", "incomplete: the licence")
        says(.participantRevoked, "the operator revoked Whole")
        says(.participantAssured, "the operator set the assurance of Insurer", "to level 3: seen")
        says(.participantKeysChanged, "Insurer", "added \(Self.freshKey.keyIdentifier); removed", ": yearly")
        says(.recoveryProposed, "proposed new keys for Insurer", Self.recoveredKey.keyIdentifier, "unless it objects", ": lost")
        says(.recoveryObjected, "Insurer", "objected", ": not lost")
        says(.participantRecovered, "Insurer", "took the place of its own", "removed \(Self.freshKey.keyIdentifier)")
        says(.delegationGranted, "Insurer", "let \"desk 4\" sign for it", "run-request")
        says(.delegationRevoked, Self.staffKey.keyIdentifier, ": has left")
        says(.operatorsAppointed, "deputy (check, approve, suspend, policy, rights, catalogue, recovery)")
        says(.nodeKeysChanged, "the node's own keys (added \(Self.nodeKey.keyIdentifier))")
        says(.alarmRaised, "the node raised an alarm about Insurer", "501 rows released within 3600 seconds, where 500 are allowed")
        for type in EventType.ofIdentity { #expect(ReportWords.type(type).en != type.rawValue, "\(type) has no words of its own") }
    }

    /// The first run that an honest ledger has, signed anew by somebody who may not.
    @Test(arguments: [
        ("a removed key", UInt8(11)), ("a revoked staff key", 20), ("a key that was never delegated", 40), ("an operator", 22),
    ])
    func aRunByAKeyThatCountsNoLongerIsNotBilled(who: String, number: UInt8) throws {
        var (space, parties) = try Self.story()
        let honest = try #require(space.records.first { $0.event.type == .runCompleted }).event
        let request = RunRequest(query: parties.query, contracts: [parties.contract], parameters: [:])
        let statement = try space.sign(.runRequest(request), TestSpace.key(number))
        space.force(
            Event(
                type: .runCompleted, subject: statement.identifier(.run).text, actor: parties.buyer.text, body: honest.body,
                statement: statement))
        let result = try Self.reconcile(space)
        #expect(result.differences.contains { $0.rule == .signer }, "\(who)")
    }

    @Test func aSuspensionByWhoHasNotTheDutyIsReported() throws {
        var (space, parties) = try Self.story()
        let clerk = SpaceOperator(name: "clerk", key: TestSpace.key(25).verificationKey, duties: [.catalogue])
        let appointment = IdentityStatement.operatorAppointment(OperatorAppointment(operators: [clerk], reason: ""))
        try space.record(space.sign(.identity(appointment), space.operatorKey))
        for number in [UInt8(25), 22] {
            let decision = ParticipantDecision(participant: parties.buyer, decision: .suspend, reason: "")
            let statement = try space.sign(.participantDecision(decision), TestSpace.key(number))
            var forged = space
            forged.force(
                Event(
                    type: .participantSuspended, subject: parties.buyer.text, actor: Event.operatorActor,
                    body: ["reason": ""], statement: statement))
            let differences = try Self.reconcile(forged).differences
            #expect(differences.map(\.rule) == [.signer], "key \(number)")
        }
    }
}
