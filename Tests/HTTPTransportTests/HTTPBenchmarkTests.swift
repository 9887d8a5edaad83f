import Synchronization
import Testing

@testable import HTTPTransport

@Suite struct HTTPBenchmarkTests {
    @Test func quantilesAreRightToWithinABucket() {
        var histogram = DurationHistogram()
        for value in 1...10_000 { histogram.add(nanoseconds: Int64(value) * 1000) }
        #expect((4.99...5.09).contains(histogram.quantile(0.5)))
        #expect((9.89...10.0).contains(histogram.quantile(0.99)))
        #expect(histogram.quantile(1) == 10.0)
        var other = DurationHistogram()
        other.add(nanoseconds: 20_000_000)
        histogram.merge(other)
        #expect(histogram.maximum == 20_000_000)
        #expect(histogram.quantile(1) == 20.0)
        #expect(DurationHistogram().quantile(0.5) == 0)
    }

    @Test func everyDurationFitsIntoTheHistogram() {
        var histogram = DurationHistogram()
        var random = SplitMix(seed: 3)
        for shift in 0..<63 { histogram.add(nanoseconds: Int64(random.next() >> UInt64(shift + 1))) }
        for value: Int64 in [0, 63, 64, 65, 127, 128, -1, .max] { histogram.add(nanoseconds: value) }
        #expect(histogram.count == 71)
    }

    @Test func anAnswersEndIsFound() {
        func total(_ text: String) -> Int? {
            Array(text.utf8).withUnsafeBytes { LoadConnection.parseHead($0)?.total }
        }
        let head = "HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: 12\r\n\r\n"
        #expect(total(head) == head.utf8.count + 12)
        #expect(total(head + "abc") == head.utf8.count + 12)
        #expect(total("HTTP/1.1 204 No Content\r\n\r\n") == 27)
        #expect(total(String(head.dropLast(2))) == nil)
        #expect(total("") == nil)
    }

    @Test func theLoadGeneratorCountsWhatTheServerServed() async throws {
        let served = Mutex(0)
        var router = Router()
        router.add("GET", "/n/{number}") { _, _ in
            served.withLock { $0 += 1 }
            return .text(200, "ok")
        }
        try await withServer(router) { server in
            var plan = HTTPBenchmarkPlan(port: try #require(server.port)) { number in
                Array("GET /\(number % 10 == 0 ? "none" : "n")/\(number) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            }
            plan.connections = 8
            plan.threads = 2
            plan.seconds = 0.3
            let report = try await HTTPBenchmark.run(plan)
            #expect(report.succeeded > 0 && report.refused > 0 && report.broken == 0)
            // The answers to requests that were under way at the end count too.
            #expect(report.succeeded == served.withLock { $0 })
            #expect(report.p50Milliseconds > 0 && report.p50Milliseconds <= report.p99Milliseconds)
            #expect(report.p99Milliseconds <= report.maximumMilliseconds)
        }
    }

    @Test func aRunEndsWithItsLastRequest() async throws {
        let yardstick = try HTTPYardstickServer(body: Array("ok".utf8))
        var plan = HTTPBenchmarkPlan(port: yardstick.port) { number in
            number < 25 ? Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8) : nil
        }
        plan.connections = 4
        plan.seconds = 600
        let report = try await HTTPBenchmark.run(plan)
        #expect(report.succeeded == 25)
        #expect(report.broken == 0)
        withExtendedLifetime(yardstick) {}
    }

    @Test func aRateIsKept() async throws {
        let yardstick = try HTTPYardstickServer(body: Array("ok".utf8))
        var plan = HTTPBenchmarkPlan(port: yardstick.port, path: "/")
        plan.connections = 4
        plan.requestsPerSecond = 500
        plan.seconds = 1
        let report = try await HTTPBenchmark.run(plan)
        #expect((350...510).contains(report.succeeded))
    }

    @Test func aServerThatIsNotThereIsTold() async throws {
        let listening = try ListeningSocket(address: "127.0.0.1", port: 0)
        let port = listening.port
        listening.shut()
        await #expect(throws: HTTPBenchmarkError.self) { try await HTTPBenchmark.run(HTTPBenchmarkPlan(port: port, path: "/")) }
        await #expect(throws: HTTPBenchmarkError.self) {
            var plan = HTTPBenchmarkPlan(port: port, path: "/")
            plan.threads = 0
            return try await HTTPBenchmark.run(plan)
        }
    }
}
