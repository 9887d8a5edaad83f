import Foundation
import Glibc
import Synchronization

/// A server on loopback that answers as a closure says, each connection on a thread of its own; it knows just enough HTTP.
final class TestServer: Sendable {
    struct Answer: Sendable {
        var status = 200
        var body: [UInt8] = []
        var headers: [String] = []
        /// Sends the body in so many pieces, with a pause of a fifth of a second behind each.
        var pieces = 1
        /// Sends the body over and over, without a length, until nobody listens any more.
        var isEndless = false
        /// Announces more bytes than it sends, and then hangs up.
        var isCutOff = false
    }

    enum Failure: Error { case cannotListen(Int32) }

    let url: String
    private let descriptor: Int32
    private let requests = Mutex<[String]>([])
    private let answer: @Sendable (String) -> Answer

    /// The targets asked for so far.
    var targets: [String] { requests.withLock { $0 } }

    /// - Parameter answer: what to answer to a request target such as `/ledger/checkpoint`.
    init(_ answer: @escaping @Sendable (String) -> Answer) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 32) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure.cannotListen(errno) }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        self.answer = answer
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(&thread, nil, serve, box.toOpaque())
        guard code == 0 else { throw Failure.cannotListen(code) }
        pthread_detach(thread)
    }

    /// Ends the server's thread, which holds the last reference.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    deinit { close(descriptor) }

    fileprivate func run() {
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            Thread.detachNewThread { [self] in attend(connection) }
        }
    }

    private func attend(_ connection: Int32) {
        while let target = Self.readRequest(connection) {
            requests.withLock { $0.append(target) }
            guard send(answer(target), to: connection) else { break }
        }
        close(connection)
    }

    private static func readRequest(_ connection: Int32) -> String? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
            guard head.count < 8192, read(connection, &byte, 1) == 1 else { return nil }
            head.append(byte)
        }
        let words = String(decoding: head, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? String(words[1]) : nil
    }

    private func send(_ answer: Answer, to connection: Int32) -> Bool {
        let announced = answer.body.count + (answer.isCutOff ? 100 : 0)
        var head = "HTTP/1.1 \(answer.status) Status\r\n"
        if !answer.isEndless { head += "Content-Length: \(announced)\r\n" }
        head += answer.headers.map { $0 + "\r\n" }.joined() + "\r\n"
        guard send(Array(head.utf8)[...], connection) else { return false }
        while answer.isEndless { guard send(answer.body[...], connection) else { return false } }
        let size = max(1, (answer.body.count + answer.pieces - 1) / answer.pieces)
        for start in stride(from: 0, to: answer.body.count, by: size) {
            guard send(answer.body[start..<min(start + size, answer.body.count)], connection) else { return false }
            if answer.pieces > 1 { usleep(200_000) }
        }
        return !answer.isCutOff
    }

    private func send(_ bytes: ArraySlice<UInt8>, _ connection: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

private func serve(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<TestServer>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
