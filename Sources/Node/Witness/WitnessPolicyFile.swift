import Glibc
import Storage
import TransparencyLog

/// The file `witness-policy` of a home: who is asked to cosign, and how many must (C2SP tlog-policy).
enum WitnessPolicyFile {
    /// The policy; `nil` if there is no file. Throws ``NodeError/home(path:reason:)`` if it is not one for this ledger:
    /// a wrong policy that is passed over would leave the ledger without witnesses, and nobody would notice.
    static func read(_ home: NodeHome, ledger: Ledger) throws -> TrustPolicy? {
        let path = home.witnessPolicyPath
        if access(path, F_OK) != 0 && errno == ENOENT { return nil }
        let policy: TrustPolicy
        do { policy = try TrustPolicy(try PrivateFile.read(path, maximumCount: TrustPolicy.maximumLength)) } catch {
            throw NodeError.home(path: path, reason: "\(error)")
        }
        if let reason = problem(policy, ledger) { throw NodeError.home(path: path, reason: reason) }
        return policy
    }

    private static func problem(_ policy: TrustPolicy, _ ledger: Ledger) -> String? {
        guard policy.logs.contains(where: { ledger.verifiers.contains($0.verifier) }) else {
            let lines = ledger.verifiers.map { "log \($0)" }.joined(separator: ", and ")
            return "it must list this node's own ledger; write the line: \(lines)"
        }
        if let other = policy.logs.first(where: { !$0.verifier.name.utf8.elementsEqual(ledger.origin.utf8) }) {
            return "it lists another log, \(other.verifier.name); here stands only this node's own ledger, \(ledger.origin)"
        }
        guard policy.witnesses.count < SignedNote.maximumSignatures else {
            return "it has \(policy.witnesses.count) witnesses; at most \(SignedNote.maximumSignatures - 1) can cosign one note"
        }
        for witness in policy.witnesses {
            guard let url = witness.url else {
                return "the witness \(witness.name) has no URL; write where it takes checkpoints behind its key"
            }
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                return "the URL of the witness \(witness.name) is \"\(url)\"; it must begin with https:// or http://"
            }
        }
        return nil
    }
}
