import Encoding
import Exchange
import Storage

/// How the API shows rights and resources.
enum RightViews {
    static func resource(_ resource: DataResource, state: ExchangeState) -> JSONValue {
        [
            "identifier": .string(resource.identifier.text), "holder": .string(resource.holder.text),
            "holderName": .string(state.participants[resource.holder]?.name ?? ""), "title": languages(resource.title),
            "grade": .string(resource.grade.rawValue), "lawfulBasisNamed": .bool(resource.hasLawfulBasis),
            "rights": .array((state.rights.overThing[resource.identifier] ?? []).map { .string($0.text) }),
            "seq": .integer(Int64(clamping: resource.created.seq)),
        ]
    }

    /// - Parameter time: the moment that the standing is told for.
    static func right(_ right: Right, state: ExchangeState, at time: Timestamp) -> JSONValue {
        var object: JSONObject = [
            "identifier": .string(right.identifier.text), "rightKind": .string(right.kind.rawValue),
            "over": .string(right.over.text), "holder": .string(right.holder.text),
            "holderName": .string(state.participants[right.holder]?.name ?? ""), "title": languages(right.title),
            "ground": .string(right.ground.rawValue),
        ]
        object["basis"] = right.basis.map { .string($0.text) }
        object["exclusive"] = .bool(right.isExclusive)
        object["territory"] = right.territory.map { .string($0) }
        object["share"] = .string(right.share.description)
        object["root"] = .string(right.root.text)
        if !right.replaces.isEmpty { object["replaces"] = .array(right.replaces.map { .string($0.text) }) }
        object["status"] = .string(right.status.rawValue)
        object["standing"] = .string(right.standing(at: time).rawValue)
        object["inForce"] = .bool(state.isInForce(right, at: time))
        object["noticeUntil"] = right.noticeUntil.map { .string($0.description) }
        object["grantedAt"] = right.grantedAt.map { .string($0.description) }
        object["expiresAt"] = right.expiresAt.map { .string($0.description) }
        addMarks(right, at: time, to: &object)
        object["seq"] = .integer(Int64(clamping: right.created.seq))
        object["changedSeq"] = .integer(Int64(clamping: right.changed.seq))
        return .object(object)
    }

    /// Objections, licences, pledge and freezes.
    private static func addMarks(_ right: Right, at time: Timestamp, to object: inout JSONObject) {
        if !right.objections.isEmpty {
            object["objections"] = .array(right.objections.map { objection in
                [
                    "objector": .string(objection.objector.text), "ground": .string(objection.ground.rawValue),
                    "verdict": objection.verdict.map { .string($0.rawValue) } ?? .null, "seq": .integer(Int64(clamping: objection.made.seq)),
                ]
            })
        }
        let licences = right.licences(at: time)
        if !licences.isEmpty {
            object["licences"] = .array(licences.map { licence in
                [
                    "licensee": .string(licence.licensee.text), "exclusive": .bool(licence.isExclusive),
                    "until": .string(licence.until.description), "seq": .integer(Int64(clamping: licence.made.seq)),
                ]
            })
        }
        if let pledge = right.pledge(at: time) {
            var members: JSONObject = ["pledgee": .string(pledge.pledgee.text)]
            members["until"] = pledge.until.map { .string($0.description) }
            members["seq"] = .integer(Int64(clamping: pledge.made.seq))
            object["pledge"] = .object(members)
        }
        if right.isFrozen {
            object["freezes"] = .array(right.freezes.map {
                ["regulator": .string($0.regulator.text), "seq": .integer(Int64(clamping: $0.made.seq))]
            })
        }
    }

    /// An application that is shown to the public, for whoever may want to object.
    static func notice(_ right: Right, state: ExchangeState) -> JSONValue {
        var object: JSONObject = [
            "right": .string(right.identifier.text), "rightKind": .string(right.kind.rawValue),
            "over": .string(right.over.text), "overTitle": languages(state.title(ofThing: right.over)),
            "applicant": .string(right.holder.text), "applicantName": .string(state.participants[right.holder]?.name ?? ""),
            "title": languages(right.title), "ground": .string(right.ground.rawValue), "exclusive": .bool(right.isExclusive),
        ]
        object["noticeUntil"] = right.noticeUntil.map { .string($0.description) }
        object["objections"] = .integer(Int64(right.objections.count))
        object["seq"] = .integer(Int64(clamping: right.created.seq))
        return .object(object)
    }

    static func history(_ records: [HistoryRecord]) -> JSONValue {
        .array(records.map { record in
            [
                "seq": .integer(Int64(clamping: record.seq)), "time": .string(record.time.description),
                "type": .string(record.type), "actor": .string(record.actor),
                "proof": .string(LogProofRoute.target(record.seq)),
            ]
        })
    }

    static func languages(_ texts: [String: String]) -> JSONValue {
        .object(JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
