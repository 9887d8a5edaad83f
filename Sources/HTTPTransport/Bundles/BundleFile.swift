import Encoding
import Glibc
import Signing

/// A bundle's file, opened and its signed manifest verified; the parts are read, and compared with their digests, one by
/// one.
///
/// The file is a line that names the format, a line with the manifest as a JWS in the compact form (RFC 7515), and the
/// parts' bytes one after the other with nothing between, before or behind them.
public final class BundleFile<Manifest: BundleManifest>: Sendable {
    public let manifest: Manifest
    /// SHA-256 of the manifest's line, by which a bundle is told from others and an answer names its question.
    public let digest: SHA256Digest
    public let keyIdentifier: String
    private let path: String
    private let descriptor: Int32
    /// Where each part begins.
    private let offsets: [UInt64]

    /// - Parameter key: the key of an identifier that may sign such a bundle; it sees the manifest, which is not verified yet.
    public init(
        path: String, key: (_ keyIdentifier: String, Manifest) -> VerificationKey?
    ) throws(BundleError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemErrorText(errno)) }
        do throws(BundleError) {
            let (jws, start) = try Self.head(descriptor, path)
            let document: JSONValue
            do { document = try JSONValue.parse(jws.payload, maximumDepth: 8, maximumCount: Manifest.maximumManifestCount) } catch {
                throw .badManifest(error.description)
            }
            let manifest: Manifest
            do throws(JSONMismatch) { manifest = try Manifest.read(JSONCursor(document)) } catch { throw .badManifest("\(error)") }
            guard let found = key(jws.keyIdentifier, manifest) else { throw .unknownSigner(jws.keyIdentifier) }
            do { try jws.verify(with: found) } catch { throw .badSignature("\(error)") }
            self.manifest = manifest
            digest = SHA256.hash(Array(jws.text.utf8))
            keyIdentifier = jws.keyIdentifier
            offsets = try Self.offsets(manifest.parts, from: start, descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// A part's bytes.
    ///
    /// - Precondition: the number is one of the manifest's parts.
    public func bytes(_ number: Int) throws(BundleError) -> [UInt8] {
        let part = manifest.parts[number]
        guard let count = Int(exactly: part.count), count <= 1 << 30 else { throw .damagedPart(number: number) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        try pieces(number) { bytes.append(contentsOf: $0) }
        guard SHA256.hash(bytes) == part.sha256 else { throw .damagedPart(number: number) }
        return bytes
    }

    /// Compares every part with its digest.
    public func checkParts() throws(BundleError) {
        for number in manifest.parts.indices {
            var sha256 = SHA256.Incremental()
            try pieces(number) { sha256.update($0) }
            guard sha256.finish() == manifest.parts[number].sha256 else { throw .damagedPart(number: number) }
        }
    }

    /// Copies a part to a new file, readable by its owner only; nothing is left where that fails.
    public func copy(_ number: Int, to target: String) throws(BundleError) {
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw .unreadable(path: target, reason: systemErrorText(errno)) }
        defer { close(output) }
        var sha256 = SHA256.Incremental()
        do throws(BundleError) {
            try pieces(number) { piece throws(BundleError) in
                sha256.update(piece)
                try BundleBytes.write(piece, to: output, target)
            }
        } catch {
            unlink(target)
            throw error
        }
        guard sha256.finish() == manifest.parts[number].sha256 else {
            unlink(target)
            throw .damagedPart(number: number)
        }
    }

    private func pieces(_ number: Int, _ body: (UnsafeRawBufferPointer) throws(BundleError) -> Void) throws(BundleError) {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { scratch.deallocate() }
        var (offset, left) = (offsets[number], manifest.parts[number].count)
        while left > 0 {
            let count = pread(descriptor, scratch.baseAddress, min(scratch.count, Int(clamping: left)), off_t(clamping: offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unreadable(path: path, reason: count < 0 ? systemErrorText(errno) : "it has become shorter") }
            try body(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            offset += UInt64(count)
            left -= UInt64(count)
        }
    }

    /// The manifest's line as a JWS, and where the parts begin.
    private static func head(_ descriptor: Int32, _ path: String) throws(BundleError) -> (CompactJWS, UInt64) {
        let first = Array((Manifest.magic + "\n").utf8)
        let limit = first.count + Manifest.maximumManifestCount + 1
        let bytes = try BundleBytes.read(descriptor, upTo: limit, path)
        guard bytes.starts(with: first) else { throw .notABundle(expected: Manifest.magic) }
        guard let end = bytes[first.count...].firstIndex(of: 0x0A) else {
            if bytes.count < limit { throw .badManifest("its line does not end; the file is cut off") }
            throw .manifestTooLong(limit: Manifest.maximumManifestCount)
        }
        guard let text = String(validating: bytes[first.count..<end], as: UTF8.self) else { throw .badManifest("it is not UTF-8") }
        let jws: CompactJWS
        do { jws = try CompactJWS(text, maximumCount: Manifest.maximumManifestCount) } catch { throw .badManifest("\(error)") }
        guard jws.type == Manifest.mediaType else { throw .badManifest("it is signed as \"\(jws.type.prefix(80))\", not as \(Manifest.mediaType)") }
        return (jws, UInt64(end + 1))
    }

    private static func offsets(
        _ parts: [BundlePart], from start: UInt64, _ descriptor: Int32, _ path: String
    ) throws(BundleError) -> [UInt64] {
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "it is no regular file")
        }
        var offsets: [UInt64] = []
        var next = start
        for part in parts {
            offsets.append(next)
            // At most 2,000 parts of at most 2^40 bytes.
            next += part.count
        }
        let size = UInt64(clamping: information.st_size)
        guard size == next else { throw .wrongLength(expected: next, found: size) }
        return offsets
    }
}

/// Reading and writing of whole stretches.
enum BundleBytes {
    static func read(_ descriptor: Int32, upTo limit: Int, _ path: String) throws(BundleError) -> [UInt8] {
        var bytes: [UInt8] = []
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        while bytes.count < limit {
            let count = pread(descriptor, scratch.baseAddress, min(scratch.count, limit - bytes.count), off_t(bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, reason: systemErrorText(errno)) }
            if count == 0 { break }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        }
        return bytes
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws(BundleError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unreadable(path: path, reason: systemErrorText(errno)) }
            rest = rest.dropFirst(count)
        }
    }
}
