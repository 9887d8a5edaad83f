import Glibc
import Signing
import Testing

@testable import Storage

/// A folder for one test, removed with everything in it when the test ends.
final class VaultTestFolder {
    let path: String

    init() {
        var template = Array("/tmp/hexi-storage-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        if let names = try? VaultFolder.names(in: path) { for name in names { remove("\(path)/\(name)") } }
        rmdir(path)
    }
}

/// Reproducible bytes (xorshift64*), so that a failure can be repeated.
func vaultTestBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return UInt8(truncatingIfNeeded: state &* 0x2545_F491_4F6C_DD1D >> 56)
    }
}

func vaultTestRead(_ path: String) throws -> [UInt8] {
    let file = try VaultFile(open: path, flags: O_RDONLY)
    let count = Int(try file.status().st_size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 1, alignment: 1)
    defer { buffer.deallocate() }
    return Array(buffer[..<(try file.read(into: buffer))])
}

func vaultTestWrite(_ bytes: [UInt8], _ path: String) throws {
    try VaultFile(open: path, flags: O_WRONLY | O_CREAT | O_TRUNC).writeAll(bytes)
}

@Suite struct VaultTests {
    let folder = VaultTestFolder()
    let key = vaultTestBytes(32, seed: 1)
    var directory: String { "\(folder.path)/vault" }
    func vault() throws -> Vault { try Vault(directory: directory, key: key) }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 5_000_003])
    func contentComesBackAsItWasStored(count: Int) throws {
        let vault = try vault()
        let content = vaultTestBytes(count, seed: UInt64(count) + 7)
        let digest = try vault.store(bytes: content, kind: .snapshot)
        #expect(digest == SHA256.hash(content))
        #expect(try vault.read(digest, maximumBytes: count) == content)
        let target = "\(folder.path)/out"
        try vault.materialise(digest, to: target, mode: 0o440)
        #expect(try vaultTestRead(target) == content)
        var status = stat()
        #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o440)
        let fromFile = try vault.store(file: target, kind: .snapshot)
        #expect(fromFile == digest)
        #expect(try vault.list().map(\.count) == [UInt64(count)])
        #expect(try vault.totalBytes() == UInt64(vaultTestRead(vault.path(of: digest)).count))
    }

    @Test func plainContentAndItsHashAreNowhereOnDisk() throws {
        let content = Array("the tail numbers of the aircraft are not for everybody".utf8)
        let vault = try vault()
        let digest = try vault.store(bytes: content, kind: .document)
        let path = vault.path(of: digest)
        let stored = try vaultTestRead(path)
        for secret in [Array(content.prefix(16)), digest.bytes] {
            #expect(!(0...(stored.count - secret.count)).contains { stored[$0...].starts(with: secret) })
        }
        #expect(!path.contains(digest.description.prefix(8)))
    }

    @Test func everyFlippedByteIsDetected() throws {
        let vault = try vault()
        let content = vaultTestBytes(300, seed: 3)
        let digest = try vault.store(bytes: content, kind: .statement)
        let path = vault.path(of: digest)
        let stored = try vaultTestRead(path)
        for position in stored.indices {
            var changed = stored
            changed[position] ^= 1 << UInt8(position % 8)
            try vaultTestWrite(changed, path)
            #expect(throws: VaultError.self, "byte \(position)") { try vault.read(digest, maximumBytes: 1000) }
        }
        try vaultTestWrite(stored, path)
        #expect(try vault.read(digest, maximumBytes: 1000) == content)
    }

    @Test func flippedBytesInALaterChunkAreDetectedAndNothingIsMaterialised() throws {
        let vault = try vault()
        let digest = try vault.store(bytes: vaultTestBytes(200_000, seed: 4), kind: .snapshot)
        let path = vault.path(of: digest)
        let stored = try vaultTestRead(path)
        for position in [113 + 65_553, 113 + 2 * 65_553 - 1, stored.count - 1] {
            var changed = stored
            changed[position] ^= 0x10
            try vaultTestWrite(changed, path)
            #expect(throws: VaultError.self) { try vault.materialise(digest, to: "\(folder.path)/out") }
        }
        #expect(try VaultFolder.names(in: folder.path) == ["vault"])
    }

    @Test(arguments: [0, 112, 113, 113 + 65_553, 113 + 2 * 65_553, 113 + 3 * 65_553 - 1])
    func truncationIsDetected(at length: Int) throws {
        let vault = try vault()
        let digest = try vault.store(bytes: vaultTestBytes(3 * 65_536, seed: 5), kind: .snapshot)
        let path = vault.path(of: digest)
        try vaultTestWrite(Array(try vaultTestRead(path).prefix(length)), path)
        #expect(throws: VaultError.self) { try vault.read(digest, maximumBytes: 1 << 20) }
        #expect(throws: VaultError.self) { try vault.materialise(digest, to: "\(folder.path)/out") }
    }

    /// The size in the header already betrays a shortened file; this shows that the stream's final tag does too.
    @Test func aStreamThatEndsWithoutItsFinalTagIsRefused() throws {
        let keys = try VaultKeys(key)
        let container = VaultContainer(keys: keys)
        let path = "\(folder.path)/container"
        let content = vaultTestBytes(2 * 65_536, seed: 6)
        let sealed = try VaultFile(open: path, flags: O_RDWR | O_CREAT | O_EXCL)
        var rest = content[...]
        let item = try container.seal(sealed, kind: .snapshot) { (buffer) throws(VaultError) in
            let piece = rest.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
        try vaultTestWrite(Array(try vaultTestRead(path).prefix(113 + 65_553)), path)
        let file = try VaultFile(open: path, flags: O_RDONLY)
        lseek(file.descriptor, 89, SEEK_SET)
        var streamHeader = [UInt8](repeating: 0, count: 24)
        #expect(read(file.descriptor, &streamHeader, 24) == 24)
        let first = VaultItem(
            digest: SHA256.hash(content.prefix(65_536)), kind: .snapshot, count: 65_536, storedCount: item.storedCount)
        #expect(throws: VaultError.self) {
            try container.unseal(file, first, streamHeader: streamHeader) { (_) throws(VaultError) in }
        }
    }

    @Test func swappedFilesAreDetected() throws {
        let vault = try vault()
        let first = try vault.store(bytes: [1, 2, 3], kind: .document)
        let second = try vault.store(bytes: [4, 5, 6], kind: .document)
        let (firstBytes, secondBytes) = (try vaultTestRead(vault.path(of: first)), try vaultTestRead(vault.path(of: second)))
        try vaultTestWrite(secondBytes, vault.path(of: first))
        try vaultTestWrite(firstBytes, vault.path(of: second))
        for digest in [first, second] {
            #expect(throws: VaultError.self) { try vault.read(digest, maximumBytes: 10) }
        }
        #expect(throws: VaultError.self) { try vault.list() }
    }

    @Test func anotherKeyIsRefusedAtOpening() throws {
        _ = try vault().store(bytes: [1], kind: .document)
        #expect(throws: VaultError.wrongKey(directory: directory)) {
            try Vault(directory: directory, key: vaultTestBytes(32, seed: 2))
        }
        #expect(throws: VaultError.badKey(count: 31)) {
            try Vault(directory: directory, key: vaultTestBytes(31, seed: 2))
        }
    }

    @Test func theSameContentStoredByManyThreadsIsStoredOnce() async throws {
        let vault = try vault()
        let content = vaultTestBytes(300_000, seed: 8)
        try await withThrowingTaskGroup(of: SHA256Digest.self) { group in
            for _ in 0..<16 { group.addTask { try vault.store(bytes: content, kind: .snapshot) } }
            for try await digest in group { #expect(digest == SHA256.hash(content)) }
        }
        #expect(try vault.list().count == 1)
        #expect(try vault.read(SHA256.hash(content), maximumBytes: content.count) == content)
        #expect(try VaultFolder.names(in: "\(directory)/temporary").isEmpty)
    }

    @Test func storingAgainMendsADamagedCopy() throws {
        let vault = try vault()
        let digest = try vault.store(bytes: [9, 9, 9], kind: .result)
        try vaultTestWrite([0], vault.path(of: digest))
        #expect(throws: VaultError.self) { try vault.read(digest, maximumBytes: 10) }
        try vault.store(bytes: [9, 9, 9], kind: .result)
        #expect(try vault.read(digest, maximumBytes: 10) == [9, 9, 9])
    }

    @Test func removedContentIsGone() throws {
        let vault = try vault()
        let digest = try vault.store(bytes: [1, 2], kind: .result)
        #expect(vault.contains(digest))
        #expect(try vault.remove(digest))
        #expect(!vault.contains(digest))
        #expect(try !vault.remove(digest))
        #expect(throws: VaultError.notFound(digest)) { try vault.read(digest, maximumBytes: 10) }
        #expect(try vault.list().isEmpty)
    }

    @Test func aContentLargerThanAllowedIsRefused() throws {
        let vault = try vault()
        let digest = try vault.store(bytes: [1, 2, 3], kind: .result)
        #expect(throws: VaultError.tooLarge(digest, count: 3, limit: 2)) { try vault.read(digest, maximumBytes: 2) }
    }

    @Test func leftoversOfACrashAreRemovedButNotAFileBeingWritten() throws {
        _ = try vault()
        try vaultTestWrite([1], "\(directory)/temporary/abandoned.part")
        let busy = try VaultTemporary.create(in: "\(directory)/temporary")
        _ = try vault()
        #expect(try VaultFolder.names(in: "\(directory)/temporary").map { "\(directory)/temporary/\($0)" } == [busy.path])
    }

    @Test func aMissingSourceFileIsNamed() throws {
        let vault = try vault()
        let missing = "\(folder.path)/nothing.csv"
        #expect(throws: VaultError.system(operation: "open", path: missing, number: ENOENT)) {
            try vault.store(file: missing, kind: .snapshot)
        }
        #expect(throws: VaultError.self) { try vault.store(file: folder.path, kind: .snapshot) }
    }
}

@Suite struct VaultKeyFileTests {
    let folder = VaultTestFolder()
    var path: String { "\(folder.path)/vault.key" }

    @Test func aNewKeyReadsBackAndIsForItsOwnerOnly() throws {
        let key = try VaultKeyFile.create(path)
        #expect(try VaultKeyFile.read(path) == key)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(throws: VaultError.system(operation: "open", path: path, number: EEXIST)) { try VaultKeyFile.create(path) }
    }

    @Test func hexadecimalIsReadToo() throws {
        try vaultTestWrite(Array(String(repeating: "0f", count: 32).utf8), path)
        #expect(try VaultKeyFile.read(path) == Array(repeating: 0x0F, count: 32))
    }

    @Test(arguments: ["", "AAAA\n", "zz", String(repeating: "0", count: 63), String(repeating: "A", count: 300)])
    func anythingElseIsRefused(text: String) throws {
        try vaultTestWrite(Array(text.utf8), path)
        #expect(throws: VaultError.self) { try VaultKeyFile.read(path) }
    }

    @Test func aKeyThatOthersMayReadIsRefused() throws {
        try VaultKeyFile.create(path)
        chmod(path, 0o640)
        #expect(throws: VaultError.self) { try VaultKeyFile.read(path) }
    }
}
