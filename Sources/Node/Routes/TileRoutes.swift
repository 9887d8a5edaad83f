import HTTPTransport
import Storage
import TransparencyLog

/// `GET /ledger/tile/…`: the tree and its entries as resources that never change (C2SP tlog-tiles), so that they can be
/// fetched in parallel and kept by any cache.
struct TileRoutes: Sendable {
    /// What every tile may be kept for: for good.
    static let caching = "public, max-age=31536000, immutable"
    private static let prefix = "/ledger/"

    let ledger: Ledger
    /// The size of the checkpoint that is published now. A tile beyond it could still be taken back.
    let publishedSize: @Sendable () -> UInt64

    func add(to router: inout Router) {
        router.add("GET", "/ledger/tile/{path...}") { request, _ in
            try TargetQuery.allow(request, [])
            // As it was written, not as it is decoded: each tile has one address.
            guard request.path.hasPrefix(Self.prefix), let tile = Tile(path: request.path.dropFirst(Self.prefix.count)) else {
                throw Self.missing("this is not the address of a tile", Self.form)
            }
            let size = publishedSize()
            guard tile.isPart(ofTreeOfSize: size) else {
                throw Self.missing("the published checkpoint covers \(size) entries, and their tree does not have \(tile)", Self.hint)
            }
            return try await answer(tile, request)
        }
    }

    private func answer(_ tile: Tile, _ request: HTTPRequest) async throws -> HTTPResponse {
        var headers: HTTPHeaders = ["Cache-Control": Self.caching]
        if tile.content == .entries {
            headers["Vary"] = "Accept-Encoding"
            if Gzip.isAccepted(by: request.headers) {
                let packed = try await BlockingWork.run { [ledger] in Gzip.compress(try ledger.tile(tile)) }
                if let packed {
                    headers["Content-Encoding"] = "gzip"
                    return .bytes(200, type: Self.type, packed, headers: headers)
                }
            }
        }
        // A file that is gone, or is not whole, is none: the ledger has the tile all the same.
        if let path = ledger.tilePath(tile), let file = try? FileBody(path: path), file.count == tile.byteCount ?? file.count {
            return .file(200, type: Self.type, file, headers: headers)
        }
        let bytes = try await BlockingWork.run { [ledger] in try ledger.tile(tile) }
        return .bytes(200, type: Self.type, bytes, headers: headers)
    }

    private static let type = "application/octet-stream"
    private static let form =
        "An address is tile/<level>/<index> or tile/entries/<index>, the index in groups of three digits of which all but the last begin with \"x\", followed by .p/<width> if the tile is not full: tile/0/x001/x234/067, tile/entries/000.p/17."
    private static let hint =
        "Fetch the checkpoint first: its size says which tiles there are, and how wide the last one of each level is."

    private static func missing(_ detail: String, _ hint: String) -> Problem {
        Problem(
            code: "no-such-tile", status: 404, title: "There is no such tile", detail: detail, hint: hint,
            headers: ["Cache-Control": "no-store"])
    }
}
