import Exchange
import HTTPTransport
import Signing

extension NodeServices {
    /// The key with which the node signs what it says itself. The ledger must name it, or nobody could check what it says.
    func voice() async throws(Problem) -> SigningKey {
        try nodeKeys.signer(for: await sequencer.read { $0.space?.nodeKeys ?? [] })
    }
}
