import Encoding
import Glibc
import Signing

/// Where the bytes of a bundle's part come from.
public enum BundleContent: Sendable {
    case bytes([UInt8])
    /// A regular file of the length and digest that the manifest says.
    case file(path: String)
}

/// Writes bundles.
public enum BundleWriter {
    /// Writes a bundle beside its place and then renames it there, so that what is there is whole.
    ///
    /// - Parameter contents: one for each of the manifest's parts, in their order; a part whose content differs from the
    ///   manifest is refused, and nothing is left.
    public static func write<Manifest: BundleManifest>(
        _ manifest: Manifest, _ contents: [BundleContent], key: SigningKey, to path: String
    ) throws(BundleError) {
        guard manifest.parts.count == contents.count, contents.count <= Manifest.maximumPartCount else {
            throw .tooManyParts(limit: Manifest.maximumPartCount)
        }
        let jws = JWS.sign(payload: manifest.json.serialized(), type: Manifest.mediaType, key: key)
        guard jws.utf8.count <= Manifest.maximumManifestCount else { throw .manifestTooLong(limit: Manifest.maximumManifestCount) }
        let temporary = path + ".partial"
        unlink(temporary)
        let output = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw .unreadable(path: temporary, reason: systemErrorText(errno)) }
        do throws(BundleError) {
            defer { close(output) }
            try write(Array("\(Manifest.magic)\n\(jws)\n".utf8), to: output, temporary)
            for (number, part) in manifest.parts.enumerated() { try write(contents[number], part, number, to: output, temporary) }
            guard fsync(output) == 0 else { throw .unreadable(path: temporary, reason: systemErrorText(errno)) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let reason = systemErrorText(errno)
            unlink(temporary)
            throw .unreadable(path: path, reason: reason)
        }
    }

    private static func write(_ bytes: [UInt8], to output: Int32, _ path: String) throws(BundleError) {
        let result = bytes.withUnsafeBytes { buffer -> BundleError? in
            do throws(BundleError) { try BundleBytes.write(buffer, to: output, path) } catch { return error }
            return nil
        }
        if let result { throw result }
    }

    private static func write(
        _ content: BundleContent, _ part: BundlePart, _ number: Int, to output: Int32, _ path: String
    ) throws(BundleError) {
        switch content {
        case .bytes(let bytes):
            guard UInt64(bytes.count) == part.count, SHA256.hash(bytes) == part.sha256 else { throw .damagedPart(number: number) }
            try write(bytes, to: output, path)
        case .file(let file):
            let input = open(file, O_RDONLY | O_CLOEXEC)
            guard input >= 0 else { throw .unreadable(path: file, reason: systemErrorText(errno)) }
            defer { close(input) }
            var sha256 = SHA256.Incremental()
            var total: UInt64 = 0
            let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
            defer { scratch.deallocate() }
            while true {
                let count = read(input, scratch.baseAddress, scratch.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .unreadable(path: file, reason: systemErrorText(errno)) }
                if count == 0 { break }
                let piece = UnsafeRawBufferPointer(rebasing: scratch[..<count])
                sha256.update(piece)
                total += UInt64(count)
                guard total <= part.count else { throw .damagedPart(number: number) }
                try BundleBytes.write(piece, to: output, path)
            }
            guard total == part.count, sha256.finish() == part.sha256 else { throw .damagedPart(number: number) }
        }
    }
}
