import Signing

/// Stands in the place of a request's own signature where the request came as part of a bundle, whose signature has been
/// verified. Only the node itself can put it there: nothing that comes over the network sets a request's admission.
struct BundleCaller: Sendable {
    var keyIdentifier: String
}
