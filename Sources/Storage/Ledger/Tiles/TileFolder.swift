import Encoding
import Glibc
import Signing
import TransparencyLog

/// The files of full tiles and full entry bundles, which lie below the ledger's folder under the paths by which they are
/// served: `tile/<level>/<index>` and `tile/entries/<index>`. Everything in them follows from the journal.
///
/// `tile-progress` says how far they are known to be whole on the disk:
///
///     HEXITIL1
///     number of entries whose full tiles and bundles are all there, a multiple of 256, in decimal
///     base64(root of the tree over these entries)
struct TileFolder: Sendable {
    private static let progressHeader = "HEXITIL1"
    /// The longest a bundle can be.
    private static let maximumLength = Tile.fullWidth * (2 + ChainedEntry.maximumLength)

    /// The ledger's folder.
    let directory: String
    let operations: FileOperations

    func path(of tile: Tile) -> String { directory + "/" + tile.path }

    /// Puts a file in its place, whole: whoever opens it meanwhile gets the old one, if there was one, or this one.
    ///
    /// - Parameter temporary: a name in the ledger's folder that nobody else uses at the same time.
    func write(_ bytes: [UInt8], as tile: Tile, via temporary: String) throws(LedgerError) {
        let temporary = directory + "/" + temporary
        // Closed before it gets its name, so that an error on the way is seen.
        try LedgerFile(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, operations: operations).write(bytes, at: 0)
        let path = path(of: tile)
        var outcome = operations.rename(temporary, path)
        if outcome == -ENOENT {
            try makeFolders(above: tile)
            outcome = operations.rename(temporary, path)
        }
        guard outcome == 0 else { throw .systemCall("rename", path: path, code: -outcome) }
    }

    private func makeFolders(above tile: Tile) throws(LedgerError) {
        var path = directory
        for name in tile.path.split(separator: "/").dropLast() {
            path += "/" + name
            let outcome = operations.makeDirectory(path)
            guard outcome == 0 || outcome == -EEXIST else { throw .systemCall("mkdir", path: path, code: -outcome) }
        }
    }

    /// A tile's file, `nil` if there is none.
    func contents(of tile: Tile) throws(LedgerError) -> [UInt8]? {
        try LedgerFile.contents(of: path(of: tile), limit: Self.maximumLength, operations: operations)
    }

    /// Makes all files durable that were written so far: one call for however many there are.
    func synchronize() throws(LedgerError) {
        let outcome = operations.synchronizeFileSystem(directory)
        guard outcome == 0 else { throw .systemCall("syncfs", path: directory, code: -outcome) }
    }

    // MARK: The progress mark

    private var progressPath: String { directory + "/tile-progress" }

    /// What `tile-progress` says; `nil` if there is none, or if it is not in its form.
    func readProgress() throws(LedgerError) -> (size: UInt64, root: SHA256Digest)? {
        guard let bytes = try LedgerFile.contents(of: progressPath, limit: 1024, operations: operations) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[0] == Self.progressHeader, lines[3].isEmpty, let size = UInt64(lines[1]),
            size % UInt64(Tile.fullWidth) == 0, let root = Base64.decode(String(lines[2])).flatMap({ SHA256Digest($0) })
        else { return nil }
        return (size, root)
    }

    func writeProgress(size: UInt64, root: SHA256Digest) throws(LedgerError) {
        let text = "\(Self.progressHeader)\n\(size)\n\(Base64.encode(root.bytes))\n"
        try LedgerFile.replace(progressPath, with: [Array(text.utf8)], operations: operations)
    }
}
