import Encoding
import TransparencyLog

extension ProofReport {
    /// The report for programs. `verdict` is `proved`, or `unwitnessed` if only the quorum is missing.
    public var json: JSONValue {
        var object: JSONObject = [
            "verdict": .string(isProved ? "proved" : "unwitnessed"),
            "kind": .string(record == nil ? "log-proof" : "batch-proof"), "index": .count(index),
            "leafHash": .string(leafHash.description),
        ]
        if let entry { object["entry"] = entry.json }
        if let record {
            object["record"] = [
                "index": .count(record.index), "records": .count(record.count), "base64": .string(Base64.encode(record.bytes)),
            ]
        }
        let checkpoint = judgement.checkpoint
        object["log"] = [
            "origin": .string(checkpoint.origin), "key": .string(judgement.log.description),
            "size": .count(checkpoint.size), "root": .string(checkpoint.root.description),
        ]
        object["witnesses"] = .array(
            judgement.cosignatures.map { ["name": .string($0.witness), "time": .string(Self.time($0.time))] })
        object["quorum"] = [
            "name": .string(quorum), "reached": .bool(judgement.isQuorumReached), "missing": .string(judgement.missing),
        ]
        return .object(object)
    }

    /// POSIX seconds as a time; those behind the year 9999 as its end.
    public static func time(_ seconds: UInt64) -> String {
        let (milliseconds, overflow) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1000)
        return Timestamp(milliseconds: overflow ? .max : milliseconds).description
    }
}

extension EntrySummary {
    var json: JSONValue {
        [
            "seq": .count(seq), "time": .string(time.description), "type": .string(type), "subject": .string(subject),
            "actor": .string(actor), "body": .object(body),
        ]
    }
}
