import Encoding

/// Why a result was destroyed.
public enum DestructionGround: String, Sendable, CaseIterable, Codable {
    /// The contracts let it be kept no longer.
    case retention
    /// The buyer asked for it.
    case request
}

/// The node's word that it has destroyed a run's result, with every artefact of the run that was still held.
public struct ResultDestruction: Sendable, Hashable {
    public var run: Identifier
    public var ground: DestructionGround

    public init(run: Identifier, ground: DestructionGround) {
        self.run = run
        self.ground = ground
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        run = try cursor.member("run").identifier(.run)
        ground = try cursor.member("ground").oneOf(DestructionGround.self)
    }

    public var members: [(String, JSONValue?)] { [("run", .string(run.text)), ("ground", .string(ground.rawValue))] }
}

public enum ArtefactVerdict: String, Sendable, CaseIterable, Codable { case release, refuse }

/// A provider's word on an artefact of a program that has read its product. It is released when every provider concerned has
/// released it, and refused for good when one of them refuses.
public struct ArtefactDecision: Sendable, Hashable {
    /// The security assessment on which a release rests.
    public struct Assessment: Sendable, Hashable {
        /// A number or title by which the provider finds it, 1 to 200 characters.
        public var reference: String
        /// SHA-256 of the report, lower-case hexadecimal.
        public var sha256: String

        public init(reference: String, sha256: String) {
            self.reference = reference
            self.sha256 = sha256
        }
    }

    public var run: Identifier
    public var artefact: String
    /// SHA-256 of the artefact that was looked at, lower-case hexadecimal.
    public var sha256: String
    public var decision: ArtefactVerdict
    /// Of a release, always.
    public var assessment: Assessment?
    public var reason: String

    public init(
        run: Identifier, artefact: String, sha256: String, decision: ArtefactVerdict, assessment: Assessment? = nil,
        reason: String
    ) {
        self.run = run
        self.artefact = artefact
        self.sha256 = sha256
        self.decision = decision
        self.assessment = assessment
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        run = try cursor.member("run").identifier(.run)
        artefact = try cursor.member("artefact").simpleName()
        sha256 = try cursor.member("sha256").hexadecimalDigest()
        decision = try cursor.member("decision").oneOf(ArtefactVerdict.self)
        if let member = try cursor.optionalMember("assessment") {
            assessment = Assessment(
                reference: try member.member("reference").text(1...200), sha256: try member.member("sha256").hexadecimalDigest())
        }
        if decision == .release, assessment == nil {
            throw cursor.mismatch("a release needs \"assessment\": the reference and SHA-256 of the security assessment it rests on")
        }
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [
            ("run", .string(run.text)), ("artefact", .string(artefact)), ("sha256", .string(sha256)),
            ("decision", .string(decision.rawValue)),
            ("assessment", assessment.map { ["reference": .string($0.reference), "sha256": .string($0.sha256)] }),
            ("reason", .string(reason)),
        ]
    }
}
