import Audit
import CommandLineInterface
import Encoding
import TransparencyLog

/// `hexi-audit watch`.
enum WatchCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "watch", about: "follow a log and its witnesses, and raise an alarm when something is wrong",
            discussion: """
                Each round audits what is new (signatures, chain, rules), holds it against what was trusted before, and \
                compares the log's addresses with each other and with what the witnesses of the policy have. The first \
                address is the log's own; others are mirrors, which may lag behind but must not part from it.

                Alarms: fork, shrunk, tampered (a broken rule too), quorum (too few witnesses), unreachable, and with --stall \
                also stall. A log that does not grow is no fault: nothing tells a quiet log from one that has stopped, so \
                give --stall only where you know that entries come more often than that.

                With --once, for cron: exit code 0 means fine, 1 tampered with, forked, shrunk or against the rules, 2 that \
                the log or a mirror could not be read, and 4 too few witnesses or no sign of life. Without it, it goes on \
                until Ctrl-C or SIGTERM, prints a line for each change, and ends with the code of the last round.
                """,
            options: TrustOptions.all + [
                .value("state", "FILE", about: "your own file of what is trusted so far; made at the first round", completion: .file),
                .value("interval", "SECONDS", about: "the pause between two rounds", default: "60"),
                .flag("once", about: "look once and end"),
                .value("stall", "TIME", about: "how old the newest entry or cosignature may be, such as 15m, 6h or 2d"),
                .value("timeout", "SECONDS", about: "how long one answer may take", default: "60"),
                .flag("json", about: "print a JSON object for each change, one a line"),
            ],
            arguments: [
                CommandArgument("url", about: "the log's address, and behind it those of mirrors", isRepeated: true)
            ],
            examples: [
                "hexi-audit watch https://space.example.org --state space.hexi-state --policy trust-policy",
                "hexi-audit watch https://space.example.org https://mirror.example.org/log --state space.hexi-state --policy trust-policy --once --stall 6h",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let watcher = try watcher(arguments)
        let interval = try arguments.integer("interval", in: 1...86_400) ?? 60
        let (isOnce, isJSON) = (arguments.flag("once"), arguments.flag("json"))
        let work = Task {
            var last: WatchRound?
            repeat {
                // The state file holds what was found out up to here, however the next round ends.
                guard let round = try await look(watcher, console) else { break }
                if round.isNews(after: last) { show(round, after: last, console, isJSON: isJSON, isOnce: isOnce) }
                last = round
                if !isOnce { try? await Task.sleep(for: .seconds(interval)) }
            } while !isOnce && !Task.isCancelled
            return last
        }
        Interruption.onSignal { _ in
            work.cancel()
            return .keepRunning
        }
        do {
            guard let last = try await work.value else { return .interrupted }
            return exitCode(last)
        } catch let failure as AuditFailure {
            if isJSON { console.print(json: ["verdict": "unchecked", "reason": .string("\(failure)")]) }
            throw CommandFailure("could not watch: \(failure)", exitCode: .failure)
        }
    }

    /// One round; `nil` if it was stopped.
    private static func look(_ watcher: LogWatcher, _ console: Console) async throws -> WatchRound? {
        let progress = VerifyProgress(console, isQuiet: false)
        defer { progress.finish() }
        do {
            let round = try await watcher.round(progress: progress.update)
            return Task.isCancelled && round.verdict == .unchecked ? nil : round
        } catch is CancellationError { return nil }
    }

    private static func show(_ round: WatchRound, after last: WatchRound?, _ console: Console, isJSON: Bool, isOnce: Bool) {
        if isJSON { return console.write(round.json.serializedString() + "\n", to: .output) }
        console.write(isOnce ? WatchText.report(round, width: console.outputWidth) : WatchText.changes(round, after: last), to: .output)
    }

    private static func exitCode(_ round: WatchRound) -> ExitCode {
        switch round.verdict {
        case .fine: .success
        case .tampered: .negative
        case .unchecked: .failure
        case .attention: .attention
        }
    }

    private static func watcher(_ arguments: ParsedArguments) throws -> LogWatcher {
        _ = try arguments.requiredArgument("url")
        let addresses = arguments.argumentList("url")
        if let wrong = addresses.first(where: { !$0.hasPrefix("http://") && !$0.hasPrefix("https://") }) {
            throw UsageError.badValue(of: "<url>", value: wrong, reason: "give an address that begins with http:// or https://")
        }
        let policy = try TrustOptions.policy(arguments)
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        var options = AuditOptions(
            pinnedKeys: try TrustOptions.keys(arguments), timeoutSeconds: Double(timeout),
            stateFile: try arguments.required("state"))
        options.policy = arguments.value("policy") == nil ? nil : policy
        return LogWatcher(addresses: addresses, options: options, stallSeconds: try arguments.value("stall").map(seconds))
    }

    /// A number with `s`, `m`, `h` or `d` behind it.
    private static func seconds(_ text: String) throws(UsageError) -> Double {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = UInt32(text.dropLast()), number > 0 else {
            throw .badValue(of: "--stall", value: text, reason: "give a whole number and a unit: s, m, h or d, such as 15m")
        }
        return Double(number) * unit
    }
}
