import Encoding
import Exchange
import Signing
import TransparencyLog

/// A space under test: its state, and the ledger that led to it. Time and randomness are its own, so that the same
/// steps always give the same bytes.
///
/// Being a value, it can be copied before a step, to try several ways on.
public struct ExchangeFixture: Sendable {
    public static let prefix = "86.gs.test"
    public static let origin = "hexi.test/86.gs.test"
    /// The ledger's first key, whose seed is 32 bytes of 240.
    public static let firstLogKey = "hexi.test/86.gs.test+1a60df55+AV9nEylMPPGoFOjYygiJ2yPmgjt1JLrxNJ+8fZ9RUpRb"
    public static let start = Timestamp(milliseconds: 1_795_000_000_000)

    public var state = ExchangeState()
    /// The ledger's lines, chained.
    public private(set) var lines: [[UInt8]] = []
    public private(set) var events: [Event] = []
    /// The time of the next entry; every step takes a second.
    public var time = Self.start
    public let operatorKey: SigningKey
    /// The node's own, with which it signs its assessments.
    public let nodeKey: SigningKey
    private var previous = ChainedEntry.firstPreviousHash
    private var nonces: FixedGenerator
    private var keyCount: UInt8 = 1

    /// A space that is not founded yet.
    public init(unfoundedWithSeed seed: UInt64) throws {
        operatorKey = try SigningKey.numbered(1)
        nodeKey = try SigningKey.numbered(0)
        nonces = FixedGenerator(seed: seed)
    }

    /// A founded space without participants.
    public init(seed: UInt64 = 1) throws {
        try self.init(unfoundedWithSeed: seed)
        try submit(.spaceCharter(charter), by: operatorKey)
    }

    public var charter: SpaceCharter {
        SpaceCharter(
            name: ["en": "Test space", "zh": "试验空间"], origin: Self.origin, logKeys: [Self.firstLogKey],
            operatorKey: operatorKey.verificationKey, currency: "CNY", nodeKeys: [nodeKey.verificationKey])
    }

    /// A key that no earlier call gave.
    public mutating func freshKey() throws -> SigningKey {
        guard keyCount < 255 else { throw FixtureError("the fixture has given out all its keys") }
        keyCount += 1
        return try SigningKey.numbered(keyCount)
    }

    public mutating func freshNonce() -> String {
        var bytes: [UInt8] = []
        for _ in 0..<16 { bytes.append(UInt8(truncatingIfNeeded: nonces.next())) }
        return Base64.encodeURL(bytes)
    }

    /// Signs a statement for this space, issued now unless told otherwise.
    public mutating func sign(
        _ content: StatementContent, by key: SigningKey, issuedAt: Timestamp? = nil, space: String = Self.prefix
    ) throws -> SignedStatement {
        try SignedStatement.sign(content, space: space, issuedAt: issuedAt ?? time, nonce: freshNonce(), key: key)
    }

    /// The command of a statement, its signatures verified with the keys that the state knows.
    public func command(_ statement: SignedStatement, _ facts: Facts = .none) throws(StatementError) -> Command {
        Command(try statement.verified(state.verificationKey), facts: facts)
    }

    /// Decides a statement, records the event as the next line of the ledger and applies it.
    ///
    /// - Throws: `StatementError` or `Refusal`; then nothing has changed.
    @discardableResult
    public mutating func submit(_ statement: SignedStatement, _ facts: Facts = .none) throws -> Event {
        let event = try state.decide(try command(statement, facts), at: time)
        record(event)
        return event
    }

    @discardableResult
    public mutating func submit(
        _ content: StatementContent, by key: SigningKey, _ facts: Facts = .none
    ) throws -> Event {
        try submit(try sign(content, by: key), facts)
    }

    /// Writes an event as the next line of the ledger and applies it, without asking the rules.
    public mutating func record(_ event: Event) {
        let line = ChainedEntry.head(previous: previous, sequence: state.size) + LedgerEntry.content(event, time: time)
        previous = MerkleTree.leafHash(line)
        lines.append(line)
        events.append(event)
        state.apply(event, at: time)
        time = time.advanced(byMilliseconds: 1000)
    }

    /// The code with which a statement would be refused now, or `nil` if it would be accepted. A key that nobody
    /// registered counts as an unknown signer, as it does for a node.
    public func refusal(of statement: SignedStatement, _ facts: Facts = .none) throws -> RefusalCode? {
        do {
            _ = try state.decide(try command(statement, facts), at: time)
            return nil
        } catch let refusal as Refusal {
            return refusal.code
        } catch StatementError.unknownKey { return .signerUnknown }
    }

    public mutating func refusal(
        of content: StatementContent, by key: SigningKey, _ facts: Facts = .none
    ) throws -> RefusalCode? {
        try refusal(of: try sign(content, by: key), facts)
    }

    /// The state that the ledger's lines lead to, read and checked one by one as an auditor would.
    public func replayed() throws -> ExchangeState {
        var replayed = ExchangeState()
        for line in lines { try replayed.replay(try LedgerEntry(line)) }
        return replayed
    }
}
