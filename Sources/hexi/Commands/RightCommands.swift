import CommandLineInterface
import Encoding
import Exchange

/// `hexi right`: what anybody may read of the register. What is signed is in the other files of its name.
struct RightCommands: Sendable {
    let environment: CommandEnvironment

    static let example = "86.gs.qingyang/T…"
    static let argument = CommandArgument("certificate", about: "its number")

    var command: Command {
        let applying = RightApplying(environment: environment)
        let deciding = RightDeciding(environment: environment)
        let moving = RightMoving(environment: environment)
        let charging = RightCharging(environment: environment)
        return Command(
            name: "right", about: "register rights in data, and what becomes of them",
            discussion: """
                A right is applied for, checked, shown to the public, and granted; its certificate can then be changed, \
                transferred, split, merged, licensed, pledged, renewed and cancelled. What several have to sign goes between \
                them as a file: the first writes it with --out, the next signs it with "hexi right sign".
                """,
            subcommands: applying.commands + deciding.commands + moving.commands + charging.commands
                + [list, show, notices, certificate, verify])
    }

    private var list: Command {
        Command(
            name: "list", about: "list rights, the latest first",
            options: [
                .value("holder", "ID", about: "only this participant's"),
                .value("over", "ID", about: "only those over this resource or product"),
                .value("kind", "KIND", about: "only of this kind", choices: RightKind.allCases.map(\.rawValue)),
                .value("status", "STATUS", about: "only of this status", choices: RightStatus.allCases.map(\.rawValue)),
                CommandContext.limit,
            ],
            examples: ["hexi right list --holder 86.gs.qingyang/P… --status granted"],
            run: environment.action { context in
                let query = ["holder", "over", "kind", "status"].map { ($0, context.arguments.value($0)) }
                let items = try await context.items(try context.publicClient(), RightAddress.rights, query)
                context.show(["items": .array(items)]) { context.show(RightText.table(items)) }
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show one right and its history", arguments: [Self.argument],
            examples: ["hexi right show \(Self.example)"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let view = try await context.publicClient().get(RequestTarget(RightAddress.show(right)))
                context.show(view) { context.console.print(RightText.details(view)) }
                return .success
            })
    }

    private var notices: Command {
        Command(
            name: "notices", about: "list the applications in public notice, which you can object to",
            examples: ["hexi right notices"],
            run: environment.action { context in
                let answer = try await context.publicClient().get(RequestTarget("/api/v1/notices"))
                context.show(answer) {
                    let items = answer.list("items")
                    if items.isEmpty { return context.console.print("No application is in public notice.") }
                    var table = Table(["right", "kind", "title", "applicant", "over", "open until", "objections"])
                    for item in items {
                        table.append([
                            item.text("right"), item.text("rightKind"), item["title"].localised, item.text("applicantName"),
                            item["overTitle"].localised, item.text("noticeUntil"), item.text("objections"),
                        ])
                    }
                    context.show(table)
                    context.note("Object with: hexi right object RIGHT --ground GROUND --statement TEXT")
                }
                return .success
            })
    }

    private var certificate: Command {
        Command(
            name: "certificate", about: "get the certificate of a right as a file",
            discussion: """
                The file is a W3C verifiable credential, signed by the node. Anybody can verify it with "hexi right verify", at \
                the node's page /verify, or offline with "hexi-audit certificate". With --print, the sheet to print is written \
                beside it.
                """,
            options: [
                .value("out", "FILE", about: "where to write it; else named after its number, here", completion: .file),
                .flag("print", about: "write the sheet to print as well, as HTML"),
                .value("lang", "LANG", about: "the sheet's language", default: "both", choices: ["zh", "en", "both"]),
            ],
            arguments: [Self.argument], examples: ["hexi right certificate \(Self.example) --print"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let client = try context.publicClient()
                let path = "\(RightAddress.show(right))/certificate"
                let text = try await client.fetch(RequestTarget(path), maximumCount: 1 << 20)
                let file = context.arguments.value("out") ?? "\(right.suffix).vc.jwt"
                try LocalFiles.write(text + [0x0A], to: file, mode: 0o644)
                var object: JSONObject = ["number": .string(right.text), "file": .string(file)]
                if context.arguments.flag("print") {
                    let target = RequestTarget("\(path).html", [("lang", context.arguments.value("lang"))])
                    let page = try await client.fetch(target, maximumCount: 1 << 20)
                    try LocalFiles.write(page, to: "\(file).html", mode: 0o644)
                    object["page"] = .string("\(file).html")
                }
                object["verify"] = .string("\(client.address.base)/verify/\(right)")
                context.show(.object(object)) {
                    for name in ["file", "page"] { object[name].map { context.console.print("Wrote \($0.shown).") } }
                    context.console.print("Anybody verifies it at \(client.address.base)/verify/\(right)")
                }
                return .success
            })
    }

    private var verify: Command {
        Command(
            name: "verify", about: "verify a certificate, by its number or its file",
            discussion: "Asks the node. To verify without trusting the node, use hexi-audit certificate. Exit code 0: valid; 1: not.",
            arguments: [CommandArgument("certificate", about: "its number, or a file", completion: .file)],
            examples: ["hexi right verify \(Self.example)", "hexi right verify T….vc.jwt"],
            run: environment.action { context in
                let text = try context.arguments.requiredArgument("certificate")
                let client = try context.publicClient()
                // A file of that name is meant, if there is one.
                if LocalFiles.exists(text) { return try await Self.verify(file: text, client, context) }
                guard text.contains("/") && !text.hasSuffix(".jwt") else {
                    throw ClientError.file(path: text, reason: "there is no such file, and it is no certificate's number either")
                }
                let right = try context.identifier("certificate", .right)
                let view = try await client.get(RequestTarget("/verify/\(right)"))
                let isValid = view["valid"]?.boolValue == true
                context.show(view) { context.console.print(Self.verdict(view)) }
                return isValid ? .success : .negative
            })
    }

    private static func verify(file: String, _ client: NodeClient, _ context: CommandContext) async throws -> ExitCode {
        let bytes = try LocalFiles.read(file, maximumCount: 64 << 10)
        let answer = try await client.hand(bytes, to: RequestTarget("/verify"), type: "application/vc+jwt")
        let isValid = answer["valid"]?.boolValue == true
        context.show(answer) {
            if answer["genuine"]?.boolValue != true {
                context.console.print("NOT GENUINE: \(answer.text("reason"))")
            } else if answer["current"]?.boolValue != true {
                context.console.print("Genuine, but out of date; the register says otherwise on: \(answer.joined("differs"))")
            } else {
                context.console.print("Genuine, and the register says the same.")
            }
            if let register = answer["register"] { context.console.print(verdict(register)) }
        }
        return isValid ? .success : .negative
    }

    private static func verdict(_ view: JSONValue) -> String {
        var details = DetailList()
        let words = view["valid"]?.boolValue == true ? "VALID" : "NOT VALID"
        details.add("verdict", "\(words): \(view.text("standing")) since \(view.text("since"))")
        details.add("certificate", view.text("number"))
        details.add("kind", view.text("rightKind"))
        details.add("title", view["title"].localised)
        details.add("holder", "\(view.text("holderName")) (\(view.text("holder")))")
        details.add("share", view.text("share"))
        details.add("expires", view.text("until"))
        let marks = ["pledged", "frozen", "licensed"].filter { view[$0]?.boolValue == true }
        details.add("marks", marks.joined(separator: ", "))
        for entry in view.list("history") { details.add("entry \(entry.text("seq"))", "\(entry.text("time"))  \(entry.text("type"))") }
        return details.render()
    }
}
