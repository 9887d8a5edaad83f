import Encoding
import Glibc

/// Where the commands take the time from; tests set their own.
struct TimeSource: Sendable {
    let now: @Sendable () -> Timestamp

    static let system = TimeSource {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
