import Encoding

// How a granted right changes hands and shape. Shares are exact, and those of a right's parts always add up to the whole.
extension ExchangeState {
    func decide(_ transfer: RightTransfer, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        try requireSigners([transfer.from, transfer.to], command, at: time)
        let right = try movableRight(transfer.right, at: time)
        guard right.holder == transfer.from else {
            throw Refusal(
                .signerNotNamed, "the right \(right.identifier) is held by \(right.holder), not by \(transfer.from)", pointer: "/from")
        }
        try requireNewHolder(transfer.to, pointer: "/to")
        return right.event(
            .rightTransferred, command, actor: transfer.from.text,
            [("to", .string(transfer.to.text))])
    }

    func decide(_ split: RightSplit, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let right = try movableRight(split.right, at: time)
        var parties = [right.holder]
        for part in split.parts where !parties.contains(part.holder) { parties.append(part.holder) }
        try requireSigners(parties, command, at: time)
        try requireNotLicensed(right, at: time)
        for (index, part) in split.parts.enumerated() where part.holder != right.holder {
            try requireNewHolder(part.holder, pointer: "/parts/\(index)/holder")
        }
        let total = try sum(split.parts.map(\.share), pointer: "/parts")
        guard total == right.share else {
            throw Refusal(
                .sharesWrong, "the parts add up to \(total), but the share of \(right.identifier) is \(right.share); make them add up to exactly that",
                pointer: "/parts")
        }
        let parts = split.parts.enumerated().map { index, part -> JSONValue in
            [
                "right": .string(Right.part(index + 1, of: command.statement).text), "holder": .string(part.holder.text),
                "share": .string(part.share.description),
            ]
        }
        return right.event(.rightDivided, command, actor: right.holder.text, [("parts", .array(parts))])
    }

    func decide(_ merge: RightMerge, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireSigner(signer, is: merge.holder, pointer: "/holder")
        var parts: [Right] = []
        for (index, identifier) in merge.rights.enumerated() {
            let pointer = "/rights/\(index)"
            let part = try movableRight(identifier, at: time, pointer: pointer)
            try requireHolder(signer, of: part, pointer: pointer)
            try requireNotLicensed(part, at: time, pointer: pointer)
            if let first = parts.first { try requireLike(part, first, pointer: pointer) }
            parts.append(part)
        }
        guard var merged = parts.first else {
            throw Refusal(.partsDiffer, "a merge names at least two rights", pointer: "/rights")
        }
        merged.share = try sum(parts.map(\.share), pointer: "/rights")
        merged.identifier = command.statement.identifier(.right)
        return merged.event(
            .rightMerged, command, actor: signer.identifier.text,
            [("rights", .array(merge.rights.map { .string($0.text) })), ("root", .string(merged.root.text))])
    }

    /// A usable right that is not pledged.
    private func movableRight(_ identifier: Identifier, at time: Timestamp, pointer: String = "/right") throws(Refusal) -> Right {
        let right = try usableRight(identifier, at: time, pointer: pointer)
        try requireNotPledged(right, at: time, pointer: pointer)
        return right
    }

    /// Whoever comes by a right needs what one needs to register it, but for the roles: banks and heirs hold rights too.
    private func requireNewHolder(_ identifier: Identifier, pointer: String) throws(Refusal) {
        guard let participant = participants[identifier], participant.status == .active else {
            throw Refusal(.partiesWrong, "\(identifier) is not an active participant", pointer: pointer)
        }
        try requireAssurance(.registerRight, of: participant)
    }

    private func requireLike(_ part: Right, _ first: Right, pointer: String) throws(Refusal) {
        guard part.root == first.root else {
            throw Refusal(
                .partsDiffer, "\(part.identifier) and \(first.identifier) are not parts of the same right", pointer: pointer)
        }
        guard part.expiresAt == first.expiresAt else {
            throw Refusal(
                .partsDiffer, "\(part.identifier) and \(first.identifier) end at different times; renew one of them to the other's end first",
                pointer: pointer)
        }
        guard part.territory == first.territory else {
            throw Refusal(
                .partsDiffer, "\(part.identifier) and \(first.identifier) are good in different territories; change one of them first",
                pointer: pointer)
        }
    }

    private func sum(_ shares: [Fraction], pointer: String) throws(Refusal) -> Fraction {
        do {
            if let sum = try Fraction.sum(shares) { return sum }
        } catch { throw Refusal(.sharesWrong, "the shares cannot be added up: \(error)", pointer: pointer) }
        throw Refusal(.sharesWrong, "there are no shares to add up", pointer: pointer)
    }
}
