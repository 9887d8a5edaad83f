import Encoding
import Exchange
import Markup
import Storage

/// Finds what an identifier names. It tells only what everybody may know: of contracts, queries and runs that they exist,
/// and how they stand.
struct Resolver: Sendable {
    let services: NodeServices

    func thing(_ identifier: Identifier) async throws -> ResolvedThing? {
        switch identifier.kind {
        case .participant: return await services.sequencer.read { $0.participants[identifier].map(Self.participant) }
        case .product: return try await product(identifier)
        case .contract:
            return await services.sequencer.read { state in
                state.contracts[identifier].map {
                    ResolvedThing(
                        identifier: identifier, kind: "contract", status: $0.status.rawValue, isTombstone: $0.status == .ended,
                        seq: $0.created.seq)
                }
            }
        case .query:
            return await services.sequencer.read { state in
                state.queries[identifier].map {
                    ResolvedThing(
                        identifier: identifier, kind: "query", status: $0.status.rawValue, isTombstone: $0.status == .revoked,
                        seq: $0.created.seq)
                }
            }
        case .run: return try run(identifier)
        case .task:
            return await services.sequencer.read { state in
                state.runs.tasks[identifier].map {
                    ResolvedThing(
                        identifier: identifier, kind: "task", status: $0.standing(at: state.time),
                        isTombstone: $0.status != .open, seq: $0.minted.seq)
                }
            }
        case .right: return try await right(identifier)
        case .resource: return await resource(identifier)
        case nil: return nil
        }
    }

    private static func participant(_ participant: Participant) -> ResolvedThing {
        ResolvedThing(
            identifier: participant.identifier, kind: "participant", title: ["und": participant.name],
            status: participant.status.rawValue, isTombstone: ["refused", "revoked"].contains(participant.status.rawValue),
            facts: [
                ("type", Phrase("类型", "Type"), participant.type.rawValue),
                ("country", Phrase("国家或地区", "Country"), participant.country),
                ("creditCode", Phrase("统一社会信用代码", "Unified social credit code"), participant.creditCode ?? ""),
                ("roles", Phrase("角色", "Roles"), participant.roles.map(\.rawValue).joined(separator: ", ")),
            ], seq: participant.created.seq, link: "/api/v1/participants/\(participant.identifier)")
    }

    private func product(_ identifier: Identifier) async throws -> ResolvedThing? {
        let found = await services.sequencer.read { state in
            state.products[identifier].map { ($0, state.participants[$0.provider]?.name ?? "") }
        }
        guard let (product, provider) = found else { return nil }
        guard let version = product.versionInForce ?? product.versions.last,
            case .productListing(let listing) = try services.recorded(version.listed.seq).event.statement.content
        else { return nil }
        let others = listing.externalIdentifiers.map(\.description).joined(separator: "; ")
        return ResolvedThing(
            identifier: identifier, kind: "product", title: listing.title, status: product.status.rawValue,
            isTombstone: product.status == .withdrawn, reason: product.withdrawalReason,
            facts: [
                ("provider", Phrase("提供方标识", "Provider's identifier"), product.provider.text),
                ("providerName", Phrase("提供方", "Provider"), provider),
                ("version", Phrase("版本", "Version"), String(listing.version)),
                ("class", Phrase("层级", "Class"), listing.productClass.rawValue),
                ("grade", Phrase("分级", "Grade"), listing.grade.rawValue),
                ("form", Phrase("形态", "Form"), listing.form.rawValue),
                ("licence", Phrase("许可", "Licence"), listing.licence),
                ("updateCycle", Phrase("更新周期", "Update cycle"), listing.updateCycle),
                ("externalIdentifiers", Phrase("外部标识", "Other identifiers"), others),
                ("derivedFrom", Phrase("来源产品", "Derived from"), product.derivedFrom.map(\.text).joined(separator: "; ")),
            ], seq: product.created.seq, link: "/api/v1/products/\(identifier)")
    }

    private func run(_ identifier: Identifier) throws -> ResolvedThing? {
        guard let record = try services.index.runs(RunFilter(identifier: identifier.text, limit: 1)).runs.first else { return nil }
        return ResolvedThing(
            identifier: identifier, kind: "run", status: record.outcome,
            facts: [("time", Phrase("时间", "Time"), record.time.description)], seq: record.seq)
    }
}
