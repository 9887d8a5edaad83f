import Encoding

// Products: listed (in ever higher versions) → withdrawn.
extension ExchangeState {
    func decide(_ listing: ProductListing, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireSigner(signer, is: listing.provider, pointer: "/provider")
        try requireRole(.provider, of: signer)
        try requireAssurance(.listProduct, of: signer)
        let identifier = listing.product ?? command.statement.identifier(.product)
        if listing.product != nil {
            guard let product = products[identifier] else {
                throw Refusal(.notFound, "no product \(identifier) is listed", pointer: "/product")
            }
            guard product.provider == signer.identifier else {
                throw Refusal(.signerNotNamed, "the product \(identifier) belongs to another provider", pointer: "/product")
            }
            guard product.status == .listed else {
                throw Refusal(.wrongStatus, "the product \(identifier) has been withdrawn", pointer: "/product")
            }
            let next = Int64(product.versions.count) + 1
            guard listing.version == next else {
                throw Refusal(
                    .versionOutOfOrder, "the next version of this product is \(next), not \(listing.version)",
                    pointer: "/version")
            }
        }
        return Event(
            type: .productListed, subject: identifier.text, actor: signer.identifier.text,
            body: ["version": .integer(listing.version), "snapshot": .string(listing.snapshot)],
            statement: command.statement)
    }

    func decide(_ withdrawal: ProductWithdrawal, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        guard let product = products[withdrawal.product] else {
            throw Refusal(.notFound, "no product \(withdrawal.product) is listed", pointer: "/product")
        }
        try requireSigner(signer, is: product.provider, pointer: "/product")
        guard product.status == .listed else {
            throw Refusal(.wrongStatus, "the product \(product.identifier) has been withdrawn already", pointer: "/product")
        }
        return Event(
            type: .productWithdrawn, subject: product.identifier.text, actor: signer.identifier.text,
            body: ["reason": .string(withdrawal.reason)], statement: command.statement)
    }
}
