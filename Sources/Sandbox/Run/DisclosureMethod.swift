import Policies
import Signing

/// By which method results come to be, as the ledger says of each run.
public enum DisclosureMethod {
    /// Goes up when the same query on the same data may give another result than before.
    public static let version = 1

    /// SHA-256 of the policy document: which functions a query may call.
    public static let policyDocument = SHA256.hash(Policies.engineFunctions)
}
