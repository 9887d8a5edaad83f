import Encoding
import Exchange
import Markup

// Resources and the certificates of rights over them. The register is public, so all of it may be told.
extension Resolver {
    func resource(_ identifier: Identifier) async -> ResolvedThing? {
        await services.sequencer.read { state in
            state.rights.resources[identifier].map { .resource($0, state) }
        }
    }

    func right(_ identifier: Identifier) async throws -> ResolvedThing? {
        let now = await services.sequencer.now()
        let found = await services.sequencer.read { state in
            state.rights.rights[identifier].map { ($0, ResolvedThing.right($0, state, at: now)) }
        }
        guard let (right, description) = found else { return nil }
        var thing = description
        // Whatever ends a right is the last that happens to it.
        if right.status != .granted && !right.status.isPending {
            thing.addEnd(of: right, try services.recorded(right.changed.seq).event.statement)
        }
        return thing
    }
}

extension ResolvedThing {
    static func resource(_ resource: DataResource, _ state: ExchangeState) -> ResolvedThing {
        let rights = state.rights.overThing[resource.identifier] ?? []
        return ResolvedThing(
            identifier: resource.identifier, kind: "resource", title: resource.title, status: "registered",
            facts: [
                ("holder", Phrase("持有人标识", "Holder's identifier"), resource.holder.text),
                ("holderName", Phrase("持有人", "Holder"), state.participants[resource.holder]?.name ?? ""),
                ("grade", Phrase("分级", "Grade"), resource.grade.rawValue),
                ("rights", Phrase("其上的权利", "Rights over it"), rights.map(\.text).joined(separator: "; ")),
            ], seq: resource.created.seq, link: "\(RightRoutes.resources)/\(resource.identifier)")
    }

    /// - Parameter time: the moment that the status is told for.
    static func right(_ right: Right, _ state: ExchangeState, at time: Timestamp) -> ResolvedThing {
        let standing = right.standing(at: time)
        let isBasisGone = standing == .inForce && !state.isInForce(right, at: time)
        var thing = ResolvedThing(
            identifier: right.identifier, kind: "right", title: right.title,
            status: isBasisGone ? "basis-ended" : standing.rawValue,
            isTombstone: isBasisGone || [.refused, .withdrawn, .divided, .merged, .cancelled, .expired].contains(standing),
            facts: [
                ("rightKind", Phrase("权利种类", "Kind of right"), right.kind.rawValue),
                ("over", Phrase("权利客体", "Over"), right.over.text),
                ("holder", Phrase("持有人标识", "Holder's identifier"), right.holder.text),
                ("holderName", Phrase("持有人", "Holder"), state.participants[right.holder]?.name ?? ""),
                ("share", Phrase("份额", "Share"), right.share.description),
                ("basis", Phrase("派生自", "Derives from"), right.basis?.text ?? ""),
                ("grantedAt", Phrase("颁发时间", "Granted"), right.grantedAt?.description ?? ""),
                ("expiresAt", Phrase("有效期至", "Expires"), right.expiresAt?.description ?? ""),
                ("replaces", Phrase("取代的证书", "Replaces"), right.replaces.map(\.text).joined(separator: "; ")),
                ("verification", Phrase("核验", "Verification"), "/verify/\(right.identifier)"),
            ], seq: right.created.seq, link: "\(RightRoutes.path)/\(right.identifier)")
        thing.statusPhrase = isBasisGone
            ? Phrase("所派生的权利已失效", "what it derives from is not in force any more") : RightWords.standing(standing)
        return thing
    }

    /// Why a right is over, as the statement that ended it says, and what has taken its place.
    fileprivate mutating func addEnd(of right: Right, _ statement: SignedStatement) {
        guard case .right(let content) = statement.content else { return }
        var ground = ""
        var successors: [Identifier] = []
        switch content {
        case .withdrawal(let withdrawal): reason = withdrawal.reason
        case .check(let check): (ground, reason) = (check.ground?.rawValue ?? "", check.reason)
        case .decision(let decision): (ground, reason) = (decision.ground?.rawValue ?? "", decision.reason)
        case .objectionDecision(let decision):
            ground = right.objections.first { $0.objector == decision.objector }?.ground.rawValue ?? ""
            reason = decision.reason
        case .cancellation(let cancellation): (ground, reason) = (cancellation.ground.rawValue, cancellation.reason)
        case .split(let split): successors = split.parts.indices.map { Right.part($0 + 1, of: statement) }
        case .merge: successors = [statement.identifier(.right)]
        default: break
        }
        facts.append(("ground", Phrase("事由", "Ground"), ground))
        facts.append(("replacedBy", Phrase("取代它的证书", "Replaced by"), successors.map(\.text).joined(separator: "; ")))
    }
}
