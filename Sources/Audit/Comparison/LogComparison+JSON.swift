import Encoding
import TransparencyLog

extension LogComparison {
    /// The comparison for programs. `verdict` is `identical`, `prefix`, `parted` or `different`.
    public var json: JSONValue {
        var object: JSONObject = ["verdict": .string(verdict.rawValue)]
        if let reason { object["reason"] = .string(reason) }
        object["keyPinned"] = .bool(isPinned)
        object["a"] = a.json
        object["b"] = b.json
        if verdict == .prefix { object["longer"] = .string(a.checkpoint.size > b.checkpoint.size ? "a" : "b") }
        if verdict != .different { object["lead"] = .count(lead) }
        if let parting {
            object["firstDifference"] = .count(parting.seq)
            object["signedByTheSameKey"] = .bool(!commonKeys.isEmpty)
            object["commonKeys"] = .array(commonKeys.map { .string($0.description) })
            object["difference"] = parting.difference.json
            object["entries"] = ["a": Self.entry(parting.a), "b": Self.entry(parting.b)]
        }
        return .object(object)
    }

    private static func entry(_ proof: LogProof) -> JSONValue {
        let bytes = proof.extra ?? []
        var object: JSONObject = ["leafHash": .string(MerkleTree.leafHash(bytes).description)]
        if let summary = try? EntrySummary(bytes) { object["entry"] = summary.json }
        object["base64"] = .string(Base64.encode(bytes))
        return .object(object)
    }
}

extension LogComparison.Side {
    var json: JSONValue {
        var object: JSONObject = [
            "source": .string(source), "origin": .string(checkpoint.origin), "size": .count(checkpoint.size),
            "root": .string(checkpoint.root.description), "signers": .array(signers.map { .string($0.description) }),
        ]
        if let judgement {
            object["witnesses"] = .array(
                judgement.cosignatures.map { ["name": .string($0.witness), "time": .string(ProofReport.time($0.time))] })
            object["quorumReached"] = .bool(judgement.isQuorumReached)
            if !judgement.isQuorumReached { object["quorumMissing"] = .string(judgement.missing) }
        }
        object["checkpoint"] = .string(String(decoding: note.bytes, as: UTF8.self))
        return .object(object)
    }
}

extension EntryDifference {
    var json: JSONValue {
        var object: JSONObject = ["byte": .count(UInt64(offset))]
        if let pointer { object["pointer"] = .string(pointer) }
        if let a { object["a"] = .string(a) }
        if let b { object["b"] = .string(b) }
        return .object(object)
    }
}
