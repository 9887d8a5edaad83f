import Encoding
import Exchange
import Signing
import Testing

@testable import hexi

@Suite struct ProfileTests {
    @Test func aProfileReadsBackAsItWasSaved() throws {
        let folder = TemporaryFolder()
        let profile = Profile(
            directory: "\(folder.path)/a/b", node: "https://node.example", space: "86.gs.test", name: "气象局",
            participant: identifier(.participant, 1))
        try profile.save()
        #expect(try Profile(directory: profile.directory) == profile)
    }

    @Test func aFolderWithoutProfileSaysHowToMakeOne() throws {
        let folder = TemporaryFolder()
        #expect {
            try Profile(directory: folder.path)
        } throws: { ($0 as? ClientError)?.hint.contains("hexi participant apply") == true }
    }

    @Test(arguments: [
        "", "[]", "{\"node\":\"http://x\"}", "{\"node\":\"http://x\",\"space\":\"s\",\"name\":\"n\",\"other\":1}",
        "{\"node\":\"http://x\",\"space\":\"s\",\"name\":\"n\",\"participant\":\"86.gs.test/Q1\"}",
    ])
    func aWrongProfileIsRefused(text: String) throws {
        let folder = TemporaryFolder()
        try LocalFiles.write(Array(text.utf8), to: Profile.path(in: folder.path))
        #expect(throws: ClientError.self) { try Profile(directory: folder.path) }
    }

    @Test func thePassphraseIsTheFilesFirstLine() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/passphrase"
        try LocalFiles.write(Array("correct horse \r\nnot this".utf8), to: path)
        #expect(try PassphraseSource(file: path).given() == "correct horse ")
        try LocalFiles.write(Array("\nx".utf8), to: path)
        #expect(throws: ClientError.self) { try PassphraseSource(file: path).given() }
    }

    @Test func aKeyIsProtectedChangedAndStoredInTheClearAgainWithoutChanging() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let (old, new) = ("\(bench.folder.path)/old", "\(bench.folder.path)/new")
        try LocalFiles.write(Array("first".utf8), to: old)
        try LocalFiles.write(Array("second".utf8), to: new)
        let path = Profile.keyPath(in: bench.folder.path)

        #expect(await bench.run("keys", "protect", "--new-passphrase-file", old) == .success)
        #expect(throws: KeyFileError.passphraseNeeded(path: path)) { try KeyFile.read(path, passphrase: nil) }
        #expect(await bench.run("keys", "protect", "--passphrase-file", old, "--new-passphrase-file", new) == .success)
        #expect(await bench.run("keys", "show", "--passphrase-file", old) == .negative)
        #expect(try KeyFile.read(path, passphrase: "second").keyIdentifier == bench.key.keyIdentifier)
        #expect(await bench.run("keys", "protect", "--passphrase-file", new, "--remove") == .success)
        #expect(try KeyFile.read(path, passphrase: nil).keyIdentifier == bench.key.keyIdentifier)
    }

    @Test func aLinkedKeyIsProtectedWhereItLies() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let (real, passphrase) = ("\(bench.folder.path)/real.pem", "\(bench.folder.path)/passphrase")
        try KeyFile.write(bench.key, to: real, passphrase: nil)
        LocalFiles.remove(Profile.keyPath(in: bench.folder.path))
        try LocalFiles.link(Profile.keyPath(in: bench.folder.path), to: "real.pem")
        try LocalFiles.write(Array("secret".utf8), to: passphrase)
        #expect(await bench.run("keys", "protect", "--new-passphrase-file", passphrase) == .success)
        #expect(throws: KeyFileError.passphraseNeeded(path: real)) { try KeyFile.read(real, passphrase: nil) }
    }

    @Test func aKeyIsNeverOverwritten() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        #expect(await bench.run("keys", "generate") == .negative)
        let path = Profile.keyPath(in: bench.folder.path)
        #expect(try KeyFile.read(path, passphrase: nil).keyIdentifier == bench.key.keyIdentifier)
    }
}
