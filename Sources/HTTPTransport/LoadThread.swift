import CMicroHTTPD
import Glibc

/// One thread of the load generator, with its share of the connections and of the rate.
struct LoadThread {
    private let plan: HTTPBenchmarkPlan
    private let epoll: Int32
    private var connections: [LoadConnection] = []
    private var idle: [Int] = []
    private var result = LoadResult()
    private var nextNumber: Int
    private let start: Int64
    /// No request begins after it.
    private var end: Int64
    /// Between two requests that are due, in nanoseconds; 0 for none.
    private let interval: Double
    private var begun = 0

    static func run(_ plan: HTTPBenchmarkPlan, _ thread: Int) -> Result<LoadResult, HTTPBenchmarkError> {
        do throws(HTTPBenchmarkError) {
            var load = try LoadThread(plan, thread)
            defer { load.closeAll() }
            return .success(load.work())
        } catch {
            return .failure(error)
        }
    }

    private init(_ plan: HTTPBenchmarkPlan, _ thread: Int) throws(HTTPBenchmarkError) {
        self.plan = plan
        nextNumber = thread
        epoll = epoll_create1(0)
        guard epoll >= 0 else { throw .system(systemErrorText(errno)) }
        interval = plan.requestsPerSecond.map { 1e9 * Double(plan.threads) / max($0, 0.001) } ?? 0
        let share = plan.connections / plan.threads + (thread < plan.connections % plan.threads ? 1 : 0)
        var opened: [LoadConnection] = []
        do throws(HTTPBenchmarkError) {
            for _ in 0..<share { opened.append(try Self.connection(plan, epoll, opened.count)) }
        } catch {
            for connection in opened { close(connection.descriptor) }
            close(epoll)
            throw error
        }
        connections = opened
        idle = Array(opened.indices)
        start = monotonicNanoseconds()
        end = start + Int64(plan.seconds * 1e9)
    }

    private static func connection(
        _ plan: HTTPBenchmarkPlan, _ epoll: Int32, _ index: Int
    ) throws(HTTPBenchmarkError) -> LoadConnection {
        let connection = try LoadConnection(address: plan.address, port: plan.port)
        var event = epoll_event()
        // Edge-triggered: writable is told once now and then only after the socket was full.
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(index)
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, connection.descriptor, &event) == 0 else {
            close(connection.descriptor)
            throw .system(systemErrorText(errno))
        }
        return connection
    }

    private func closeAll() {
        for connection in connections { close(connection.descriptor) }
        close(epoll)
    }

    /// Begins requests until the time is over, and waits for the answers to all of them: the slowest would otherwise be
    /// the ones that are not counted, and a server that stalls throughout would seem to do nothing.
    private mutating func work() -> LoadResult {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { scratch.deallocate() }
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var now = start
        while now < end || (isAnswerDue && now < end + Self.patience) {
            let untilDue = now < end ? min(beginDue(now), max(0, end - now)) : Int64.max
            var pause = timespec(tv_sec: 0, tv_nsec: Int(min(untilDue, 100_000_000)))
            let count = epoll_pwait2(epoll, &events, Int32(events.count), &pause, nil)
            now = monotonicNanoseconds()
            for event in events.prefix(Int(max(0, count))) { handle(Int(event.data.u64), now, scratch) }
        }
        result.broken += connections.count { $0.due != nil }
        result.seconds = Double(now - start) / 1e9
        return result
    }

    /// How long answers are waited for after the end, in nanoseconds; one that takes longer counts as broken.
    private static let patience: Int64 = 30_000_000_000

    private var isAnswerDue: Bool { connections.contains { $0.due != nil } }

    /// Begins what is due on idle connections. Gives how long until the next is due, in nanoseconds.
    private mutating func beginDue(_ now: Int64) -> Int64 {
        while !idle.isEmpty {
            let due = interval == 0 ? now : start + Int64(Double(begun) * interval)
            if due > now { return due - now }
            guard let request = plan.request(nextNumber) else {
                end = now
                break
            }
            begin(idle.removeLast(), request, due)
        }
        return Int64.max
    }

    private mutating func begin(_ index: Int, _ request: [UInt8], _ due: Int64) {
        begun += 1
        nextNumber += plan.threads
        if !connections[index].begin(request, due: due) { replace(index) }
    }

    private mutating func handle(_ index: Int, _ now: Int64, _ scratch: UnsafeMutableRawBufferPointer) {
        guard connections.indices.contains(index), let due = connections[index].due else { return }
        guard connections[index].flush() else { return replace(index) }
        switch connections[index].read(scratch) {
        case .waiting: return
        case .broken: replace(index)
        case .answered(let status):
            connections[index].due = nil
            if status < 400 { result.succeeded += 1 } else { result.refused += 1 }
            result.times.add(nanoseconds: now - due)
            idle.append(index)
        }
    }

    /// Opens the connection anew; where even that fails it stays out of the run.
    private mutating func replace(_ index: Int) {
        result.broken += 1
        guard let fresh = try? Self.connection(plan, epoll, index) else {
            connections[index].due = nil
            return
        }
        close(connections[index].descriptor)
        connections[index] = fresh
        idle.append(index)
    }
}
