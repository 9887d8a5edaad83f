import Credentials
import Encoding
import Exchange

/// The settings of a node, kept in `hexi.json` in its home.
public struct NodeConfiguration: Sendable, Hashable {
    /// The prefix of the space whose ledger the node keeps.
    public var space = ""
    /// Where the server listens; loopback unless the operator says otherwise.
    public var address = "127.0.0.1"

    public var port: UInt16 = 8620
    /// The address under which others reach the node, such as `https://node.example`: its identifier (did:web) and the
    /// addresses in credentials are made from it. Empty for the listening address, which is good for a trial only.
    public var publicURL = ""
    /// Where alarms are sent as they are raised; empty for nowhere.
    public var alarmWebhook = ""
    /// The host names, with ports, under which requests may be signed; the listening address is always among them.
    public var authorities: [String] = []
    /// The query engine's program; empty looks beside the program, in `Tools`, and then on the path.
    public var duckdb = ""
    /// How many sandboxes run at once.
    public var concurrentRuns = 2
    /// How many more may wait before a request is told to come back.
    public var waitingRuns = 32
    /// How many turns in the queue a buyer has for one of the others', by participant identifier, 1 to 100; one for whom it
    /// does not name.
    public var runShares: [String: Int] = [:]
    /// After so many refused runs in an hour a buyer's next ones have to wait, since refusals tell something too.
    public var refusedRunsPerHour = 100
    /// The wall-clock limit of one run, in seconds.
    public var runSeconds = 60
    /// The memory limit of one run, in bytes.
    public var runMemoryBytes = 2 << 30
    /// The largest file that a provider may upload, in bytes.
    public var maximumUploadBytes = 1 << 30

    /// How many applications may wait for the operator's decision: anybody can apply.
    public var waitingApplications = 100_000
    /// How long running queries may take to finish when the node is told to stop, in seconds; those that take longer are
    /// ended, and recorded as cancelled.
    public var stopSeconds = 30
    /// The name under which this node cosigns other logs' checkpoints; empty for the space's prefix and `/witness`.
    public var witnessName = ""
    /// How long one of this node's own witnesses may take to answer, in seconds.
    public var witnessSeconds = 5
    /// The shortest time between two checkpoints that witnesses are asked to cosign, in milliseconds.
    public var publicationMilliseconds = 500

    /// How many bytes of the ledger's files are read in a second when they are checked for damage; 0 leaves them unchecked.
    public var scrubBytesPerSecond = 8 << 20
    /// How many hours lie between the starts of two such checks.
    public var scrubHours = 24

    public init() {}

    static let memberNames: Set<String> = [
        "space", "address", "port", "authorities", "duckdb", "concurrentRuns", "waitingRuns", "runSeconds", "runMemoryBytes",
        "maximumUploadBytes", "waitingApplications", "stopSeconds", "scrubBytesPerSecond", "scrubHours",
        "runShares", "refusedRunsPerHour", "witnessName", "witnessSeconds", "publicationMilliseconds", "publicURL", "alarmWebhook",
    ]

    /// Reads the settings; absent members have their defaults, unknown ones are refused.
    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(Self.memberNames)
        func integer(_ name: String, _ range: ClosedRange<Int64>, _ fallback: Int) throws(JSONMismatch) -> Int {
            guard let member = try cursor.optionalMember(name) else { return fallback }
            return Int(try member.integer(in: range))
        }
        space = try cursor.member("space").string(minimumCount: 1, maximumCount: 63)
        if let member = try cursor.optionalMember("address") { address = try member.string(minimumCount: 1, maximumCount: 64) }
        port = UInt16(try integer("port", 1...65_535, Int(port)))
        if let member = try cursor.optionalMember("authorities") {
            for element in try member.array(maximumCount: 32) { authorities.append(try element.string(maximumCount: 256)) }
        }
        if let member = try cursor.optionalMember("publicURL") {
            publicURL = try member.string(maximumCount: 300)
            while publicURL.hasSuffix("/") { publicURL.removeLast() }
            if !publicURL.isEmpty {
                do { _ = try DIDWeb(publicURL) } catch { throw member.mismatch("\(error)") }
            }
        }
        if let member = try cursor.optionalMember("alarmWebhook") {
            alarmWebhook = try member.string(maximumCount: 2048)
            guard alarmWebhook.isEmpty || alarmWebhook.hasPrefix("https://") || alarmWebhook.hasPrefix("http://") else {
                throw member.mismatch("must be an address such as https://alarms.example/hexi, or empty")
            }
        }
        if let member = try cursor.optionalMember("duckdb") { duckdb = try member.string(maximumCount: 4096) }
        concurrentRuns = try integer("concurrentRuns", 1...256, concurrentRuns)
        waitingRuns = try integer("waitingRuns", 0...100_000, waitingRuns)
        refusedRunsPerHour = try integer("refusedRunsPerHour", 1...1_000_000, refusedRunsPerHour)
        for (name, share) in try cursor.optionalMember("runShares")?.members() ?? [] {
            guard (try? Identifier(name, kind: .participant)) != nil else {
                throw share.mismatch("must have participants' identifiers as names; \"\(name.prefix(64))\" is none")
            }
            runShares[name] = Int(try share.integer(in: 1...100))
        }
        runSeconds = try integer("runSeconds", 1...86_400, runSeconds)
        runMemoryBytes = try integer("runMemoryBytes", 64 << 20...1 << 44, runMemoryBytes)
        maximumUploadBytes = try integer("maximumUploadBytes", 1 << 10...1 << 44, maximumUploadBytes)
        waitingApplications = try integer("waitingApplications", 0...100_000_000, waitingApplications)
        stopSeconds = try integer("stopSeconds", 0...86_400, stopSeconds)
        scrubBytesPerSecond = try integer("scrubBytesPerSecond", 0...1 << 44, scrubBytesPerSecond)
        scrubHours = try integer("scrubHours", 1...8_760, scrubHours)
        if let member = try cursor.optionalMember("witnessName") { witnessName = try member.string(maximumCount: 255) }
        witnessSeconds = try integer("witnessSeconds", 1...600, witnessSeconds)
        publicationMilliseconds = try integer("publicationMilliseconds", 10...3_600_000, publicationMilliseconds)
    }

    public var json: JSONValue {
        [
            "space": .string(space), "address": .string(address), "port": .integer(Int64(port)),
            "authorities": .array(authorities.map { .string($0) }), "duckdb": .string(duckdb),
            "concurrentRuns": .integer(Int64(concurrentRuns)), "waitingRuns": .integer(Int64(waitingRuns)),
            "runSeconds": .integer(Int64(runSeconds)), "runMemoryBytes": .integer(Int64(runMemoryBytes)),
            "maximumUploadBytes": .integer(Int64(maximumUploadBytes)),
            "waitingApplications": .integer(Int64(waitingApplications)), "stopSeconds": .integer(Int64(stopSeconds)),
            "scrubBytesPerSecond": .integer(Int64(scrubBytesPerSecond)), "scrubHours": .integer(Int64(scrubHours)),
            "witnessName": .string(witnessName), "witnessSeconds": .integer(Int64(witnessSeconds)),
            "publicationMilliseconds": .integer(Int64(publicationMilliseconds)),
            "publicURL": .string(publicURL), "alarmWebhook": .string(alarmWebhook),
        ]
    }
}
