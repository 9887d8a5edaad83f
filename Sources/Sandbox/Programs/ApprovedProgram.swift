import Signing

/// A buyer's program as the provider approved it: which bundle, how it is started, and everything that may come out.
public struct ApprovedProgram: Sendable, Hashable {
    /// What executes the program.
    public enum Runtime: String, Sendable, Hashable, CaseIterable {
        /// Debian's Python 3 with its standard library.
        case python3
        /// A program for Linux on this processor: static, or with the C library, its mathematics and the C++ library, and with
        /// what else it needs in the bundle's folder `lib`.
        case executable
    }

    /// SHA-256 of the bundle: a tar archive (ustar, not compressed) or a single file.
    public var bundleHash: SHA256Digest
    public var runtime: Runtime
    /// The file in the bundle that is started, such as "main.py".
    public var entry: String
    public var arguments: [String]
    public var metrics: [MetricDeclaration]
    public var artefacts: [ArtefactDeclaration]
    /// To how many significant digits every metric is rounded, 1 to 15; the provider's policy says.
    public var significantDigits: Int

    public init(
        bundleHash: SHA256Digest, runtime: Runtime, entry: String, arguments: [String] = [], metrics: [MetricDeclaration],
        artefacts: [ArtefactDeclaration] = [], significantDigits: Int
    ) {
        self.bundleHash = bundleHash
        self.runtime = runtime
        self.entry = entry
        self.arguments = arguments
        self.metrics = metrics
        self.artefacts = artefacts
        self.significantDigits = significantDigits
    }
}

/// One number, or a list of a fixed count of numbers, that a program may tell.
public struct MetricDeclaration: Sendable, Hashable {
    public enum ValueType: String, Sendable, Hashable, CaseIterable {
        case integer, decimal
    }

    public var name: String
    public var type: ValueType
    /// Least and greatest value; for integers at most 2⁵³ either way.
    public var bounds: ClosedRange<Double>
    /// How many numbers the list has; `nil` for a single number.
    public var size: Int?

    public init(name: String, type: ValueType, bounds: ClosedRange<Double>, size: Int? = nil) {
        self.name = name
        self.type = type
        self.bounds = bounds
        self.size = size
    }
}

/// A file that a program may leave, to be held until the provider has assessed it.
public struct ArtefactDeclaration: Sendable, Hashable {
    /// Its name in /output.
    public var name: String
    public var maximumBytes: Int

    public init(name: String, maximumBytes: Int) {
        self.name = name
        self.maximumBytes = maximumBytes
    }
}

/// What came of a program.
public struct ProgramOutcome: Sendable, Hashable {
    /// A file that must not leave before its assessment.
    public struct Artefact: Sendable, Hashable {
        public var name: String
        /// Where it lies on this machine, in the folder that the caller gave.
        public var path: String
        public var sha256: SHA256Digest
        public var bytes: Int64
    }

    /// The metrics document, `{"metrics":{name: number or list}}`: the declared names in their order and nothing else, rounded.
    public var metrics: [UInt8]
    /// SHA-256 of `metrics`.
    public var metricsHash: SHA256Digest
    /// In the order of their declarations; those that the program left empty are not among them.
    public var artefacts: [Artefact]
    /// Running time, rounded up to whole seconds, since a program could speak by how long it takes.
    public var milliseconds: Int
}

/// Why a program gave nothing.
public enum ProgramFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bundle is not the approved one, or not well made. It is the buyer's own, so the reason is for the buyer.
    case bundleRefused(String)
    /// The program stopped, took too long or too much, or its metrics are not as declared. `providerDetail` is for the provider's
    /// log alone: to the buyer every such failure looks the same.
    case notDelivered(providerDetail: String)
    /// The sandbox itself could not do its part; nothing of the program was run, or it was cancelled.
    case sandbox(SandboxError)

    /// For the buyer.
    public var description: String {
        switch self {
        case .bundleRefused(let reason): "the program's bundle is refused: \(reason)"
        case .notDelivered:
            "the program did not deliver the metrics that it declared; try it on the product's synthetic rows, and ask the provider, "
                + "whose log holds the reason"
        case .sandbox(let error): error.description
        }
    }
}
