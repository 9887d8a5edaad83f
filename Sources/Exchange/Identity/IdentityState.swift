import Encoding
import Signing

/// What the rules need to know of who is who, beside the participants and their keys.
public struct IdentityState: Sendable, Hashable, Codable {
    /// A key of a participant's staff.
    public struct StaffKey: Sendable, Hashable, Codable {
        public var delegation: Delegation
        public var granted: Mark
    }

    /// A key that counted once and never will again.
    public struct RetiredKey: Sendable, Hashable, Codable {
        public var key: VerificationKey
        /// Whose it was, as an organisation's or a staff key; `nil` for an operator's and the node's.
        public var participant: Identifier?
        public var retired: Mark
    }

    public enum RecoveryStatus: String, Sendable, Codable, CaseIterable { case waiting, objected, completed, void }

    /// The last proposal to give a participant new keys.
    public struct Recovery: Sendable, Hashable, Codable {
        public var keys: [VerificationKey]
        public var proposed: Mark
        /// Not before this time can it be completed.
        public var waitsUntil: Timestamp
        public var status: RecoveryStatus
        /// By which statement it ended.
        public var ended: Mark?
    }

    /// The operators beside the root key, as last appointed.
    public var operators: [SpaceOperator] = []
    public var operatorsAppointed: Mark?
    public var nodeKeysChanged: Mark?
    /// By key identifier: those delegated and not revoked; whether they are within their time is for each use to see.
    public var staffKeys: [String: StaffKey] = [:]
    /// By key identifier.
    public var retiredKeys: [String: RetiredKey] = [:]
    public var recoveries: [Identifier: Recovery] = [:]
    /// The last report of each alarm for each account, by ``AlarmReport/subjectKey``.
    public var alarms: [String: Mark] = [:]

    public init() {}

    /// A key that counts for staff or an operator, waits in a recovery, or has been retired.
    func verificationKey(_ identifier: String) -> VerificationKey? {
        if let staff = staffKeys[identifier] { return staff.delegation.key }
        if let retired = retiredKeys[identifier] { return retired.key }
        if let appointed = operators.first(where: { $0.key.keyIdentifier == identifier }) { return appointed.key }
        for recovery in recoveries.values where recovery.status == .waiting {
            if let key = recovery.keys.first(where: { $0.keyIdentifier == identifier }) { return key }
        }
        return nil
    }
}

extension AlarmReport {
    /// Names the alarm and whom it concerns; a report on the same comes later than the last.
    var subjectKey: String { "\(alarm.rawValue) \(account ?? participant?.text ?? "")" }
}
