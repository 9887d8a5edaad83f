import Encoding
import Glibc
import Testing

@testable import Signing

@Suite struct KeyFileTests {
    @Test(arguments: [nil, "correct horse", "河西走廊 ключ"])
    func aKeyReadsBackAsItWasWritten(passphrase: String?) throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate()
        try KeyFile.write(key, to: folder.file("key.pem"), passphrase: passphrase)
        let read = try KeyFile.read(folder.file("key.pem"), passphrase: passphrase)
        #expect(read.verificationKey == key.verificationKey)
        #expect(read.sign([1, 2, 3]) == key.sign([1, 2, 3]))
        var status = stat()
        #expect(stat(folder.file("key.pem"), &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
    }

    @Test func readsThePrivateKeyOfRFC8410() throws {
        // RFC 8410 section 10.3.
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n",
            to: "key.pem")
        let key = try KeyFile.read(path, passphrase: nil)
        #expect(Base64.encode(key.verificationKey.bytes) == "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
    }

    @Test func opensslReadsWhatIsWritten() throws {
        let folder = try TemporaryFolder()
        let key = try testKey(9)
        try KeyFile.write(key, to: folder.file("clear.pem"), passphrase: nil)
        try KeyFile.write(key, to: folder.file("sealed.pem"), passphrase: "secret")
        let expected = Base64.encode(try hex("302a300506032b6570032100") + key.verificationKey.bytes)
        let clear = try shell("openssl pkey -in \(folder.file("clear.pem")) -pubout")
        #expect(clear.status == 0)
        #expect(clear.output.contains(expected))
        let sealed = try shell("openssl pkey -in \(folder.file("sealed.pem")) -passin pass:secret -pubout")
        #expect(sealed.status == 0)
        #expect(sealed.output.contains(expected))
        let asn1 = try shell("openssl asn1parse -in \(folder.file("sealed.pem"))")
        #expect(asn1.output.contains("scrypt"))
        #expect(asn1.output.contains("aes-256-cbc"))
        // N = 2^14, r = 8, p = 5.
        #expect(asn1.output.contains("INTEGER           :4000"))
        #expect(asn1.output.contains("INTEGER           :08"))
        #expect(asn1.output.contains("INTEGER           :05"))
    }

    @Test func readsWhatOpensslWrites() throws {
        let folder = try TemporaryFolder()
        let clear = folder.file("clear.pem")
        let sealed = folder.file("sealed.pem")
        let made = try shell(
            "umask 077; openssl genpkey -algorithm ed25519 -out \(clear) && openssl pkcs8 -topk8 -scrypt -in \(clear) -passout pass:secret -out \(sealed)")
        #expect(made.status == 0, "\(made.output)")
        let key = try KeyFile.read(clear, passphrase: nil)
        #expect(try KeyFile.read(sealed, passphrase: "secret").verificationKey == key.verificationKey)
    }

    @Test func anExistingFileIsNeverOverwritten() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("precious", to: "key.pem")
        #expect(throws: KeyFileError.exists(path: path)) { try KeyFile.write(try testKey(1), to: path, passphrase: nil) }
        #expect(symlink("elsewhere.pem", folder.file("link.pem")) == 0)
        #expect(throws: KeyFileError.exists(path: folder.file("link.pem"))) {
            try KeyFile.write(try testKey(1), to: folder.file("link.pem"), passphrase: nil)
        }
        #expect(access(folder.file("elsewhere.pem"), F_OK) != 0)
        #expect(throws: KeyFileError.cannotWrite(path: folder.file("no/key.pem"), reason: "No such file or directory")) {
            try KeyFile.write(try testKey(1), to: folder.file("no/key.pem"), passphrase: nil)
        }
    }

    @Test func aPassphraseIsAddedChangedAndRemovedInPlace() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key.pem")
        let key = try testKey(4)
        #expect(throws: KeyFileError.cannotRead(path: path, reason: "No such file or directory")) {
            try KeyFile.replace(key, at: path, passphrase: nil)
        }
        try KeyFile.write(key, to: path, passphrase: nil)
        for passphrase in ["first", "second", nil] {
            try KeyFile.replace(key, at: path, passphrase: passphrase)
            #expect(try KeyFile.read(path, passphrase: passphrase).verificationKey == key.verificationKey)
            if passphrase != nil {
                #expect(throws: KeyFileError.passphraseNeeded(path: path)) { try KeyFile.read(path, passphrase: nil) }
            }
        }
        #expect(throws: KeyFileError.emptyPassphrase) { try KeyFile.replace(key, at: path, passphrase: "") }
        // Nothing is left beside the key.
        #expect(try shell("ls -A \(folder.path)").output == "key.pem\n")
    }

    @Test func passphraseErrorsAreToldApart() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key.pem")
        #expect(throws: KeyFileError.emptyPassphrase) { try KeyFile.write(try testKey(1), to: path, passphrase: "") }
        try KeyFile.write(try testKey(1), to: path, passphrase: "right")
        #expect(throws: KeyFileError.passphraseNeeded(path: path)) { try KeyFile.read(path, passphrase: nil) }
        #expect(throws: KeyFileError.wrongPassphrase(path: path)) { try KeyFile.read(path, passphrase: "wrong") }
        #expect(throws: KeyFileError.wrongPassphrase(path: path)) { try KeyFile.read(path, passphrase: "") }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601, 0o644] as [mode_t])
    func aFileThatOthersCanUseIsRefused(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key.pem")
        try KeyFile.write(try testKey(1), to: path, passphrase: nil)
        #expect(chmod(path, mode) == 0)
        #expect(throws: KeyFileError.permissionsTooOpen(path: path, mode: mode)) { try KeyFile.read(path, passphrase: nil) }
    }

    @Test func whatIsNoKeyFileIsRefusedWithTheReason() throws {
        let folder = try TemporaryFolder()
        let missing = folder.file("missing")
        #expect(throws: KeyFileError.cannotRead(path: missing, reason: "No such file or directory")) {
            try KeyFile.read(missing, passphrase: nil)
        }
        #expect(throws: KeyFileError.notRegularFile(path: folder.path)) { try KeyFile.read(folder.path, passphrase: nil) }
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        #expect(throws: KeyFileError.notRegularFile(path: folder.file("pipe"))) {
            try KeyFile.read(folder.file("pipe"), passphrase: nil)
        }
        let large = try folder.write(String(repeating: "x", count: (64 << 10) + 1), to: "large")
        #expect(throws: KeyFileError.tooLarge(path: large, count: (64 << 10) + 1)) { try KeyFile.read(large, passphrase: nil) }
        let text = try folder.write("hello\n", to: "text")
        #expect(throws: KeyFileError.notPEM(path: text)) { try KeyFile.read(text, passphrase: nil) }
        let empty = try folder.write("", to: "empty")
        #expect(throws: KeyFileError.notPEM(path: empty)) { try KeyFile.read(empty, passphrase: nil) }
        let damaged = try folder.write(
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK\n-----END PRIVATE KEY-----\n", to: "damaged")
        #expect(throws: KeyFileError.damaged(path: damaged)) { try KeyFile.read(damaged, passphrase: nil) }
    }

    @Test func otherKindsOfKeyAreNamed() throws {
        let folder = try TemporaryFolder()
        let made = try shell(
            """
            umask 077; cd \(folder.path) && openssl genpkey -algorithm ed448 -out ed448.pem && \
            openssl ecparam -name prime256v1 -genkey -noout -out ec.pem && \
            openssl genpkey -algorithm ed25519 -out a.pem && cat a.pem a.pem > two.pem && openssl pkey -in a.pem -pubout -out public.pem
            """)
        #expect(made.status == 0, "\(made.output)")
        #expect(throws: KeyFileError.wrongKeyType(path: folder.file("ed448.pem"), found: "ED448")) {
            try KeyFile.read(folder.file("ed448.pem"), passphrase: nil)
        }
        #expect(throws: KeyFileError.unexpectedLabel(path: folder.file("ec.pem"), label: "EC PRIVATE KEY")) {
            try KeyFile.read(folder.file("ec.pem"), passphrase: nil)
        }
        #expect(throws: KeyFileError.unexpectedLabel(path: folder.file("public.pem"), label: "PUBLIC KEY")) {
            try KeyFile.read(folder.file("public.pem"), passphrase: nil)
        }
        #expect(throws: KeyFileError.severalKeys(path: folder.file("two.pem"))) {
            try KeyFile.read(folder.file("two.pem"), passphrase: nil)
        }
    }
}
