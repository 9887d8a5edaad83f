import Encoding
import Exchange

/// How the API shows what the state holds.
enum Views {
    static func participant(_ participant: Participant) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(participant.identifier.text), "name": .string(participant.name),
            "type": .string(participant.type.rawValue), "country": .string(participant.country),
        ]
        object["level"] = participant.level.map { .string($0.rawValue) }
        object["creditCode"] = participant.creditCode.map { .string($0) }
        object["roles"] = .array(participant.roles.map { .string($0.rawValue) })
        object["status"] = .string(participant.status.rawValue)
        object["assurance"] = .integer(participant.assurance)
        object["keys"] = .array(participant.keyIdentifiers.map { .string($0) })
        object["seq"] = .integer(Int64(participant.created.seq))
        return .object(object)
    }

    static func staff(_ staff: IdentityState.StaffKey, at time: Timestamp) -> JSONValue {
        let delegation = staff.delegation
        var object = JSONObject(delegation.members.compactMap { name, value in value.map { (name, $0) } })
        object["keyIdentifier"] = .string(delegation.key.keyIdentifier)
        object["inForce"] = .bool(time >= delegation.notBefore && time < delegation.expiresAt)
        object["seq"] = .integer(Int64(clamping: staff.granted.seq))
        return .object(object)
    }

    static func recovery(_ recovery: IdentityState.Recovery, at time: Timestamp) -> JSONValue {
        [
            "status": .string(recovery.status.rawValue), "keys": .array(recovery.keys.map { .string($0.keyIdentifier) }),
            "waitsUntil": .string(recovery.waitsUntil.description),
            "canBeCompleted": .bool(recovery.status == .waiting && time >= recovery.waitsUntil),
            "seq": .integer(Int64(clamping: recovery.proposed.seq)),
        ]
    }

    static func spaceOperator(_ appointed: SpaceOperator) -> JSONValue {
        var object = appointed.json.objectValue ?? [:]
        object["keyIdentifier"] = .string(appointed.key.keyIdentifier)
        return .object(object)
    }

    /// A product as the listing of one of its versions describes it.
    static func product(
        _ product: Product, _ listing: ProductListing, provider: String, currency: String
    ) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(product.identifier.text), "provider": .string(product.provider.text),
            "providerName": .string(provider), "status": .string(product.status.rawValue),
        ]
        // The listing's own members, in the names that it was signed with.
        let members = JSONObject(listing.members.compactMap { name, value in value.map { (name, $0) } })
        for member in members.members where !["provider", "product", "snapshot", "price"].contains(member.name) {
            object[member.name] = member.value
        }
        if let data = listing.data {
            object["rows"] = .integer(data.rowCount)
            object["snapshot"] = .string(data.snapshot)
            object["columns"] = members["snapshot"]?["columns"]
            object["price"] = ["perRun": .integer(data.pricePerRun), "currency": .string(currency)]
        }
        object["versions"] = .integer(Int64(product.versions.count))
        object["versionInForce"] = product.numberInForce.map { .integer($0) }
        if !product.withdrawalReason.isEmpty { object["withdrawalReason"] = .string(product.withdrawalReason) }
        object["seq"] = .integer(Int64(product.changed.seq))
        return .object(object)
    }

    static func contract(_ contract: Contract, at time: Timestamp, statement: JSONValue?) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(contract.identifier.text), "status": .string(contract.status.rawValue),
            "inForce": .bool(contract.isInForce(at: time)),
            "terms": .object(JSONObject(contract.terms.members.compactMap { name, value in value.map { (name, $0) } })),
            "signers": .array(contract.signers.map { .string($0.text) }),
            "completedRuns": .integer(contract.completedRuns),
            "charged": .array(
                contract.charged.sorted { $0.key < $1.key }.map {
                    ["payee": .string($0.key.text), "amount": .integer($0.value)]
                }),
            "seq": .integer(Int64(contract.created.seq)),
        ]
        object["statement"] = statement
        return .object(object)
    }

    static func query(_ query: Exchange.Query, refusal: JSONObject?) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(query.identifier.text), "status": .string(query.status.rawValue),
        ]
        for (name, value) in query.submission.members { object[name] = value }
        object["policy"] = .string(query.policy)
        object["decisions"] = .array(
            query.decisions.sorted { $0.key < $1.key }.map { provider, decision in
                [
                    "provider": .string(provider.text),
                    "verdict": decision.verdict.map { .string($0.rawValue) } ?? .null,
                ]
            })
        object["seq"] = .integer(Int64(query.created.seq))
        if let refusal { object["refusal"] = .object(refusal) }
        return .object(object)
    }

    /// A run, from the entry that records it.
    static func run(_ recorded: Recorded) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(recorded.event.subject), "seq": .integer(Int64(recorded.seq)),
            "time": .string(recorded.time.description), "buyer": .string(recorded.event.actor),
            "outcome": .string(recorded.event.type == .runCompleted ? "completed" : "refused"),
        ]
        for member in recorded.event.body.members { object[member.name] = member.value }
        return .object(object)
    }
}
