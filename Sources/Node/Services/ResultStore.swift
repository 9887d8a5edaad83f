import Encoding
import Exchange
import Signing
import Storage
import Synchronization

/// Keeps the results of runs, encrypted, for as long as their contracts allow and no longer.
final class ResultStore: Sendable {
    private let vault: Vault
    private let index: CatalogueIndex
    private let log: StructuredLog

    private struct State {
        /// Results whose run is not in the index yet, by how many runs: nothing may purge them meanwhile.
        var held: [SHA256Digest: Int] = [:]
    }

    private let state = Mutex(State())

    /// The longest result that the node delivers, in bytes.
    static let maximumBytes = 64 << 20

    init(vault: Vault, index: CatalogueIndex, log: StructuredLog) {
        self.vault = vault
        self.index = index
        self.log = log
    }

    /// Stores a result while `record` puts its run on the record: what the ledger says exists, exists. If the run does
    /// not become one that has this result, the result goes again.
    func store<Value: Sendable>(
        _ bytes: [UInt8], _ digest: SHA256Digest, whileRecording record: () async throws -> (value: Value, isKept: Bool)
    ) async throws -> Value {
        state.withLock { $0.held[digest, default: 0] += 1 }
        do {
            try await BlockingWork.run { [vault] in _ = try vault.store(bytes: bytes, kind: .result) }
            let (value, isKept) = try await record()
            await release(digest, isKept: isKept)
            return value
        } catch {
            await release(digest, isKept: false)
            throw error
        }
    }

    private func release(_ digest: SHA256Digest, isKept: Bool) async {
        state.withLock { state in
            let count = state.held[digest, default: 0] - 1
            state.held[digest] = count > 0 ? count : nil
        }
        if !isKept { await removeUnlessKept(digest, at: Clock.now()) }
    }

    /// What is kept of a completed run's result, in the clear or sealed; `nil` where it is not there.
    func read(_ recorded: Recorded) async throws -> [UInt8]? {
        guard let digest = recorded.event.keptResult else { return nil }
        return try await BlockingWork.run { [vault] in
            guard vault.contains(digest) else { return nil }
            return try vault.read(digest, maximumBytes: Self.maximumBytes)
        }
    }

    // MARK: Destruction

    /// Destroys what is kept of a run's result, unless another run has the very same.
    ///
    /// - Returns: false where it could not be done now.
    func destroy(_ recorded: Recorded, of run: Identifier, at time: Timestamp) async throws -> Bool {
        guard let digest = recorded.event.keptResult else { return true }
        return try await BlockingWork.run { [self] in
            try state.withLock { state in
                guard state.held[digest] == nil else { return false }
                if let expiry = try index.resultExpiry(digest.description, besides: run.text), expiry > time { return true }
                _ = try vault.remove(digest)
                return true
            }
        }
    }

    /// Destroys results that no run has: a node that was killed between storing one and recording its run leaves it.
    /// Only for an index that has everything the ledger has.
    @discardableResult
    func purgeOrphans(at time: Timestamp) async throws -> Int {
        let stored = try await BlockingWork.run { [vault] in try vault.list().filter { $0.kind == .result } }
        var count = 0
        for item in stored where await removeUnlessKept(item.digest, at: time) { count += 1 }
        return count
    }

    /// True if the result was there and is gone now.
    @discardableResult
    private func removeUnlessKept(_ digest: SHA256Digest, at time: Timestamp) async -> Bool {
        do {
            return try await BlockingWork.run { [self] in
                // Under the lock, so that no run begins to hold the result while it goes.
                try state.withLock { state in
                    guard state.held[digest] == nil else { return false }
                    if let expiry = try index.resultExpiry(digest.description), expiry > time { return false }
                    return try vault.remove(digest)
                }
            }
        } catch {
            log.write(.error, "a result could not be destroyed", ["result": .string(digest.description), "reason": .string("\(error)")])
            return false
        }
    }
}

extension Event {
    /// Under which digest the result of a completed run is kept: the sealed one's where it is sealed.
    var keptResult: SHA256Digest? {
        guard type == .runCompleted else { return nil }
        return (body["sealed"] ?? body["result"])?.stringValue.flatMap { SHA256Digest(hexadecimal: $0) }
    }
}

extension SHA256Digest {
    init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes)
    }
}
