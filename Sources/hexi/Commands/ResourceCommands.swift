import CommandLineInterface
import Encoding
import Exchange

/// `hexi resource`: the data resources that rights are registered over.
struct ResourceCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(name: "resource", about: "register data resources", subcommands: [register, list, show])
    }

    private var register: Command {
        Command(
            name: "register", about: "register a data resource that you hold",
            discussion: """
                A resource is what rights are over; the data itself stays with you. Evidence files are sent to the node, which \
                keeps them encrypted; the public ledger holds only salted hashes of them.
                """,
            options: [
                .value("title", "LANG=TEXT", about: "its title, once for each language", isRepeated: true, isRequired: true),
                .value("summary", "LANG=TEXT", about: "what it holds, once for each language", isRepeated: true, isRequired: true),
                .value("grade", "GRADE", about: "its grade", default: ResourceGrade.general.rawValue, choices: ResourceGrade.allCases.map(\.rawValue)),
                .value("origin", "ORIGIN", about: "where the data comes from", isRequired: true, choices: ProductOrigin.allCases.map(\.rawValue)),
                .value("lawful-basis", "TEXT", about: "on what law, contract or consent it was collected; without one there are no rights over it", isRequired: true),
                .value("external-id", "SCHEME=VALUE", about: "another identifier of it", isRepeated: true), EvidenceBox.option,
                CommandContext.yes,
            ],
            examples: [
                "hexi resource register --title zh=庆阳机场航班数据 --title en=\"Flights of Qingyang Airport\" --summary en=\"One row a flight since 2013\" --origin self-collected --lawful-basis \"Civil aviation statistics rules\" --evidence contract=agreement.pdf"
            ],
            run: environment.action { context in
                let signing = try RightSigning(context)
                let arguments = context.arguments
                let title = try Notation.languageMap(arguments.values("title"), of: "--title")
                let summary = try Notation.languageMap(arguments.values("summary"), of: "--summary")
                let identifiers = try arguments.values("external-id").map { text in
                    let (scheme, value) = try Notation.pair(text, of: "--external-id", form: "SCHEME=VALUE")
                    return ExternalIdentifier(scheme: scheme, value: value)
                }
                let holder = try signing.session.profile.requireParticipant()
                let evidence = try EvidenceBox(signing.session.profile).prepare(arguments.values("evidence"))
                // The parser has let only known words pass.
                let registration = ResourceRegistration(
                    holder: holder, title: title, summary: summary,
                    grade: ResourceGrade(rawValue: try arguments.required("grade")) ?? .core,
                    origin: ProductOrigin(rawValue: try arguments.required("origin")) ?? .selfCollected,
                    lawfulBasis: try arguments.required("lawful-basis"), externalIdentifiers: identifiers, evidence: evidence.map(\.reference))
                return try await signing.send(.resourceRegistration(registration), evidence: evidence) {
                    "Registered as \($0.identifier). Apply for a right over it with: hexi right apply --over \($0.identifier)"
                }
            })
    }

    private var list: Command {
        Command(
            name: "list", about: "list the registered resources",
            options: [.value("holder", "ID", about: "only this participant's"), CommandContext.limit],
            examples: ["hexi resource list --holder 86.gs.qingyang/P…"],
            run: environment.action { context in
                let items = try await context.items(
                    try context.publicClient(), RightAddress.resources, [("holder", context.arguments.value("holder"))])
                context.show(["items": .array(items)]) {
                    var table = Table(["resource", "title", "holder", "grade", "rights"])
                    for item in items {
                        table.append([
                            item.text("identifier"), item["title"].localised, item.text("holderName"), item.text("grade"),
                            String(item.list("rights").count),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show one resource, and the rights over it",
            arguments: [CommandArgument("resource", about: "its identifier")],
            examples: ["hexi resource show 86.gs.qingyang/R…"],
            run: environment.action { context in
                let resource = try context.identifier("resource", .resource)
                let view = try await context.publicClient().get(RequestTarget("\(RightAddress.resources)/\(resource)"))
                context.show(view) {
                    var details = DetailList()
                    details.add("identifier", view.text("identifier"))
                    details.add("title", view["title"].localised)
                    details.add("holder", "\(view.text("holderName")) (\(view.text("holder")))")
                    details.add("grade", view.text("grade"))
                    for right in view.list("rights") { details.add("right", right.shown) }
                    for entry in view.list("history") { details.add("entry \(entry.text("seq"))", "\(entry.text("time"))  \(entry.text("type"))") }
                    context.console.print(details.render())
                }
                return .success
            })
    }
}
