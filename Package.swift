// swift-tools-version: 6.1
import PackageDescription

// No package dependencies: what the toolchain lacks comes from Debian's C libraries (ARCHITECTURE.md, "Dependencies").

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "hexi",
    products: [
        .executable(name: "hexi", targets: ["hexi"]),
        .executable(name: "hexi-audit", targets: ["hexi-audit"]),
    ],
    dependencies: [],
    targets: [
        systemLibrary("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
        systemLibrary("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        systemLibrary("CJansson", pkgConfig: "jansson", apt: "libjansson-dev"),
        systemLibrary("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        systemLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        systemLibrary("CQRencode", pkgConfig: "libqrencode", apt: "libqrencode-dev"),
        systemLibrary("CSeccomp", pkgConfig: "libseccomp", apt: "libseccomp-dev"),
        // What Glibc's own module leaves out: the clock's state, random numbers, syncfs.
        .systemLibrary(name: "CLinux", path: "Sources/CLibraries/CLinux"),

        // A header of its own: CRC-32C by the processor's instruction, which Swift cannot name.
        .systemLibrary(name: "CChecksum", path: "Sources/CLibraries/CChecksum"),

        // Pure layers, lowest first.
        .target(name: "Encoding", dependencies: ["CJansson"]),
        .target(name: "Signing", dependencies: ["Encoding", "COpenSSL", "CSodium"]),
        .target(name: "TransparencyLog", dependencies: ["Encoding", "Signing"]),
        .target(
            name: "Contracts", dependencies: ["Encoding"], path: "Contracts",
            exclude: ["README.md", "openapi.yaml", "templates"], resources: [.embedInCode("schemas")]),
        .target(
            name: "Exchange", dependencies: ["Encoding", "Signing", "TransparencyLog", "Contracts"],
            exclude: ["Catalogue/README.md", "Identity/README.md", "Rights/README.md", "Runs/README.md"]),

        // Gzip in memory, for answers over HTTP and for the status lists of credentials.
        .target(name: "Compression", dependencies: ["CZlib"]),
        .target(name: "Credentials", dependencies: ["Encoding", "Signing", "Compression"]),

        // Layers that touch the machine.
        .target(name: "CSandboxLauncher", path: "Sources/CLibraries/CSandboxLauncher"),
        .target(
            name: "Policies", path: "Policies", exclude: ["README.md"], resources: [.embedInCode("documents"), .embedInCode("examples")]),
        // Exact noise and its accounting.  Pure.
        .target(name: "DifferentialPrivacy"),
        .target(
            name: "Sandbox",
            dependencies: ["Encoding", "Signing", "Policies", "DifferentialPrivacy", "CSeccomp", "CSandboxLauncher"]),
        .target(
            name: "Storage",
            dependencies: ["Encoding", "Signing", "TransparencyLog", "CSQLite", "CSodium", "CChecksum", "CLinux"],
            exclude: ["Ledger/README.md"]),
        .target(name: "HTTPTransport", dependencies: ["Encoding", "Signing", "CMicroHTTPD", "CCurl", "Compression"]),
        .target(
            name: "Node",
            dependencies: [
                "Encoding", "Signing", "Credentials", "DifferentialPrivacy", "TransparencyLog", "Exchange", "Sandbox", "Storage", "HTTPTransport",
                "Markup", "CLinux", "CQRencode",
            ]),
        .target(
            name: "Audit",
            // CommandLineInterface writes amounts, numbers and other people's names as people read them.
            dependencies: [
                "Encoding", "Signing", "Credentials", "TransparencyLog", "Exchange", "CCurl", "CommandLineInterface", "Markup",
            ],
            exclude: ["Bundle/README.md"]),

        // A recorded run, made again from the ledger and the providers' snapshots.
        .target(name: "Replay", dependencies: ["Audit", "Exchange", "Sandbox", "Signing", "Encoding"]),

        // Programs.
        .target(name: "CommandLineInterface", dependencies: ["Encoding"]),
        // HTML for people, in Chinese and English.
        .target(name: "Markup", dependencies: ["CommandLineInterface"]),
        .executableTarget(
            name: "hexi",
            dependencies: [
                "CommandLineInterface", "Encoding", "Signing", "Credentials", "TransparencyLog", "Exchange", "Sandbox",
                "Storage", "HTTPTransport", "Markup", "Node", "Audit",
            ]),
        .executableTarget(name: "hexi-audit", dependencies: ["CommandLineInterface", "Markup", "Audit", "Replay", "Sandbox"]),

        .testTarget(name: "EncodingTests", dependencies: ["Encoding"]),
        .testTarget(name: "SigningTests", dependencies: ["Signing", "Encoding"]),
        .testTarget(name: "CredentialsTests", dependencies: ["Credentials", "Compression", "Signing", "Encoding"]),
        .testTarget(name: "TransparencyLogTests", dependencies: ["TransparencyLog", "Signing", "Encoding"]),
        // A space to test with, for every module above Exchange.
        .target(
            name: "ExchangeTestKit", dependencies: ["Exchange", "TransparencyLog", "Signing", "Encoding"],
            path: "Tests/ExchangeTestKit"),
        .testTarget(name: "ContractsTests", dependencies: ["Contracts", "Exchange", "ExchangeTestKit", "Encoding"]),
        .testTarget(
            name: "ExchangeTests",
            dependencies: ["Exchange", "ExchangeTestKit", "Contracts", "TransparencyLog", "Signing", "Encoding"]),
        .testTarget(
            name: "DifferentialPrivacyTests", dependencies: ["DifferentialPrivacy", "Sandbox", "SandboxTestKit", "Encoding"]),
        // An engine, tables and data to test with, for every test of the sandbox.
        .target(name: "SandboxTestKit", dependencies: ["Sandbox", "Encoding"], path: "Tests/SandboxTestKit"),
        .testTarget(
            name: "SandboxAttacks", dependencies: ["Sandbox", "SandboxTestKit", "Policies", "Signing", "Encoding", "CSeccomp"],
            exclude: ["README.md", "Escape/escape.c.txt"]),
        .testTarget(
            name: "SandboxTests", dependencies: ["Sandbox", "SandboxTestKit", "Policies", "Signing", "Encoding"],
            exclude: ["probe.c.txt"]),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "ExchangeTestKit", "TransparencyLog", "Signing", "Encoding"]),
        .testTarget(name: "HTTPTransportTests", dependencies: ["HTTPTransport", "Signing", "Encoding", "CZlib"]),
        .testTarget(name: "CommandLineInterfaceTests", dependencies: ["CommandLineInterface", "Encoding"]),
        .testTarget(
            name: "NodeTests",
            dependencies: [
                "Node", "HTTPTransport", "Storage", "Exchange", "TransparencyLog", "Credentials", "Signing", "Encoding",
            ]),
        .testTarget(
            name: "AuditTests",
            dependencies: ["Audit", "Markup", "Exchange", "ExchangeTestKit", "Credentials", "Signing", "TransparencyLog", "Encoding"]),
        .testTarget(
            name: "HexiCommandTests",
            dependencies: [
                "hexi", "CommandLineInterface", "HTTPTransport", "Sandbox", "Exchange", "TransparencyLog", "Signing", "Encoding",
            ]),
        .testTarget(
            name: "InteropTests", dependencies: ["Storage", "TransparencyLog", "Signing", "Encoding"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Encoding", "Signing", "Exchange", "TransparencyLog", "HTTPTransport", "hexi", "hexi-audit"]),
    ],
    swiftLanguageModes: [.v6]
)
