import CommandLineInterface
import Encoding
import Signing

/// `hexi keys`: the user's own key, which never leaves the profile.
struct KeysCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "keys", about: "make, show, protect and replace your signing key; the node's and the ledger's",
            discussion: """
                The key is an Ed25519 key in the profile's key.pem (PKCS#8, as openssl pkey reads it), in the clear or \
                under a passphrase. Whoever has the file and its passphrase can sign in your name.
                """,
            subcommands: [generate, show, protect, jwk] + KeyRotation(environment: environment).commands
                + [NodeKeyCommand(environment: environment).command, LogKeyRotation(environment: environment).command])
    }

    private var generate: Command {
        Command(
            name: "generate", about: "make a key in the profile",
            options: [.flag("protect", about: "ask for a passphrase, or take it from --passphrase-file or HEXI_PASSPHRASE")],
            examples: ["hexi keys generate --profile ./insurer --protect"],
            run: environment.action { context in
                let directory = try context.profileDirectory()
                let wantsPassphrase = context.arguments.flag("protect") || context.arguments.value("passphrase-file") != nil
                let passphrase = wantsPassphrase ? try context.passphrase.obtainNew(prompt: "New passphrase") : nil
                let key = try Self.makeKey(in: directory, passphrase: passphrase)
                Self.show(key.verificationKey, path: Profile.keyPath(in: directory), isProtected: passphrase != nil, context)
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show the key's identifier and its public half",
            examples: ["hexi keys show"],
            run: environment.action { context in
                let path = Profile.keyPath(in: try context.profileDirectory())
                let key = try context.passphrase.readKey(path)
                Self.show(key.verificationKey, path: path, isProtected: try Self.isProtected(path), context)
                return .success
            })
    }

    private var jwk: Command {
        Command(
            name: "jwk", about: "print the public key as a JSON Web Key (RFC 8037)",
            examples: ["hexi keys jwk > insurer.jwk"],
            run: environment.action { context in
                let key = try context.passphrase.readKey(Profile.keyPath(in: try context.profileDirectory()))
                context.console.print(json: key.verificationKey.jwk)
                return .success
            })
    }

    private var protect: Command {
        Command(
            name: "protect", about: "add, change or remove the key's passphrase",
            discussion: """
                The passphrase in use comes from --passphrase-file, HEXI_PASSPHRASE or the terminal; the new one from \
                --new-passphrase-file, HEXI_NEW_PASSPHRASE or the terminal. The key itself stays the same.
                """,
            options: [
                .value("new-passphrase-file", "FILE", about: "a file whose first line is the new passphrase", completion: .file),
                .flag("remove", about: "store the key in the clear, guarded by the file's mode only"),
            ],
            examples: ["hexi keys protect", "hexi keys protect --remove"],
            run: environment.action { context in
                let path = Profile.keyPath(in: try context.profileDirectory())
                let key = try context.passphrase.readKey(path)
                let source = PassphraseSource(
                    file: context.arguments.value("new-passphrase-file"), variable: "HEXI_NEW_PASSPHRASE")
                let passphrase = context.arguments.flag("remove") ? nil : try source.obtainNew(prompt: "New passphrase")
                try Self.replaceKey(key, at: path, passphrase: passphrase)
                Self.show(key.verificationKey, path: path, isProtected: passphrase != nil, context)
                return .success
            })
    }

    /// Makes the profile's key. An existing one is never overwritten.
    static func makeKey(in directory: String, passphrase: String?) throws(ClientError) -> SigningKey {
        try LocalFiles.makeFolder(directory)
        let key = SigningKey.generate()
        let path = Profile.keyPath(in: directory)
        do { try KeyFile.write(key, to: path, passphrase: passphrase) } catch { throw PassphraseSource.failure(error, path) }
        return key
    }

    /// Writes the key under a new passphrase. The operator's profile links to the node's own key file, which is the one
    /// to change then.
    private static func replaceKey(_ key: SigningKey, at path: String, passphrase: String?) throws(ClientError) {
        let target = LocalFiles.resolved(path)
        do { try KeyFile.replace(key, at: target, passphrase: passphrase) } catch { throw PassphraseSource.failure(error, target) }
    }

    private static func isProtected(_ path: String) throws(ClientError) -> Bool {
        do {
            _ = try KeyFile.read(path, passphrase: nil)
            return false
        } catch KeyFileError.passphraseNeeded { return true } catch { throw PassphraseSource.failure(error, path) }
    }

    private static func show(_ key: VerificationKey, path: String, isProtected: Bool, _ context: CommandContext) {
        let document: JSONValue = [
            "keyIdentifier": .string(key.keyIdentifier), "publicKey": key.jwk, "file": .string(path),
            "protected": .bool(isProtected),
        ]
        context.show(document) {
            var details = DetailList()
            details.add("key identifier", key.keyIdentifier)
            details.add("public key", Base64.encodeURL(key.bytes))
            details.add("file", path)
            details.add("passphrase", isProtected ? "yes" : "no; add one with: hexi keys protect")
            context.console.print(details.render())
        }
    }
}
