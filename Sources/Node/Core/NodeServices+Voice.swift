import Exchange
import HTTPTransport
import Signing

extension NodeServices {
    /// The key with which the node signs what it says itself. The ledger must name it, or nobody could check what it says.
    func voice() async throws(Problem) -> SigningKey {
        let named = await sequencer.read { $0.space?.nodeKeys ?? [] }
        guard let nodeKey, named.contains(nodeKey.verificationKey) else {
            throw Problem(
                code: "node-key-missing", status: 503, title: "The node cannot sign for itself",
                detail: nodeKey == nil
                    ? "the node has no key of its own" : "the node's own key is not the one that the ledger names",
                hint: "The operator makes one, and has the ledger name it, with \"hexi keys node DIR\".")
        }
        return nodeKey
    }
}
