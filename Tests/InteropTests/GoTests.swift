import Foundation
import Testing
import TransparencyLog

/// The ledger under the eyes of the Go project's packages (`Tests/Interop`).
@Suite(.serialized) struct GoTests {
    @Test("The Go program accepts the log at every size, from an empty tree to a million entries")
    func acceptsEverySize() async throws {
        let mirror = try StaticMirror()
        for size: UInt64 in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 1_000_000] {
            try await mirror.grow(to: size)
            try mirror.publish()
            let outcome = try OtherPrograms.check(mirror.site, key: mirror.key)
            #expect(outcome.status == 0, "size \(size): \(outcome.error)")
            #expect(outcome.output.contains(": \(size) entries, root "))
        }
    }

    @Test("The Go program refuses a log in which anything was tampered with")
    func refusesTampering() async throws {
        let mirror = try StaticMirror()
        try await mirror.grow(to: 70_000)
        try mirror.publish()
        #expect(try OtherPrograms.check(mirror.site, key: mirror.key).status == 0)
        // Of each kind of resource the first, one within and the last, each changed at its start, within and at its end.
        let paths = [
            "tile/0/000", "tile/0/137", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
            "tile/entries/000", "tile/entries/137", "tile/entries/273.p/112",
        ]
        for path in paths {
            let sound = try mirror.bytes(path)
            for position in [0, sound.count / 2, sound.count - 1] {
                var bytes = sound
                bytes[position] ^= 1
                try mirror.write(bytes, to: path)
                #expect(try OtherPrograms.check(mirror.site, key: mirror.key, proofs: 1).status == 1, "\(path), byte \(position)")
            }
            for changed in [sound + [0], Array(sound.dropLast()), []] {
                try mirror.write(changed, to: path)
                #expect(try OtherPrograms.check(mirror.site, key: mirror.key, proofs: 1).status == 1, "\(path), other length")
            }
            try mirror.write(sound, to: path)
        }
        let checkpoint = try mirror.bytes("checkpoint")
        // Go's base64 does not look at the two bits of the last digit that belong to no byte.
        let lastDigit = checkpoint.count - 3
        for position in checkpoint.indices where position != lastDigit {
            var bytes = checkpoint
            bytes[position] ^= 1
            try mirror.write(bytes, to: "checkpoint")
            #expect(try OtherPrograms.check(mirror.site, key: mirror.key, proofs: 1).status == 1, "checkpoint, byte \(position)")
        }
        try mirror.write(checkpoint, to: "checkpoint")
        #expect(try OtherPrograms.check(mirror.site, key: mirror.key).status == 0)
    }

    @Test("The Go program refuses a log that another key has signed, and two entries that changed places")
    func refusesOtherHistories() async throws {
        let (mirror, other) = (try StaticMirror(), try StaticMirror())
        try await mirror.grow(to: 300)
        try mirror.publish()
        let stranger = "log.example/interop+3fb038d0+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
        #expect(try OtherPrograms.check(mirror.site, key: stranger).status == 1)
        // Another history of the same length, signed with the same key.
        try await other.grow(to: 299)
        try await other.grow(to: 300, type: "other")
        let checkpoint = try mirror.bytes("checkpoint")
        try mirror.write(other.ledger.checkpoint(), to: "checkpoint")
        let fork = try OtherPrograms.check(mirror.site, key: mirror.key)
        #expect(fork.status == 1)
        #expect(fork.error.contains("the checkpoint says"))
        try mirror.write(checkpoint, to: "checkpoint")
        var entries = try EntryBundle.decode(try mirror.bytes("tile/entries/000"))
        entries.swapAt(17, 18)
        try mirror.write(try EntryBundle.encode(entries), to: "tile/entries/000")
        let outcome = try OtherPrograms.check(mirror.site, key: mirror.key)
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("entry 17 "))
    }
}
