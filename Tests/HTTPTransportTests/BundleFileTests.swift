import Encoding
import Foundation
import Signing
import Testing

@testable import HTTPTransport

/// Files of signed requests and answers.
@Suite("Bundles") struct BundleFileTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "hexi-bundle-" + UUID().uuidString

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ bytes: [UInt8], _ name: String) throws -> String {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
            return "\(path)/\(name)"
        }
        func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))) }
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
    }

    private static let bodies: [[UInt8]] = [Array("{\"statement\":1}".utf8), [], Array(repeating: 0x61, count: 5000)]

    private static func manifest(_ key: SigningKey) -> RequestBundleManifest {
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        let parts = bodies.map { BundlePart(count: UInt64($0.count), sha256: SHA256.hash($0)) }
        return RequestBundleManifest(
            space: "86.gs", bundle: "0123456789abcdef", issuedAt: now, validUntil: now.advanced(byMilliseconds: 1000),
            key: key.verificationKey,
            requests: [
                BundledRequest(method: "POST", target: "/api/v1/products", contentType: "application/json", accept: "*/*", body: parts[0]),
                BundledRequest(method: "GET", target: "/api/v1/space?x=%20", accept: "application/json"),
                BundledRequest(method: "POST", target: "/api/v1/snapshots", contentType: "text/csv", accept: "*/*", body: parts[2]),
            ])
    }

    private static func open(_ path: String, _ key: SigningKey) throws -> BundleFile<RequestBundleManifest> {
        try BundleFile(path: path) { identifier, _ in identifier == key.keyIdentifier ? key.verificationKey : nil }
    }

    @Test("read back as they were written, from memory and from files")
    func roundTrip() throws {
        let (folder, key) = (try Folder(), SigningKey.generate())
        let source = try folder.write(Self.bodies[2], "source")
        let path = "\(folder.path)/bundle"
        try BundleWriter.write(Self.manifest(key), [.bytes(Self.bodies[0]), .bytes([]), .file(path: source)], key: key, to: path)
        let bundle = try Self.open(path, key)
        #expect(bundle.manifest == Self.manifest(key))
        for number in 0..<3 { #expect(try bundle.bytes(number) == Self.bodies[number]) }
        try bundle.copy(2, to: "\(folder.path)/copy")
        #expect(try folder.read("copy") == Self.bodies[2])
        #expect(throws: BundleError.self) { try bundle.copy(2, to: "\(folder.path)/copy") }
    }

    @Test("with any byte changed, left out or added are refused")
    func mutations() throws {
        let (folder, key) = (try Folder(), SigningKey.generate())
        let path = "\(folder.path)/bundle"
        try BundleWriter.write(Self.manifest(key), Self.bodies.map { .bytes($0) }, key: key, to: path)
        let whole = try folder.read("bundle")
        var generator = SplitMix(seed: 7)
        for round in 0..<600 {
            var bytes = whole
            let place = round < 200 ? Int.random(in: 0..<bytes.count, using: &generator) : round % bytes.count
            switch round % 4 {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 2: bytes.removeLast(1 + place)
            default: bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
            }
            guard bytes != whole else { continue }
            let changed = try folder.write(bytes, "changed")
            var isRefused = false
            do {
                let bundle = try Self.open(changed, key)
                for number in 0..<3 { _ = try bundle.bytes(number) }
            } catch is BundleError { isRefused = true }
            // The last digit of a base64url text may carry bits that mean nothing; the decoder is strict, so none is free.
            #expect(isRefused, "round \(round), place \(place)")
        }
    }

    @Test("of somebody else, or of the other kind, are refused")
    func strangers() throws {
        let (folder, key) = (try Folder(), SigningKey.generate())
        let path = "\(folder.path)/bundle"
        try BundleWriter.write(Self.manifest(key), Self.bodies.map { .bytes($0) }, key: SigningKey.generate(), to: path)
        #expect(throws: BundleError.self) { try Self.open(path, key) }
        try BundleWriter.write(Self.manifest(key), Self.bodies.map { .bytes($0) }, key: key, to: path)
        #expect(throws: BundleError.notABundle(expected: ResponseBundleManifest.magic)) {
            try BundleFile<ResponseBundleManifest>(path: path) { _, _ in key.verificationKey }
        }
        let swapped = try folder.write(
            Array(String(decoding: try folder.read("bundle"), as: UTF8.self).replacing("request-bundle/1", with: "response-bundle/1").utf8), "swapped")
        #expect(throws: BundleError.self) { try BundleFile<ResponseBundleManifest>(path: swapped) { _, _ in key.verificationKey } }
    }

    @Test("are not written where a part is not what the manifest says, and leave nothing behind")
    func wrongContent() throws {
        let (folder, key) = (try Folder(), SigningKey.generate())
        let path = "\(folder.path)/bundle"
        let other = try folder.write(Array(repeating: 0x62, count: 5000), "other")
        for content in [BundleContent.bytes([1]), .file(path: other), .file(path: "\(folder.path)/absent")] {
            #expect(throws: BundleError.self) {
                try BundleWriter.write(Self.manifest(key), [.bytes(Self.bodies[0]), .bytes([]), content], key: key, to: path)
            }
        }
        #expect(folder.names == ["other"])
    }

    @Test("name only requests that could stand in a request line", arguments: [
        ("BREW", "/a"), ("GET", "a"), ("GET", "/a b"), ("GET", "/a\r\nHost: x"), ("GET", "/a#b"), ("GET", ""), ("GET", "http://x/"),
    ])
    func targets(method: String, target: String) {
        let request = BundledRequest(method: method, target: target, accept: "*/*")
        #expect(throws: JSONMismatch.self) { try BundledRequest(JSONCursor(request.json)) }
    }
}
