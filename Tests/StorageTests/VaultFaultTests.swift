import Glibc
import Signing
import Testing

@testable import Storage

@Suite struct VaultFaultTests {
    let folder = VaultTestFolder()
    let key = vaultTestBytes(32, seed: 1)

    @Test(arguments: [0, 1, 3])
    func aSourceThatFailsLeavesNothingBehind(afterChunks count: Int) throws {
        let directory = "\(folder.path)/vault"
        let vault = try Vault(directory: directory, key: key)
        let failure = VaultError.system(operation: "read", path: "disk", number: EIO)
        var left = count
        #expect(throws: failure) {
            try vault.store(kind: .snapshot) { (buffer) throws(VaultError) in
                guard left > 0 else { throw failure }
                left -= 1
                return buffer.count
            }
        }
        #expect(try vault.list().isEmpty)
        #expect(try VaultFolder.names(in: "\(directory)/temporary").isEmpty)
    }

    /// A real full disk, which only root can make (a file system in memory, of one MiB).
    @Test(.enabled(if: VaultFaultTests.canMount))
    func aFullDiskRefusesNewContentAndKeepsTheOld() throws {
        let mounted = "\(folder.path)/small"
        #expect(mkdir(mounted, 0o700) == 0)
        try #require(mount("none", mounted, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(mounted, Int32(MNT_DETACH)) }
        let vault = try Vault(directory: "\(mounted)/vault", key: key)
        let small = try vault.store(bytes: vaultTestBytes(100_000, seed: 2), kind: .document)
        let source = "\(folder.path)/large"
        try vaultTestWrite(vaultTestBytes(2_000_000, seed: 3), source)
        let error = #expect(throws: VaultError.self) { try vault.store(file: source, kind: .snapshot) }
        guard case .system(_, _, ENOSPC) = error else {
            Issue.record("not told that the disk is full: \(String(describing: error))")
            return
        }
        #expect(try VaultFolder.names(in: "\(mounted)/vault/temporary").isEmpty)
        #expect(try vault.read(small, maximumBytes: 100_000).count == 100_000)
        #expect(throws: VaultError.self) { try vault.materialise(small, to: "/proc/hexi-cannot-be-made") }
        #expect(try vault.list().map(\.digest) == [small])
    }

    private static var canMount: Bool {
        guard geteuid() == 0 else { return false }
        let probe = VaultTestFolder()
        guard mount("none", probe.path, "tmpfs", 0, "size=64k") == 0 else { return false }
        umount2(probe.path, Int32(MNT_DETACH))
        return true
    }

    /// Prints how fast a large content goes in and out; asserts only that it is the same.
    @Test func aLargeFileGoesInAndOut() throws {
        let source = "\(folder.path)/source"
        let piece = vaultTestBytes(1 << 20, seed: 4)
        let file = try VaultFile(open: source, flags: O_WRONLY | O_CREAT)
        for _ in 0..<32 { try file.writeAll(piece) }
        let vault = try Vault(directory: "\(folder.path)/vault", key: key)
        let clock = ContinuousClock()
        var digest = SHA256Digest.zero
        print("vault, store 32 MiB:", try clock.measure { digest = try vault.store(file: source, kind: .snapshot) })
        print("vault, materialise 32 MiB:", try clock.measure { try vault.materialise(digest, to: "\(folder.path)/out") })
        #expect(try vaultTestRead("\(folder.path)/out") == vaultTestRead(source))
    }
}
