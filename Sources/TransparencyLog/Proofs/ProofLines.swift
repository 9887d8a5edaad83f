import Encoding
import Signing

/// What is wrong with one line of a proof's file.
struct ProofLineFault: Error {
    var line: Int
    var reason: String
}

/// Reads a proof's file line by line, and knows the number of each line for messages.
struct ProofLines {
    /// A tree of 2^63 leaves has no longer path.
    static let maximumHashes = 63

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    /// The number of the line read last; the first line of the file has number 1.
    private(set) var number: Int

    /// - Parameter firstLine: the number of the first line, where the bytes are the end of a longer file.
    init(_ bytes: ArraySlice<UInt8>, firstLine: Int = 1) {
        self.bytes = bytes
        position = bytes.startIndex
        number = firstLine - 1
    }

    /// What has not been read.
    var rest: ArraySlice<UInt8> { bytes[position...] }

    /// A fault of the line read last.
    func fault(_ reason: String) -> ProofLineFault { ProofLineFault(line: max(1, number), reason: reason) }

    /// The next line without its line feed.
    mutating func next(_ expected: String) throws(ProofLineFault) -> ArraySlice<UInt8> {
        number += 1
        guard let end = rest.firstIndex(of: 0x0A) else {
            throw fault("the file ends here, where \(expected) should stand in a line that ends with a line feed")
        }
        let line = bytes[position..<end]
        position = end + 1
        if line.last == 0x0D { throw fault("it ends with a carriage return: lines end with a line feed alone") }
        return line
    }

    /// The first line, which names the format.
    mutating func header(_ text: String) throws(ProofLineFault) {
        let line = try next("\"\(text)\"")
        guard line.elementsEqual(text.utf8) else { throw fault("it is not \"\(text)\"") }
    }

    /// The value of the next line if that line begins with the name and a space; otherwise nothing is read.
    mutating func optionalBase64(_ name: String) throws(ProofLineFault) -> [UInt8]? {
        guard rest.starts(with: Array((name + " ").utf8)) else { return nil }
        return try base64(name)
    }

    /// The bytes of a line such as `extra YWJj`.
    mutating func base64(_ name: String) throws(ProofLineFault) -> [UInt8] {
        guard let value = Base64.decode(try value(name)), !value.isEmpty else {
            throw fault("\"\(name)\" is not followed by base64 with padding (RFC 4648 section 4) of at least one byte")
        }
        return value
    }

    /// The number of a line such as `index 7`.
    mutating func number(_ name: String) throws(ProofLineFault) -> UInt64 {
        let text = try value(name)
        // Reading alone would take a sign and leading zeros too.
        guard let value = UInt64(text), String(value) == text else {
            throw fault("\"\(name)\" is not followed by a decimal number of at most 64 bits without leading zeros")
        }
        return value
    }

    private mutating func value(_ name: String) throws(ProofLineFault) -> String {
        let line = try next("\"\(name) …\"")
        let label = Array((name + " ").utf8)
        guard line.starts(with: label) else { throw fault("it does not begin with \"\(name) \"") }
        return String(decoding: line.dropFirst(label.count), as: UTF8.self)
    }

    /// The hashes of a Merkle path, up to and including the empty line behind them.
    mutating func hashes() throws(ProofLineFault) -> [SHA256Digest] {
        var hashes: [SHA256Digest] = []
        while true {
            let line = try next("a hash of the path or the empty line behind it")
            if line.isEmpty { return hashes }
            guard hashes.count < Self.maximumHashes else {
                throw fault("the path has more than \(Self.maximumHashes) hashes, longer than that of any tree")
            }
            guard let hash = Base64.decode(String(decoding: line, as: UTF8.self)).flatMap({ SHA256Digest($0) }) else {
                throw fault("it is not the base64 of a 32-byte hash")
            }
            hashes.append(hash)
        }
    }
}

/// Writes a proof's file.
enum ProofText {
    /// The hashes of a path, a line for each, and the empty line behind them.
    static func hashes(_ path: [SHA256Digest]) -> [UInt8] {
        Array((path.map { Base64.encode($0.bytes) + "\n" }.joined() + "\n").utf8)
    }
}
