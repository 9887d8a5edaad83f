import TransparencyLog

/// Where a ledger is.
public enum AuditSource: Sendable, Hashable, CustomStringConvertible {
    /// A ledger's folder (`journal` and `checkpoint`), or a node's home with such a folder named `ledger` in it.
    case folder(String)
    /// The address, `http://…` or `https://…`, of a node or of a mirror: the log's resources lie below it, or below
    /// `/ledger` behind it.
    case node(String)
    /// An evidence bundle: one file.
    case bundle(String)

    /// An address if it begins like one; a bundle if it is a file; otherwise a folder.
    public init(_ text: String) {
        let isAddress = text.hasPrefix("http://") || text.hasPrefix("https://")
        self = isAddress ? .node(text) : JournalFile.isRegular(text) ? .bundle(text) : .folder(text)
    }

    public var description: String {
        switch self {
        case .folder(let path), .bundle(let path): path
        case .node(let url): url
        }
    }
}

/// How a ledger is checked.
public struct AuditOptions: Sendable {
    /// The log's keys, known from elsewhere than the ledger. If empty, those of the charter in entry 0 are taken.
    public var pinnedKeys: [NoteVerifier]
    /// Whom to believe: its logs count as pinned keys too, and its quorum of witnesses must have cosigned the checkpoint.
    public var policy: TrustPolicy?
    /// Whether a ledger is called sound although its checkpoint bears too few cosignatures for the policy.
    public var allowsUnwitnessed = false
    /// Checks the chain, the tree and the checkpoint only: neither statements nor rules. A partial audit.
    public var isChainOnly: Bool
    /// How many tasks check statements side by side; at least 1.
    public var workers: Int
    /// For a node: how long one answer may take, in seconds.
    public var timeoutSeconds: Double
    /// The auditor's own file, in which what was found out is kept for the next audit, which then reads only what is new.
    public var stateFile: String?
    /// Reads everything anew all the same. The checkpoint that the state file came to trust is still held against the ledger;
    /// a file that cannot be used is replaced.
    public var isFromStart = false

    public init(
        pinnedKeys: [NoteVerifier] = [], isChainOnly: Bool = false, workers: Int = ProcessorCount.online,
        timeoutSeconds: Double = 60, stateFile: String? = nil
    ) {
        self.stateFile = stateFile
        self.pinnedKeys = pinnedKeys
        self.isChainOnly = isChainOnly
        self.workers = max(1, workers)
        self.timeoutSeconds = timeoutSeconds
    }
}
