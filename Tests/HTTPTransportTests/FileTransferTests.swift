import Glibc
import Signing
import Synchronization
import Testing

@testable import HTTPTransport

/// A folder for a test, removed with what is in it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/hexi-http-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NeverHappened() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        close(descriptor)
        return file
    }

    static func read(_ file: String) -> [UInt8]? {
        let descriptor = open(file, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

@Suite struct FileTransferTests {
    private static func router(_ folder: TemporaryFolder, keep: String? = nil) -> Router {
        var router = Router()
        router.add("POST", "/upload", body: .file(directory: folder.path, limitBytes: 3_000_000)) { request, _ in
            guard case .file(let path, let count, let digest) = request.body else { return .text(500, "no file") }
            var information = stat()
            stat(path, &information)
            let isWhole = TemporaryFolder.read(path).map { SHA256.hash($0) } == digest && information.st_size == count
            if let keep { rename(path, keep) }
            return .text(200, "\(isWhole) \(String(information.st_mode & 0o777, radix: 8)) \(digest)")
        }
        router.add("POST", "/nowhere", body: .file(directory: "\(folder.path)/missing", limitBytes: 100)) { _, _ in
            .text(200, "")
        }
        router.add("GET", "/file") { _, _ in
            .file(200, type: "application/octet-stream", try FileBody(path: "\(folder.path)/source"))
        }
        router.add("GET", "/part") { _, _ in
            .file(206, type: "application/octet-stream", try FileBody(path: "\(folder.path)/source", range: 100..<200))
        }
        return router
    }

    private static func sample(_ count: Int) -> [UInt8] {
        var random = SplitMix(seed: 99)
        return random.bytes(count)
    }

    @Test func anUploadIsStreamedToAFileWithItsDigestAndRemovedAfterwards() async throws {
        let folder = try TemporaryFolder()
        let content = Self.sample(2_500_000)
        try await withServer(Self.router(folder)) { server in
            let port = try #require(server.port)
            let client = HTTPClient()
            let answer = try await client.send(
                HTTPClientRequest(method: "POST", url: "http://127.0.0.1:\(port)/upload", body: .bytes(content)))
            #expect(String(decoding: answer.body, as: UTF8.self) == "true 600 \(SHA256.hash(content))")
            try await eventually { folder.names.isEmpty }
        }
    }

    @Test func anUploadThatTheHandlerRenamesIsKept() async throws {
        let folder = try TemporaryFolder()
        let kept = "\(folder.path)/kept"
        try await withServer(Self.router(folder, keep: kept)) { server in
            let answer = await exchange(server, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            #expect(answer?.status == 200)
            try await eventually { server.requestsInProgress == 0 }
        }
        #expect(folder.names == ["kept"])
        #expect(TemporaryFolder.read(kept) == Array("abc".utf8))
    }

    @Test func anUploadThatBreaksOffLeavesNoFile() async throws {
        let folder = try TemporaryFolder()
        try await withServer(Self.router(folder)) { server in
            await converse(server) { client -> Bool in
                client.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
                while folder.names.isEmpty { OwnThread.pause(milliseconds: 5) }
                return true
            }
            try await eventually { folder.names.isEmpty && server.requestsInProgress == 0 }
        }
    }

    @Test func anUploadBeyondTheLimitLeavesNoFile() async throws {
        let folder = try TemporaryFolder()
        try await withServer(Self.router(folder)) { server in
            let chunk = "40000\r\n" + String(repeating: "x", count: 0x40000) + "\r\n"
            let text = "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: chunk, count: 12) + "0\r\n\r\n"
            #expect(await exchange(server, text)?.status == 413)
            try await eventually { folder.names.isEmpty }
        }
    }

    @Test func anUploadThatCannotBeStoredIsRefused() async throws {
        let folder = try TemporaryFolder()
        try await withServer(Self.router(folder)) { server in
            let answer = await exchange(server, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            #expect(answer?.status == 507)
        }
    }

    @Test func aFileAndAPartOfItAreSent() async throws {
        let folder = try TemporaryFolder()
        let content = Self.sample(1_000_000)
        _ = folder.write("source", content)
        try await withServer(Self.router(folder)) { server in
            let whole = await exchange(server, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(whole?.body == content)
            let part = await exchange(server, "GET /part HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(part?.status == 206)
            #expect(part?.body == Array(content[100..<200]))
        }
    }

    @Test func whatIsNotARegularFileOrNotThereIsRefused() throws {
        let folder = try TemporaryFolder()
        let file = folder.write("source", [1, 2, 3])
        symlink(file, "\(folder.path)/link")
        #expect(throws: FileBodyError.notRegular(path: folder.path)) { try FileBody(path: folder.path) }
        #expect(throws: FileBodyError.self) { try FileBody(path: "\(folder.path)/link") }
        #expect(throws: FileBodyError.self) { try FileBody(path: "\(folder.path)/missing") }
        #expect(throws: FileBodyError.rangeOutside(path: file, count: 3)) { try FileBody(path: file, range: 2..<4) }
        #expect(try FileBody(path: file).count == 3)
    }
}
