import Encoding
import Signing

/// What the certificate of a right says: the subject of its verifiable credential.
///
/// The node that issues it and the auditor who checks it read the same members. Marks that come and go (a pledge, a
/// freeze, licences) are not in it: whoever relies on a certificate asks for its state.
public struct RightClaims: Sendable, Hashable {
    /// The credential's type beside `VerifiableCredential`.
    public static let type = "RightCertificateCredential"

    /// The entry that made the certificate, or that last changed what it says.
    public struct Entry: Sendable, Hashable {
        /// The ledger's checkpoint origin.
        public var origin: String
        public var seq: UInt64
        /// RFC 6962 leaf hash, 64 hexadecimal digits.
        public var leafHash: String

        public init(origin: String, seq: UInt64, leafHash: String) {
            self.origin = origin
            self.seq = seq
            self.leafHash = leafHash
        }
    }

    public var number: Identifier
    public var kind: RightKind
    public var over: Identifier
    public var holder: Identifier
    public var holderName: String
    public var title: [String: String]
    public var share: Fraction
    public var root: Identifier
    public var isExclusive: Bool
    public var territory: String?
    public var grantedAt: Timestamp
    /// The first moment at which the right is no longer in force.
    public var expiresAt: Timestamp
    public var entry: Entry

    public init(
        number: Identifier, kind: RightKind, over: Identifier, holder: Identifier, holderName: String,
        title: [String: String], share: Fraction, root: Identifier, isExclusive: Bool, territory: String?,
        grantedAt: Timestamp, expiresAt: Timestamp, entry: Entry
    ) {
        self.number = number
        self.kind = kind
        self.over = over
        self.holder = holder
        self.holderName = holderName
        self.title = title
        self.share = share
        self.root = root
        self.isExclusive = isExclusive
        self.territory = territory
        self.grantedAt = grantedAt
        self.expiresAt = expiresAt
        self.entry = entry
    }

    /// Reads a credential's subject. Unknown members are refused: what a checker does not know it must not pass.
    public init(subject: JSONObject) throws(JSONMismatch) {
        let cursor = JSONCursor(.object(subject), pointer: "/credentialSubject")
        try cursor.allowMembers(["id", "right"])
        let right = try cursor.member("right")
        try right.allowMembers([
            "number", "rightKind", "over", "holder", "holderName", "title", "share", "root", "exclusive", "territory",
            "grantedAt", "expiresAt", "ledger",
        ])
        number = try right.member("number").identifier(.right)
        kind = try right.member("rightKind").oneOf(RightKind.self)
        over = try right.member("over").thing()
        holder = try right.member("holder").identifier(.participant)
        holderName = try right.member("holderName").string(maximumCount: 1200)
        title = try right.member("title").languageMap(maximumCount: 300)
        share = try right.member("share").share()
        root = try right.member("root").identifier(.right)
        isExclusive = try right.member("exclusive").bool()
        territory = try right.optionalMember("territory")?.text(1...300)
        grantedAt = try right.member("grantedAt").timestamp()
        expiresAt = try right.member("expiresAt").timestamp()
        let ledger = try right.member("ledger")
        try ledger.allowMembers(["origin", "seq", "leafHash"])
        entry = Entry(
            origin: try ledger.member("origin").string(minimumCount: 1, maximumCount: 256),
            seq: UInt64(try ledger.member("seq").integer(in: 0...Int64.max)),
            leafHash: try ledger.member("leafHash").hexadecimalDigest())
    }

    /// The credential's subject.
    ///
    /// - Parameter holder: the holder's DID.
    public func subject(holder did: some CustomStringConvertible) -> JSONObject {
        var right: JSONObject = [
            "number": .string(number.text), "rightKind": .string(kind.rawValue), "over": .string(over.text),
            "holder": .string(holder.text), "holderName": .string(holderName), "title": .languageMap(title),
            "share": .string(share.description),
        ]
        right["root"] = .string(root.text)
        right["exclusive"] = .bool(isExclusive)
        right["territory"] = territory.map { .string($0) }
        right["grantedAt"] = .string(grantedAt.description)
        right["expiresAt"] = .string(expiresAt.description)
        right["ledger"] = [
            "origin": .string(entry.origin), "seq": .integer(Int64(clamping: entry.seq)), "leafHash": .string(entry.leafHash),
        ]
        return ["id": .string(did.description), "right": .object(right)]
    }

    /// What the certificate says otherwise than the register does; empty where it says the same. Names of participants
    /// are not compared: an identifier stays, a name may change.
    public func differences(from right: Right) -> [String] {
        var names: [String] = []
        func compare<Value: Equatable>(_ name: String, _ own: Value, _ other: Value) { if own != other { names.append(name) } }
        compare("number", number, right.identifier)
        compare("rightKind", kind, right.kind)
        compare("over", over, right.over)
        compare("holder", holder, right.holder)
        compare("title", title, right.title)
        compare("share", share, right.share)
        compare("root", root, right.root)
        compare("exclusive", isExclusive, right.isExclusive)
        compare("territory", territory, right.territory)
        compare("grantedAt", grantedAt, right.grantedAt)
        compare("expiresAt", expiresAt, right.expiresAt)
        return names
    }
}
