import Contracts
import Encoding

// What a node found out comes from an engine and from people's queries. It is cut to what an entry can hold before it
// is recorded, in a way that gives the same text again when the entry is replayed.
extension Event {
    /// The most bytes of the reason that a node or a sandbox gives.
    static let maximumReasonCount = 2000

    /// The event itself, once its body is known to be one that a replay accepts.
    func fitForLedger() throws(Refusal) -> Event {
        if let mismatch = ContractSchemas.mismatch(inEvent: .object(body), type: type.rawValue) {
            throw Refusal(.outcomeInconsistent, "what the node reports cannot be recorded: \(mismatch)")
        }
        return self
    }
}

extension QueryFault {
    /// The fault as an entry can hold it.
    var recordable: QueryFault {
        QueryFault(
            code: code.recordable(maximumCount: 100), message: message.recordable(maximumCount: Event.maximumReasonCount),
            piece: piece.recordable(maximumCount: 1000), line: min(max(line, 0), 1_000_000),
            column: min(max(column, 0), 1_000_000))
    }
}

extension String {
    /// At most so many UTF-8 bytes of the text, cut between characters, with control characters replaced (NUL cannot
    /// stand in an entry at all, and the others would take six bytes each).
    func recordable(maximumCount: Int) -> String {
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars {
            let scalar = scalar.isReadable || scalar.isLayout ? scalar : "\u{FFFD}"
            count += UTF8.width(scalar)
            if count > maximumCount { break }
            result.append(scalar)
        }
        return String(result)
    }
}
