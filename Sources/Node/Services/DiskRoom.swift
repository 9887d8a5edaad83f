import Glibc
import HTTPTransport
import Storage

/// How much room the disk has, and what is answered when it has none.
enum DiskRoom {
    /// An import that failed with less than this left, in bytes, failed for want of room.
    private static let exhaustedBytes: UInt64 = 16 << 20

    /// Bytes that may still be written below a folder; `nil` where the system does not say.
    static func freeBytes(at path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, isTooMuch) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isTooMuch ? .max : bytes
    }

    static func isExhausted(at path: String) -> Bool { freeBytes(at: path).map { $0 < exhaustedBytes } ?? false }

    /// What stays free whatever comes in, in bytes: a full disk would stop the ledger.
    private static let reservedBytes: UInt64 = 1 << 30

    /// Refuses a body, from its headers, for which the disk has not so many times the room.
    static func require(_ times: UInt64, timesTheBodyOf head: HTTPRequest, _ services: NodeServices) throws(Problem) {
        let length = head.headers["Content-Length"].flatMap { UInt64($0) }
            ?? UInt64(clamping: services.home.configuration.maximumUploadBytes)
        guard let free = freeBytes(at: services.snapshots.uploadDirectory) else { return }
        let (needed, isTooMuch) = length.multipliedReportingOverflow(by: times)
        guard !isTooMuch, free > needed, free - needed > reservedBytes else {
            throw problem("a file of \(length) bytes does not fit on the node's disk")
        }
    }

    static func problem(_ detail: String) -> Problem {
        Problem(
            code: "insufficient-storage", status: 507, title: "The node has no room for the file", detail: detail,
            hint: "Nothing was kept. Send it again when the operator has made room.")
    }
}

extension VaultError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .system(_, _, ENOSPC), .system(_, _, EDQUOT), .system(_, _, EFBIG):
            DiskRoom.problem("the node's disk became full")
        case .system(_, _, EROFS):
            Problem(
                code: "unavailable", status: 503, title: "The node cannot store anything now",
                detail: "the node's disk cannot be written at the moment",
                hint: "Nothing was kept. Send the same request again later.", headers: ["Retry-After": "60"])
        default:
            // Paths and reasons are the operator's.
            Problem(code: "internal-error", status: 500, title: "The node has a fault", detail: "see the node's log")
        }
    }
}
