import Encoding
import HTTPTransport
import Storage
import TransparencyLog

/// The checkpoint that a node shows to the world.
struct PublishedCheckpoint: Sendable {
    /// A signed note.
    var note: [UInt8]
    /// How many entries it covers.
    var size: UInt64
}

/// The ledger, readable by anybody: nobody has to ask the operator's leave to audit.
struct LedgerRoutes: Sendable {
    let ledger: Ledger
    let published: @Sendable () -> PublishedCheckpoint

    private static let maximumEntries: UInt64 = 1000
    private static let maximumBytes = 4 << 20

    func add(to router: inout Router) {
        router.add("GET", "/ledger/checkpoint") { request, _ in
            try TargetQuery.allow(request, [])
            return .bytes(
                200, type: "text/plain; charset=utf-8", published().note, headers: ["Cache-Control": "no-cache"])
        }
        router.add("GET", "/ledger/vkey") { request, _ in
            try TargetQuery.allow(request, [])
            return .text(200, ledger.verifiers.map { "\($0)\n" }.joined(), headers: ["Cache-Control": "no-cache"])
        }
        router.add("GET", "/ledger/entries") { request, _ in try entries(request) }
        router.add("GET", "/ledger/proof/inclusion") { request, _ in try inclusion(request) }
        router.add("GET", "/ledger/proof/consistency") { request, _ in try consistency(request) }
        TileRoutes(ledger: ledger, publishedSize: { published().size }).add(to: &router)
    }

    private func entries(_ request: HTTPRequest) throws -> HTTPResponse {
        try TargetQuery.allow(request, ["start", "count"])
        let start = try TargetQuery.required(request, "start")
        let count = try TargetQuery.number(request, "count") ?? Self.maximumEntries
        let size = ledger.size
        // Whoever follows the ledger asks for what comes next, and may be told that nothing has yet.
        guard start <= size else { throw TargetQuery.problem("start", "must be at most the ledger's size, \(size)") }
        guard (1...Self.maximumEntries).contains(count) else {
            throw TargetQuery.problem("count", "must be from 1 to \(Self.maximumEntries)")
        }
        let entries = try ledger.entries(in: start..<min(size, start + count), maximumBytes: Self.maximumBytes)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + $1.count + 1 })
        for entry in entries {
            bytes.append(contentsOf: entry)
            bytes.append(0x0A)
        }
        return .bytes(200, type: "application/x-ndjson", bytes)
    }

    private func inclusion(_ request: HTTPRequest) throws -> HTTPResponse {
        try TargetQuery.allow(request, ["seq", "size"])
        let seq = try TargetQuery.required(request, "seq")
        let size = try TargetQuery.number(request, "size") ?? ledger.size
        guard size <= ledger.size else { throw TargetQuery.problem("size", "is larger than the ledger") }
        guard seq < size else { throw TargetQuery.problem("seq", "must be less than the size, \(size)") }
        let proof = try ledger.inclusionProof(sequence: seq, size: size)
        guard let entry = try ledger.entries(in: seq..<(seq + 1), maximumBytes: ChainedEntry.maximumLength).first else {
            throw NodeError.ledgerUnavailable(reason: "entry \(seq) is not durable yet")
        }
        return .json(
            200,
            [
                "seq": .integer(Int64(seq)), "size": .integer(Int64(size)), "leafHash": .string(MerkleTree.leafHash(entry).description),
                "proof": .array(proof.path.map { .string($0.description) }),
            ])
    }

    private func consistency(_ request: HTTPRequest) throws -> HTTPResponse {
        try TargetQuery.allow(request, ["from", "to"])
        let from = try TargetQuery.required(request, "from")
        let to = try TargetQuery.number(request, "to") ?? ledger.size
        guard to <= ledger.size else { throw TargetQuery.problem("to", "is larger than the ledger") }
        guard from >= 1, from <= to else { throw TargetQuery.problem("from", "must be from 1 to \(to)") }
        let proof = try ledger.consistencyProof(from: from, to: to)
        return .json(
            200,
            [
                "from": .integer(Int64(from)), "to": .integer(Int64(to)),
                "proof": .array(proof.path.map { .string($0.description) }),
            ])
    }
}
