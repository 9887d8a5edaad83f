import Glibc

/// What load to put on a server.
public struct HTTPBenchmarkPlan: Sendable {
    /// A numeric IPv4 address.
    public var address = "127.0.0.1"
    public var port: UInt16
    /// Connections kept open, each with at most one request under way.
    public var connections = 64
    public var threads = 1
    public var seconds = 3.0
    /// Requests a second in all, evenly spaced; as many as the connections allow if `nil`. With a rate, a request's time
    /// counts from when it was due, so that a server that stalls is not flattered.
    public var requestsPerSecond: Double?
    /// The bytes of the request with the given running number, which starts at 0 and is given out once to one thread;
    /// `nil` once there are no more, which ends the thread's part before its time.
    public var request: @Sendable (_ number: Int) -> [UInt8]?

    public init(port: UInt16, request: @escaping @Sendable (_ number: Int) -> [UInt8]?) {
        self.port = port
        self.request = request
    }

    /// Always the same `GET`.
    public init(port: UInt16, path: String) {
        let bytes = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        self.init(port: port) { _ in bytes }
    }
}

/// What a load run measured.
public struct HTTPBenchmarkReport: Sendable, Hashable {
    /// Answers with a status below 400.
    public var succeeded: Int
    /// Answers with a status from 400.
    public var refused: Int
    /// Connections that broke.
    public var broken: Int
    public var seconds: Double
    /// Answers a second, refused ones included.
    public var requestsPerSecond: Double
    /// Times from request to complete answer: median, 99th percentile and longest, in milliseconds.
    public var p50Milliseconds: Double
    public var p99Milliseconds: Double
    public var maximumMilliseconds: Double
}

public enum HTTPBenchmarkError: Error, Sendable, Hashable, CustomStringConvertible {
    case badPlan(String)
    case cannotConnect(address: String, port: UInt16, reason: String)
    case system(String)

    public var description: String {
        switch self {
        case .badPlan(let reason): reason
        case .cannotConnect(let address, let port, let reason): "cannot connect to \(address) port \(port): \(reason)"
        case .system(let reason): "the load generator cannot work: \(reason)"
        }
    }
}

/// Puts load on a server over kept connections, from threads of its own with plain sockets and epoll, so that what is
/// measured is the server as far as possible.
public enum HTTPBenchmark {
    public static func run(_ plan: HTTPBenchmarkPlan) async throws(HTTPBenchmarkError) -> HTTPBenchmarkReport {
        guard (1...64).contains(plan.threads), plan.connections >= plan.threads, plan.connections <= 100_000 else {
            throw .badPlan("1 to 64 threads are possible, each with a connection at least, at most 100,000 in all")
        }
        guard plan.seconds > 0, plan.seconds <= 86_400 else { throw .badPlan("the length must be from 0 to 86,400 s") }
        let results = await withTaskGroup(of: Result<LoadResult, HTTPBenchmarkError>.self) { group in
            for thread in 0..<plan.threads {
                group.addTask { await OwnThread.run("http-load") { LoadThread.run(plan, thread) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var total = LoadResult()
        for result in results { total.merge(try result.get()) }
        return total.report
    }
}

/// What one thread measured.
struct LoadResult: Sendable {
    var succeeded = 0
    var refused = 0
    var broken = 0
    var seconds = 0.0
    var times = DurationHistogram()

    mutating func merge(_ other: LoadResult) {
        succeeded += other.succeeded
        refused += other.refused
        broken += other.broken
        seconds = max(seconds, other.seconds)
        times.merge(other.times)
    }

    var report: HTTPBenchmarkReport {
        HTTPBenchmarkReport(
            succeeded: succeeded, refused: refused, broken: broken, seconds: seconds,
            requestsPerSecond: seconds > 0 ? Double(succeeded + refused) / seconds : 0,
            p50Milliseconds: times.quantile(0.5), p99Milliseconds: times.quantile(0.99),
            maximumMilliseconds: Double(times.maximum) / 1_000_000)
    }
}
