import Encoding
import Exchange
import Signing

/// What one entry records, for a person.
public struct LifeLine: Sendable, Hashable {
    public var seq: UInt64
    public var time: String
    public var type: String
    /// How the entry has to do with what was asked for; see ``EntryRelations``. Empty for an entry shown by its number.
    public var relations: [String]
    /// Who did what. It holds names that others chose.
    public var sentence: String
    /// The entry's leaf hash, in hexadecimal.
    public var leafHash: String

    init(_ audited: AuditedEntry, relations: [String], after state: ExchangeState) {
        seq = audited.entry.seq
        time = audited.entry.time.description
        type = audited.entry.event.type.rawValue
        self.relations = relations
        sentence = EntrySentence(audited.entry, after: state).text
        leafHash = audited.leafHash.description
    }

    init?(json: JSONValue) {
        guard let seq = json["seq"]?.integerValue.flatMap(UInt64.init(exactly:)), let time = json["time"]?.stringValue,
            let type = json["type"]?.stringValue, let sentence = json["what"]?.stringValue,
            let leafHash = json["leafHash"]?.stringValue
        else { return nil }
        self.seq = seq
        self.time = time
        self.type = type
        relations = json["relations"]?.arrayValue?.compactMap(\.stringValue) ?? []
        self.sentence = sentence
        self.leafHash = leafHash
    }

    public var json: JSONValue {
        [
            "seq": .count(seq), "time": .string(time), "type": .string(type),
            "relations": .array(relations.map { .string($0) }), "what": .string(sentence), "leafHash": .string(leafHash),
        ]
    }
}

/// How well it is shown that an entry is in the ledger.
public enum ProofStatus: String, Sendable {
    /// It lies within what the log signed, and the tree's root is the one that was signed.
    case included
    /// It is chained behind what the log signed.
    case notSigned = "not-signed"
    /// The ledger is not sound, so nothing is shown.
    case unsound

    public init(seq: UInt64, in report: AuditReport) {
        guard report.isSound, let checkpoint = report.checkpoint else {
            self = .unsound
            return
        }
        self = seq < checkpoint.size ? .included : .notSigned
    }
}
