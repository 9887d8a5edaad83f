import CommandLineInterface
import Glibc

/// The user at the terminal.
enum Terminal {
    /// Whether the user says yes. Where there is nobody to ask, the command must carry `--yes`.
    static func confirm(_ question: String) throws(ClientError) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw .usage("\(question) There is no terminal to ask at.", hint: "Add --yes to sign without being asked.")
        }
        Console.standard.write("\(question) [y/N] ", to: .error)
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
