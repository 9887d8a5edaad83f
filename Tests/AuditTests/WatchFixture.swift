import Signing
import Synchronization
import TransparencyLog

@testable import Audit

/// What a server shows of a log; it can be changed while it is served.
final class ShownLog: Sendable {
    private let files = Mutex<[String: [UInt8]]>([:])
    private let answersNothing = Mutex(false)

    /// Shows a log as a node does, with tiles.
    func show(_ writer: JournalWriter, _ checkpoint: [UInt8]) throws {
        var shown = try TileTests.bundles(writer)
        shown.merge(PlainLog.hashTiles(writer)) { $1 }
        shown["checkpoint"] = checkpoint
        let all = Dictionary(uniqueKeysWithValues: shown.map { ("/ledger/\($0.key)", $0.value) })
        files.withLock { $0 = all }
    }

    /// Shows a witness' last cosigned checkpoint.
    func showCosigned(_ note: [UInt8], origin: String = TestSpace.origin.replacing("/", with: "%2F")) {
        files.withLock { $0 = ["/witness/checkpoint?origin=\(origin)": note] }
    }

    func hide(_ name: String) { files.withLock { $0 = $0.filter { !$0.key.contains(name) } } }

    func setDown(_ isDown: Bool) { answersNothing.withLock { $0 = isDown } }

    func serve() throws -> TestServer {
        try TestServer { [self] target in
            if answersNothing.withLock({ $0 }) { return .init(status: 404) }
            return files.withLock { $0[target] }.map { .init(body: $0) } ?? .init(status: 404)
        }
    }
}

/// A log, a mirror of it and a witness, watched.
final class WatchFixture {
    var space = TestSpace()
    let parties: Parties
    let (log, mirror, witness) = (ShownLog(), ShownLog(), ShownLog())
    private(set) var servers: [TestServer] = []
    let folder: TestFolder
    let cosigner: Cosigner
    var stallSeconds: Double?

    init() throws {
        parties = try space.openForRuns(maximumRuns: 500)
        folder = try TestFolder()
        cosigner = try Cosigner(name: "w.example/witness", key: TestSpace.key(40))
        for shown in [log, mirror, witness] { servers.append(try shown.serve()) }
    }

    deinit { for server in servers { server.stop() } }

    /// Adds so many entries; several numbers of the same space give the same entries, so a copy can be continued differently.
    func grow(_ count: Int, milliseconds: Int64 = 20) throws {
        for _ in 0..<count { try space.run(parties, facts: TestSpace.completed(milliseconds: milliseconds)) }
    }

    /// The checkpoint over so many entries, cosigned at a time or by nobody.
    static func checkpoint(
        _ space: TestSpace, size: Int? = nil, cosigner: Cosigner? = nil, at time: UInt64 = 1_763_800_000
    ) throws -> [UInt8] {
        var note = try SignedNote(JournalWriter(space).checkpoint(space.signer, size: size))
        if let cosigner { note.add(cosigner.cosign(note.text, at: time)) }
        return note.bytes
    }

    /// Lets a place show the space as it is now.
    func publish(_ shown: ShownLog, cosigned: Bool = true, at time: UInt64 = 1_763_800_000) throws {
        let checkpoint = try Self.checkpoint(space, cosigner: cosigned ? cosigner : nil, at: time)
        if shown === witness { shown.showCosigned(checkpoint) } else { try shown.show(JournalWriter(space), checkpoint) }
    }

    func policy() throws -> [UInt8] {
        Array(
            "log \(try space.signer.verifier)\nwitness w \(cosigner.verifier) \(servers[2].url)/witness\nquorum w\n".utf8)
    }

    /// One round over the log and its mirror.
    func round(mirror: Bool = true, policy: Bool = true, keepsState: Bool = true) async throws -> WatchRound {
        var options = AuditOptions(timeoutSeconds: 20, stateFile: keepsState ? folder.path + "/state" : nil)
        if policy { options.policy = try TrustPolicy(try self.policy()) } else { options.pinnedKeys = [try space.signer.verifier] }
        let addresses = [servers[0].url] + (mirror ? [servers[1].url] : [])
        let watcher = LogWatcher(addresses: addresses, options: options, stallSeconds: stallSeconds, patienceSeconds: 0)
        return try await watcher.round()
    }
}
