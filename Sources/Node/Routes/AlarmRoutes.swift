import Encoding
import Exchange
import HTTPTransport
import Storage

/// The alarms on the ledger, for those who watch over the space.
struct AlarmRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("GET", "/api/v1/alarms") { request, _ in
            guard try intake.authenticator.authenticate(request).caller.seesEverything else {
                throw Refusal(.roleMissing, "alarms are for the operator, auditors and regulators")
            }
            try TargetQuery.allow(request, ["kind", "participant", "since", "limit", "cursor"])
            let paging = try Paging(request)
            let kind = try TargetQuery.choice(request, "kind", Alarm.self)
            let participant = try TargetQuery.identifier(request, "participant", .participant)
            let since = try TargetQuery.time(request, "since")
            let before = try paging.cursor.map { text in
                guard let number = UInt64(text), String(number) == text else {
                    throw TargetQuery.problem("cursor", "is not one that this node gave out")
                }
                return number
            }
            let found = try await BlockingWork.run { [index = services.index] in
                try index.alarms(
                    kind: kind?.rawValue, participant: participant?.text, before: before, since: since, limit: paging.limit + 1)
            }
            let shown = found.prefix(paging.limit)
            var object: JSONObject = ["items": .array(shown.map(Self.view))]
            if found.count > shown.count, let last = shown.last { object["next"] = .string(String(last.seq)) }
            return .json(200, .object(object))
        }
    }

    /// As it is listed, and as a webhook gets it.
    static func view(_ record: AlarmRecord) -> JSONValue {
        var object: JSONObject = [
            "seq": .integer(Int64(clamping: record.seq)), "time": .string(record.time.description), "alarm": .string(record.kind),
        ]
        for name in ["participant", "account", "count", "threshold", "windowSeconds", "from", "until"] {
            object[name] = record.body[name]
        }
        return .object(object)
    }
}
