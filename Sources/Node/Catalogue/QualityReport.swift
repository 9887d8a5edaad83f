import Encoding
import Exchange
import Sandbox
import Signing

/// A quality report as it is signed: the profile of one version's snapshot, and when it was made.
struct QualityReport: Sendable {
    /// `typ` of the signed report.
    static let mediaType = "hexi-quality-report+jws"
    static let format = "hexi-quality-report/1"

    let product: Identifier
    let version: Int64
    /// SHA-256 of the snapshot, in hexadecimal.
    let snapshot: String
    let assessedAt: Timestamp
    let profile: TableProfile
    /// The compact JWS; what the ledger's digest is of.
    let signed: String

    var digest: SHA256Digest { SHA256.hash(Array(signed.utf8)) }

    /// Signs a profile with the node's key.
    init(
        product: Identifier, version: Int64, snapshot: String, profile: TableProfile, space: String, at time: Timestamp,
        key: SigningKey
    ) {
        self.product = product
        self.version = version
        self.snapshot = snapshot
        self.profile = profile
        assessedAt = time
        let members: [(String, JSONValue?)] = [
            ("format", .string(Self.format)), ("space", .string(space)), ("product", .string(product.text)),
            ("version", .integer(version)), ("snapshot", .string(snapshot)), ("assessedAt", .string(time.description)),
        ]
        let document = JSONObject((members + profile.members).compactMap { name, value in value.map { (name, $0) } })
        signed = JWS.sign(payload: JSONValue.object(document).serialized(), type: Self.mediaType, key: key)
    }

    /// Reads a signed report that this node kept. Its digest is on the ledger, so the caller compares that.
    init(signed: String) throws {
        let jws = try CompactJWS(signed, maximumCount: QualityReportStore.maximumBytes)
        let cursor = JSONCursor(try JSONValue.parse(jws.payload, maximumDepth: 8, maximumCount: QualityReportStore.maximumBytes))
        product = try Identifier(cursor.member("product").string(maximumCount: 128), kind: .product)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        snapshot = try cursor.member("snapshot").string(maximumCount: 64)
        let time = try cursor.member("assessedAt")
        guard let instant = Timestamp(try time.string(maximumCount: 32)) else { throw time.mismatch("is no time") }
        assessedAt = instant
        profile = try TableProfile(cursor)
        self.signed = signed
    }

    /// The report's document as it was signed.
    var document: JSONValue {
        (try? CompactJWS(signed, maximumCount: QualityReportStore.maximumBytes))
            .flatMap { try? JSONValue.parse($0.payload, maximumDepth: 8, maximumCount: QualityReportStore.maximumBytes) } ?? .null
    }

    /// What the ledger says of it.
    var assessment: QualityAssessment {
        let shares = profile.completeness
        // The newest day counts from its start; data from after the assessment is not old.
        let newest = profile.newest.flatMap { Timestamp("\($0.day)T00:00:00.000Z") }
        let age = newest.map { max(0, (assessedAt.milliseconds - $0.milliseconds) / 1000) }
        return QualityAssessment(
            product: product, version: version, snapshot: snapshot, methodName: TableProfile.methodName,
            methodVersion: TableProfile.methodVersion, report: digest.description,
            figures: QualityAssessment.Figures(
                rows: profile.rows, columns: Int64(profile.columns.count), minimumCompleteness: shares.minimum,
                meanCompleteness: shares.mean, duplicates: profile.duplicateRows ?? 0, freshnessSeconds: age,
                keyIntegrity: profile.keys.last.map(\.integrity), issues: profile.issues))
    }
}

/// Keeps signed quality reports, each in a file that is named by its digest.
///
/// Reports are public. The ledger holds the digest of each, so a file that was changed is not taken for the report.
struct QualityReportStore: Sendable {
    static let maximumBytes = 16 << 20

    let directory: String

    private func path(_ digest: String) -> String { "\(directory)/\(digest).jws" }

    /// Returns when the report is on the disk: the ledger must never name one that is not there.
    func keep(_ report: QualityReport) throws {
        try PrivateFile.makeDirectory(directory)
        try DurableFile().replace(path(report.digest.description), with: Array(report.signed.utf8))
    }

    /// The report of a digest, or `nil` where it is lost or damaged.
    func read(_ digest: String) -> QualityReport? {
        // The name becomes a path, so it must be a digest and nothing else.
        guard digest.utf8.count == 64, Hexadecimal.decode(digest) != nil,
            let bytes = try? PrivateFile.read(path(digest), maximumCount: Self.maximumBytes),
            SHA256.hash(bytes).description == digest, let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return try? QualityReport(signed: text)
    }
}
