import Foundation
import Glibc

/// The folder that a measurement works in.
struct BenchFolder: Sendable {
    let path: String

    /// Makes a new folder in the given one.
    init(in directory: String) throws(ClientError) {
        var template = Array("\(LocalFiles.resolved(directory))/hexi-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .file(path: directory, reason: String(cString: strerror(errno)))
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it with all that is in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
