import Exchange
import TransparencyLog

/// The type and the subject of an entry that may be damaged, for the person who has to look for it.
///
/// The bytes are searched rather than parsed, because damage elsewhere in the entry must not hide its name.
struct EntryGlimpse {
    let type: String?
    let subject: String?

    init(_ entry: [UInt8]) {
        type = Self.text(after: #","type":""#, in: entry)
        subject = Self.text(after: #","subject":""#, in: entry)
    }

    /// Whether an entry changes the log's keys. In an entry as the ledger writes it, the type stands at one place.
    static func changesLogKeys(_ entry: some Collection<UInt8>, sequence: UInt64) -> Bool {
        let time = #""time":"2026-11-21T08:30:00.000Z","#.utf8.count
        return entry.dropFirst(ChainedEntry.headLength(sequence: sequence) + time).starts(with: keyChange)
    }

    private static let keyChange = Array(#""type":"\#(EventType.spaceLogKeysChanged.rawValue)""#.utf8)

    /// Both members stand before `body`, in the first few hundred bytes.
    private static let searchLimit = 512
    private static let textLimit = 128

    private static func text(after label: String, in entry: [UInt8]) -> String? {
        let label = Array(label.utf8)
        let window = entry.prefix(searchLimit)
        guard window.count > label.count else { return nil }
        for start in 0..<window.count - label.count where window[start..<start + label.count].elementsEqual(label) {
            let rest = entry[(start + label.count)...].prefix(textLimit + 1)
            guard let end = rest.firstIndex(of: 0x22) else { return nil }
            let text = rest[..<end]
            guard !text.isEmpty, text.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
            return String(decoding: text, as: UTF8.self)
        }
        return nil
    }
}
