import Encoding

/// A buyer's program, put forward in the place of a query's text.
public struct ProgramSubmission: Sendable, Hashable, Codable {
    public enum MetricType: String, Sendable, CaseIterable, Codable { case integer, decimal }

    /// One number, or a list of numbers, that leaves.
    public struct Metric: Sendable, Hashable, Codable {
        public var name: String
        public var type: MetricType
        /// A value beyond these is refused.
        public var lower: DecimalNumber
        public var upper: DecimalNumber
        /// How many numbers, 1 to 10,000; `nil` for one that stands alone.
        public var size: Int64?

        public init(name: String, type: MetricType, lower: DecimalNumber, upper: DecimalNumber, size: Int64? = nil) {
            self.name = name
            self.type = type
            self.lower = lower
            self.upper = upper
            self.size = size
        }
    }

    /// A file that the program makes, and that is held until the providers have decided on it.
    public struct Artefact: Sendable, Hashable, Codable {
        public var name: String
        public var maximumBytes: Int64

        public init(name: String, maximumBytes: Int64) {
            self.name = name
            self.maximumBytes = maximumBytes
        }
    }

    /// The most numbers that one run may release, in all metrics together.
    public static let maximumNumberCount: Int64 = 10_000

    /// SHA-256 of the bundle file, lower-case hexadecimal.
    public var bundle: String
    public var runtime: ProgramRuntime
    /// The file in the bundle that is started: a path in it, of at most 200 bytes.
    public var entry: String
    public var metrics: [Metric]
    public var artefacts: [Artefact]
    public var arguments: [String]

    public init(
        bundle: String, runtime: ProgramRuntime, entry: String, metrics: [Metric], artefacts: [Artefact] = [],
        arguments: [String] = []
    ) {
        self.bundle = bundle
        self.runtime = runtime
        self.entry = entry
        self.metrics = metrics
        self.artefacts = artefacts
        self.arguments = arguments
    }

    /// How many numbers a run releases at most.
    public var numberCount: Int64 { metrics.reduce(0) { $0 + ($1.size ?? 1) } }
    /// How many bytes its artefacts have at most, together.
    public var artefactBytes: Int64 { artefacts.reduce(0) { $0 + $1.maximumBytes } }
}

extension ProgramSubmission {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        bundle = try cursor.member("bundle").hexadecimalDigest()
        runtime = try cursor.member("runtime").oneOf(ProgramRuntime.self)
        entry = try cursor.member("entry").bundlePath()
        metrics = []
        for element in try cursor.member("metrics").array(minimumCount: 1, maximumCount: 256) {
            let metric = try Metric(element)
            if metrics.contains(where: { $0.name == metric.name }) { throw element.mismatch("repeats the metric \"\(metric.name)\"") }
            metrics.append(metric)
        }
        artefacts = []
        for element in try cursor.member("artefacts").array(maximumCount: 16) {
            let artefact = Artefact(
                name: try element.member("name").simpleName(),
                maximumBytes: try element.member("maximumBytes").integer(in: 1...MetricsTerms.largestArtefacts))
            if artefacts.contains(where: { $0.name == artefact.name }) {
                throw element.mismatch("repeats the artefact \"\(artefact.name)\"")
            }
            artefacts.append(artefact)
        }
        arguments = []
        for element in try cursor.member("arguments").array(maximumCount: 64) { arguments.append(try element.text(0...1000)) }
        guard numberCount <= Self.maximumNumberCount else {
            throw try cursor.member("metrics").mismatch("has \(numberCount) numbers, more than the \(Self.maximumNumberCount) that one run may release")
        }
    }

    public var json: JSONValue {
        [
            "bundle": .string(bundle), "runtime": .string(runtime.rawValue), "entry": .string(entry),
            "metrics": .array(metrics.map(\.json)),
            "artefacts": .array(artefacts.map { ["name": .string($0.name), "maximumBytes": .integer($0.maximumBytes)] }),
            "arguments": .array(arguments.map { .string($0) }),
        ]
    }
}

extension ProgramSubmission.Metric {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").simpleName()
        type = try cursor.member("type").oneOf(ProgramSubmission.MetricType.self)
        lower = try DecimalNumber(cursor.member("lower"))
        upper = try DecimalNumber(cursor.member("upper"))
        size = try cursor.optionalMember("size")?.integer(in: 1...ProgramSubmission.maximumNumberCount)
        guard lower < upper else { throw try cursor.member("upper").mismatch("must be more than \"lower\"") }
        if type == .integer, !lower.isWhole || !upper.isWhole {
            throw cursor.mismatch("is of integers, so its bounds must be whole numbers")
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("type", .string(type.rawValue)), ("lower", lower.json), ("upper", upper.json),
        ])
        if let size { object["size"] = .integer(size) }
        return .object(object)
    }
}

extension JSONCursor {
    /// A path within a bundle: names of letters, digits, ".", "_" and "-", none of them beginning with a dot, joined by "/".
    fileprivate func bundlePath() throws(JSONMismatch) -> String {
        let text = try string(minimumCount: 1, maximumCount: 200)
        let names = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        let isPath = names.allSatisfy { name in
            name.first != nil && name.first != 0x2E && name.first != 0x2D
                && name.allSatisfy { byte in
                    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                        || [0x2D, 0x2E, 0x5F].contains(byte)
                }
        }
        guard isPath else { throw mismatch("must be a path within the bundle such as model/main.py: letters, digits, \".\", \"_\" and \"-\", no name beginning with \".\" or \"-\"") }
        return text
    }
}
