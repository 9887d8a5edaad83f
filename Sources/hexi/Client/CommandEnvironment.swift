import CommandLineInterface
import Glibc
import HTTPTransport

/// What the commands take from outside, in one place so that tests can give their own.
struct CommandEnvironment: Sendable {
    var console: Console
    var makeTransport: @Sendable () -> any NodeTransport
    var time: TimeSource
    /// Waits so many milliseconds.
    var pause: @Sendable (Int64) async -> Void
    /// Asks the user a question that is answered with yes or no.
    var confirm: @Sendable (String) throws(ClientError) -> Bool

    static let standard = CommandEnvironment(
        console: .standard,
        makeTransport: {
            var configuration = HTTPClientConfiguration()
            configuration.maximumResponseBytes = 256 << 20
            configuration.authorityFile = Profile.environment("HEXI_CA_FILE")
            return HTTPClient(configuration: configuration)
        },
        time: .system,
        // A sleep that is cut short only sends sooner.
        pause: { milliseconds in try? await Task.sleep(for: .milliseconds(milliseconds)) },
        confirm: { question throws(ClientError) in try Terminal.confirm(question) })

    /// A command's action: gives it its context and reports its error, with the exit code that the error calls for.
    func action(_ body: @escaping @Sendable (CommandContext) async throws -> ExitCode) -> Command.Action {
        { arguments in
            let context = CommandContext(arguments: arguments, environment: self)
            do { return try await body(context) } catch let error as ClientError {
                return context.report(error)
            }
        }
    }
}
