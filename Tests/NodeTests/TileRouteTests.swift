import Dispatch
import Foundation
import HTTPTransport
import Signing
import Testing
import TransparencyLog

@testable import Node

/// The ledger over HTTP as C2SP tlog-tiles describes it.
@Suite struct TileRouteTests {
    @Test func everyTileIsServedAsTheLedgerHasItForGood() async throws {
        try await withLedgerServer(entries: 700) { server in
            for path in ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/0/000.p/1", "tile/0/001.p/255", "tile/1/000.p/2",
                "tile/1/000.p/1", "tile/entries/000", "tile/entries/001", "tile/entries/002.p/188", "tile/entries/000.p/255"]
            {
                let tile = try #require(Tile(path: path))
                let answer = try await server.get("/ledger/" + path)
                let expected = try server.ledger.tile(tile)
                #expect(answer.status == 200 && answer.body == expected, "\(path): \(answer.status)")
                #expect(answer.headers["Content-Type"] == "application/octet-stream")
                #expect(answer.headers["Cache-Control"] == "public, max-age=31536000, immutable")
                #expect(answer.headers["Content-Encoding"] == nil)
                #expect((answer.headers["Vary"] == "Accept-Encoding") == (tile.content == .entries))
                let head = try await server.send("HEAD", "/ledger/" + path)
                #expect(head.status == 200 && head.body.isEmpty)
                #expect(head.headers["Content-Length"] == String(answer.body.count))
                #expect(head.headers["Cache-Control"] == answer.headers["Cache-Control"])
                // Parts of a tile are not served: whoever asks for one gets the whole, as RFC 9110 section 14.2 allows.
                let part = try await server.get("/ledger/" + path, headers: ["Range": "bytes=0-31"])
                #expect(part.status == 200 && part.body == answer.body)
            }
        }
    }

    @Test func aFileThatIsGoneOrCutOffIsNotMissed() async throws {
        try await withLedgerServer(entries: 600) { server in
            for path in ["tile/0/000", "tile/entries/001"] {
                let tile = try #require(Tile(path: path))
                let file = try #require(server.ledger.tilePath(tile))
                try FileManager.default.removeItem(atPath: file)
                #expect(try await server.get("/ledger/" + path).body == server.ledger.tile(tile))
            }
            let tile = try #require(Tile(path: "tile/0/001"))
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: try #require(server.ledger.tilePath(tile))))
            #expect(try await server.get("/ledger/tile/0/001").body == server.ledger.tile(tile))
        }
    }

    @Test func whatThePublishedCheckpointDoesNotCoverIsNotServed() async throws {
        try await withLedgerServer(entries: 700, published: 500) { server in
            for path in ["tile/0/001.p/244", "tile/entries/001.p/244", "tile/0/000", "tile/1/000.p/1"] {
                #expect(try await server.get("/ledger/" + path).status == 200, "\(path)")
            }
            for path in ["tile/0/001", "tile/0/001.p/245", "tile/entries/001", "tile/entries/002.p/1", "tile/1/000.p/2", "tile/1/000",
                "tile/2/000.p/1", "tile/7/000.p/64", "tile/0/x999/x999/999"]
            {
                let answer = try await server.get("/ledger/" + path)
                #expect(answer.status == 404 && answer.code == "no-such-tile", "\(path): \(answer)")
                #expect(answer.headers["Cache-Control"] == "no-store", "it may be there in a moment")
            }
        }
    }

    @Test func aHostileAddressGetsNothing() async throws {
        try await withLedgerServer(entries: 300) { server in
            let targets = [
                "/ledger/tile/../journal", "/ledger/tile/../../ledger/journal", "/ledger/tile/%2e%2e/journal", "/ledger/tile/.%2e/journal",
                "/ledger/tile/..%2fjournal", "/ledger/tile/0/..%2f..%2fjournal", "/ledger/tile/0/%2e/000", "/ledger/tile//0/000",
                "/ledger/tile/0//000", "/ledger/tile/0/000/", "/ledger/tile/", "/ledger/tile", "/ledger/tile/0/0", "/ledger/tile/0/0000",
                "/ledger/tile/00/000", "/ledger/tile/0/x000/000", "/ledger/tile/0/%30%30%30", "/ledger/tile/0/000%00", "/ledger/tile/0/000%0a",
                "/ledger/tile/0/000.p/0", "/ledger/tile/0/000.p/256", "/ledger/tile/0/000.p/01", "/ledger/tile/0/000%2ep/1", "/ledger/tile/8/000",
                "/ledger/tile/-1/000", "/ledger/tile/0/-01", "/ledger/tile/entries", "/ledger/tile/entries/000.gz", "/ledger/tile/0/000.p",
                "/ledger/tile/0/" + String(repeating: "x001/", count: 200) + "001", "/ledger/tile/18446744073709551616/000",
                "/%6cedger/tile/0/000", "/ledger/%74ile/0/000", "/ledger/tile/0/000;x", "/ledger/tile/0/000?x=1", "/ledger/tile/0/000?",
            ]
            for target in targets {
                let request = Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
                let answer = await withCheckedContinuation { continuation in
                    DispatchQueue.global().async { [port = server.port] in
                        continuation.resume(returning: TestNode.exchange(request, port))
                    }
                }
                let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                // An empty query is none.
                #expect(target.hasSuffix("?") ? status == 200 : [400, 404].contains(status), "\(target.prefix(80)): \(answer.prefix(40))")
            }
        }
    }

    @Test func bundlesAreCompressedForWhoeverAsks() async throws {
        try await withLedgerServer(entries: 300) { server in
            for path in ["tile/entries/000", "tile/entries/001.p/44"] {
                let bundle = try server.ledger.tile(try #require(Tile(path: path)))
                let packed = try await server.get("/ledger/" + path, headers: ["Accept-Encoding": "gzip, identity"])
                #expect(packed.status == 200 && packed.headers["Content-Encoding"] == "gzip" && packed.headers["Vary"] == "Accept-Encoding")
                #expect(packed.body == Gzip.compress(bundle) && packed.body.count < bundle.count / 2)
                let plain = try await server.get("/ledger/" + path, headers: ["Accept-Encoding": "identity"])
                #expect(plain.headers["Content-Encoding"] == nil && plain.body == bundle)
            }
            let hashes = try await server.get("/ledger/tile/0/000", headers: ["Accept-Encoding": "gzip"])
            #expect(hashes.headers["Content-Encoding"] == nil && hashes.body.count == 8192, "hashes cannot be compressed")
        }
    }

    /// All that an auditor needs comes from static resources: key, checkpoint, tiles, bundles.
    @Test func theWholeLedgerIsVerifiedFromItsTilesAlone() async throws {
        struct Missing: Error { let tile: Tile }
        final class Fetched { var tiles: [Tile: [UInt8]] = [:] }
        try await withLedgerServer(entries: 1000) { server in
            let keys = try await server.get("/ledger/vkey")
            #expect(keys.text.hasSuffix("\n"))
            let verifier = try NoteVerifier(String(keys.text.dropLast()))
            let answer = try await server.get("/ledger/checkpoint")
            #expect(answer.headers["Content-Type"] == "text/plain; charset=utf-8" && answer.headers["Cache-Control"] == "no-cache")
            let checkpoint = try Checkpoint(try SignedNote(answer.body), log: verifier)
            let fetched = Fetched()
            var sequence: UInt64 = 0
            var hashes: TileHashes?
            while sequence < checkpoint.size {
                let bundle = try #require(Tile(.entries, index: sequence >> 8, treeSize: checkpoint.size))
                let bytes = try await server.get("/ledger/" + bundle.path).body
                do {
                    var reading = try hashes ?? TileHashes(size: checkpoint.size, root: checkpoint.root) {
                        guard let bytes = fetched.tiles[$0] else { throw Missing(tile: $0) }
                        return bytes
                    }
                    defer { hashes = reading }
                    for entry in try reading.entries(of: bundle, in: bytes) {
                        #expect(ChainedEntry.sequence(of: entry) == sequence)
                        sequence += 1
                    }
                } catch let missing as Missing {
                    fetched.tiles[missing.tile] = try await server.get("/ledger/" + missing.tile.path).body
                }
            }
            #expect(sequence == 1000)
        }
    }
}
