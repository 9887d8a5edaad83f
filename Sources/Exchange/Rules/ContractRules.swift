import Encoding

// Contracts: offered → active (when every party has signed) → ended. The time of validity is looked at in each use.
extension ExchangeState {
    func decide(_ terms: ContractTerms, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let identifier = command.statement.identifier(.contract)
        let existing = contracts[identifier]
        if let existing, existing.status != .offered {
            throw Refusal(.wrongStatus, "the contract \(identifier) is \(existing.status.rawValue); it takes no more signatures")
        }
        var signers: [Identifier] = existing?.signers ?? []
        var first: Identifier?
        for keyIdentifier in command.statement.keyIdentifiers {
            // What is recorded as signed stays so, even if the key has been removed or has expired since.
            let holder = holder(ofKey: keyIdentifier)
            if let holder, signers.contains(holder), participants[holder]?.status == .active { continue }
            try checkSigningKey(keyIdentifier, .contract, at: time)
            let signer = try activeParticipant(ofKey: keyIdentifier)
            guard terms.parties.contains(signer.identifier) else {
                throw Refusal(.signerNotNamed, "\(signer.name) signs the contract, but is no party to it")
            }
            try requireRole(signer.identifier == terms.buyer ? .buyer : .provider, of: signer)
            try requireAssurance(.signContract, of: signer)
            if signers.contains(signer.identifier) { continue }
            signers.append(signer.identifier)
            first = first ?? signer.identifier
        }
        guard let first else { throw Refusal(.duplicate, "these parties have signed already", recordedAt: existing?.created.seq) }
        if terms.validUntil <= time {
            throw Refusal(.termsOutOfRange, "the contract would end before it begins: validUntil has passed", pointer: "/validUntil")
        }
        if existing == nil { try checkOffer(terms) }
        let complete = terms.parties.allSatisfy { signers.contains($0) }
        return Event(
            type: existing == nil ? .contractOffered : .contractSigned, subject: identifier.text, actor: first.text,
            body: ["signers": .array(signers.map { .string($0.text) }), "active": .bool(complete)],
            statement: command.statement)
    }

    /// What must hold of the parties and products when a contract is first offered.
    private func checkOffer(_ terms: ContractTerms) throws(Refusal) {
        guard let buyer = participants[terms.buyer], buyer.status == .active, buyer.roles.contains(.buyer) else {
            throw Refusal(.partiesWrong, "\(terms.buyer) is not an active buyer", pointer: "/buyer")
        }
        var needed: Set<Identifier> = []
        for (index, item) in terms.products.enumerated() {
            let pointer = "/products/\(index)"
            let (product, version, data) = try usableVersion(item.product, item.version, pointer: pointer)
            guard data.pricePerRun == item.pricePerRun else {
                throw Refusal(
                    .priceDiffers, "the listed price is \(data.pricePerRun) a run, the contract says \(item.pricePerRun)",
                    pointer: "\(pointer)/pricePerRun")
            }
            try requireGrade(of: version, item.product, allows: buyer, pointer: pointer)
            needed.insert(product.provider)
        }
        guard needed == Set(terms.providers) else {
            throw Refusal(
                .partiesWrong, "the contract's providers must be those of its products: \(needed.sorted().map(\.text).joined(separator: ", "))",
                pointer: "/providers")
        }
    }

    func decide(_ termination: ContractTermination, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        guard let contract = contracts[termination.contract] else {
            throw Refusal(.notFound, "there is no contract \(termination.contract)", pointer: "/contract")
        }
        guard contract.terms.parties.contains(signer.identifier) else {
            throw Refusal(.signerNotNamed, "\(signer.name) is no party to the contract", pointer: "/contract")
        }
        guard contract.status != .ended else {
            throw Refusal(.wrongStatus, "the contract has ended already", pointer: "/contract")
        }
        return Event(
            type: .contractEnded, subject: contract.identifier.text, actor: signer.identifier.text,
            body: ["reason": .string(termination.reason)], statement: command.statement)
    }
}
