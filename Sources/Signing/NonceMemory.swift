import Synchronization

/// Remembers which signed requests were accepted, so that none is accepted twice. Safe for use from any thread.
///
/// A nonce counts as used whatever else the two requests say. It is remembered through the last second at which its signature would be accepted. Nothing is forgotten sooner:
/// when memory is full, further requests are refused. One key can fill no more than its share, so it cannot lock the
/// others out. The memory is lost with the process; so signatures made before the process started are refused, which
/// leaves open only the seconds by which a signer's clock ran ahead at a restart.
public final class NonceMemory: Sendable {
    /// The first 16 bytes of a hash of key and nonce, in place of two strings: a million nonces then take about 30 MB.
    private struct Fingerprint: Hashable {
        var high: UInt64
        var low: UInt64

        init(_ keyIdentifier: String, _ nonce: String) {
            // Key identifiers have no NUL, so the pair is told apart from every other pair.
            let digest = SHA256.hash(Array("\(keyIdentifier)\0\(nonce)".utf8))
            (high, low) = digest.withUnsafeBytes { ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self)) }
        }
    }

    /// The nonces that may be forgotten after the same second, so that a generation is dropped as a whole. There are at
    /// most as many generations as a signature can live seconds, and with one lifetime in use far fewer.
    private struct Generation {
        var fingerprints: Set<Fingerprint> = []
        var counts: [String: Int] = [:]
    }

    private struct State {
        var generations: [Int64: Generation] = [:]
        var count = 0
        var counts: [String: Int] = [:]
        /// Generations up to this second are forgotten; nothing that belongs there may be accepted any more, even if
        /// the clock is set back.
        var forgottenThrough: Int64 = .min
    }

    private let capacity: Int
    private let capacityOfOneKey: Int
    private let startedAt: Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - startedAt: when the process began to accept requests, in seconds since 1970.
    ///   - capacity: how many nonces are remembered in all.
    ///   - capacityOfOneKey: how many of one key; a quarter of all unless given.
    public init(startedAt: Int64, capacity: Int = 4_000_000, capacityOfOneKey: Int? = nil) {
        self.startedAt = startedAt
        self.capacity = capacity
        self.capacityOfOneKey = capacityOfOneKey ?? max(1, capacity / 4)
    }

    /// How many nonces are remembered now.
    public var count: Int { state.withLock { $0.count } }

    /// Takes a nonce as used, or throws if it was used before.
    ///
    /// - Parameter lastAcceptance: the last second at which the signature would be accepted.
    func use(
        _ parameters: HTTPSignatureParameters, until lastAcceptance: Int64, now: Int64
    ) throws(HTTPMessageSignatureError) {
        guard parameters.created >= startedAt else { throw .createdBeforeStart }
        let keyIdentifier = parameters.keyIdentifier
        let fingerprint = Fingerprint(keyIdentifier, parameters.nonce)
        let refusal = state.withLock { state -> HTTPMessageSignatureError? in
            Self.forget(before: now, &state)
            guard lastAcceptance > state.forgottenThrough else { return .expired(ago: state.forgottenThrough - lastAcceptance) }
            if state.generations.values.contains(where: { $0.fingerprints.contains(fingerprint) }) { return .replayed }
            guard state.count < capacity else { return .nonceMemoryFull }
            guard state.counts[keyIdentifier, default: 0] < capacityOfOneKey else {
                return .tooManyRequests(keyIdentifier: keyIdentifier)
            }
            state.generations[lastAcceptance, default: Generation()].fingerprints.insert(fingerprint)
            state.generations[lastAcceptance]?.counts[keyIdentifier, default: 0] += 1
            state.counts[keyIdentifier, default: 0] += 1
            state.count += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Drops the generations whose last second has passed. Does work at most once a second.
    private static func forget(before now: Int64, _ state: inout State) {
        guard now > state.forgottenThrough, now != .min, now - 1 > state.forgottenThrough else { return }
        for second in state.generations.keys where second < now {
            guard let generation = state.generations.removeValue(forKey: second) else { continue }
            state.count -= generation.fingerprints.count
            for (keyIdentifier, count) in generation.counts {
                let remaining = state.counts[keyIdentifier, default: 0] - count
                state.counts[keyIdentifier] = remaining > 0 ? remaining : nil
            }
        }
        state.forgottenThrough = now - 1
    }
}
