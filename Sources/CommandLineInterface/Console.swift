import Encoding
import Glibc

/// Where a program prints: results on standard output, everything else on standard error.
public struct Console: Sendable {
    public enum Stream: Sendable { case output, error }

    private let write: @Sendable (Stream, String) -> Void
    /// Columns of the terminal that standard output goes to; `nil` where it goes to a file or a program.
    public let outputWidth: Int?
    /// Whether standard error is a terminal that a progress bar can be drawn on.
    public let isErrorTerminal: Bool

    /// The program's own streams.
    public static let standard = Console(
        outputWidth: terminalWidth(STDOUT_FILENO), isErrorTerminal: isatty(STDERR_FILENO) == 1 && !isDumb
    ) { stream, text in
        writeAll(stream == .output ? STDOUT_FILENO : STDERR_FILENO, text)
    }

    /// A console of one's own, for tests and for output that goes elsewhere.
    public init(
        outputWidth: Int? = nil, isErrorTerminal: Bool = false, write: @escaping @Sendable (Stream, String) -> Void
    ) {
        self.write = write
        self.outputWidth = outputWidth
        self.isErrorTerminal = isErrorTerminal
    }

    /// Prints text and a line end on standard output.
    public func print(_ text: String = "") { write(.output, text + "\n") }

    /// Prints text and a line end on standard error.
    public func note(_ text: String) { write(.error, text + "\n") }

    /// Writes text as it is.
    public func write(_ text: String, to stream: Stream) { write(stream, text) }

    public func print(_ table: Table) { write(.output, table.render(width: outputWidth)) }

    /// Prints JSON: indented for people at a terminal, one line for programs.
    public func print(json value: JSONValue) {
        print(outputWidth == nil ? value.serializedString() : value.prettyString())
    }

    private static var isDumb: Bool { getenv("TERM").map { String(cString: $0) == "dumb" } ?? true }

    private static func terminalWidth(_ descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func writeAll(_ descriptor: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // Nobody reads any more: there is nowhere to say so.
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
