import CSodium
import Glibc

/// The one place that readies libsodium.
enum Sodium {
    /// Evaluated once, by the first that asks; later asks cost one load.
    private static let isReady: Bool = sodium_init() >= 0

    /// Must come before any other call of the library. It fails only where the system gives no random bytes at all.
    static func makeReady() {
        if !isReady { stop("libsodium cannot start: the system gives no random bytes") }
    }

    /// Ends the program: for want of memory or randomness nothing that needs a key can go on, and no caller could
    /// mend it. Nothing that comes from outside leads here.
    static func stop(_ message: String) -> Never {
        let line = Array("\(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        abort()
    }
}
