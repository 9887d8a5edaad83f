import Encoding
import Glibc

/// Log lines as JSON objects on standard error, one a line.
public struct StructuredLog: Sendable {
    public enum Level: String, Sendable { case info, warning, error }

    /// Off for programs that embed a node and print their own story.
    private let isOn: Bool
    private let descriptor: Int32

    /// - Parameter descriptor: where the lines go; standard error unless told otherwise.
    public init(isOn: Bool = true, descriptor: Int32 = 2) {
        self.isOn = isOn
        self.descriptor = descriptor
    }

    public func write(_ level: Level, _ message: String, _ members: KeyValuePairs<String, JSONValue> = [:]) {
        guard isOn else { return }
        var object: JSONObject = [
            "time": .string(Clock.now().description), "level": .string(level.rawValue), "message": .string(message),
        ]
        for (name, value) in members { object[name] = value }
        var line = JSONValue.object(object).serialized()
        line.append(0x0A)
        // One write a line: lines of several threads do not mix.
        line.withUnsafeBytes { buffer in _ = Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
    }
}
