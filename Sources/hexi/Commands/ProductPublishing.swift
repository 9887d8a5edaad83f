import CommandLineInterface
import Encoding
import Exchange

/// The provider's way from a file to a listed product: `import`, `template`, `publish`.
struct ProductPublishing: Sendable {
    let environment: CommandEnvironment

    var importing: Command {
        Command(
            name: "import", about: "import a CSV or Parquet file as an immutable snapshot",
            discussion: """
                The file goes to the node, which keeps it encrypted and never shows it to anybody; buyers only ever get what \
                the listing's terms allow. The snapshot's description is printed, and kept in the profile for \
                "hexi product template".
                """,
            options: [.value("format", "FORMAT", about: "the file's format; else told from its name", choices: ["csv", "parquet"])],
            arguments: [CommandArgument("file", about: "the table", completion: .file)],
            examples: ["hexi product import flights.csv", "hexi product import weather.parquet --json > snapshot.json"],
            run: environment.action { context in
                let file = try context.arguments.requiredArgument("file")
                let format = try Self.format(of: file, given: context.arguments.value("format"))
                let session = try context.session()
                let record = try await Self.upload(file, format: format, session, context)
                try record.save(in: session.profile.snapshotsDirectory)
                context.show(["snapshot": record.json]) {
                    var details = DetailList()
                    details.add("snapshot", record.digest)
                    details.add("rows", DecimalText.grouped(record.rowCount))
                    context.console.print(details.render())
                    var table = Table(["column", "type"])
                    for column in record.columns { table.append([column.name, column.type]) }
                    context.show(table)
                    context.note("Describe it with: hexi product template \(record.digest.prefix(16)) > listing.json")
                }
                return .success
            })
    }

    private static func format(of file: String, given: String?) throws(ClientError) -> String {
        if let given { return given }
        let name = file.lowercased()
        if name.hasSuffix(".csv") { return "csv" }
        if name.hasSuffix(".parquet") { return "parquet" }
        throw .usage("the format of \(file) cannot be told from its name", hint: "Give --format csv or --format parquet.")
    }

    private static func upload(
        _ file: String, format: String, _ session: Session, _ context: CommandContext
    ) async throws(ClientError) -> SnapshotRecord {
        let size = UInt64(try LocalFiles.size(file))
        let isQuiet = context.isQuiet || context.wantsJSON
        let reading = ProgressDisplay("reading", total: size, unit: .bytes, isQuiet: isQuiet, console: context.console)
        defer { reading.finish() }
        let digest = try FileDigest.compute(file) { reading.update($0) }
        reading.finish()
        if !isQuiet { context.note("Sending \(ByteText.format(size)); the node imports it then.") }
        let sending = ProgressDisplay("sending", total: size, unit: .bytes, isQuiet: isQuiet, console: context.console)
        defer { sending.finish() }
        let answer = try await session.client.upload(
            RequestTarget("/api/v1/snapshots", [("format", format)]), file: file, digest: digest,
            type: format == "csv" ? "text/csv" : "application/vnd.apache.parquet"
        ) { sending.update($0) }
        do { return try SnapshotRecord(answer.body) } catch {
            throw .unexpectedAnswer(node: session.client.address.base, reason: "the snapshot's description: \(error)")
        }
    }

    var template: Command {
        Command(
            name: "template", about: "print a listing to fill in for an imported snapshot",
            discussion: """
                Every "?" in it must be replaced before it can be published. Roles: privacy_unit (whom or what the \
                disclosure control protects; at most one column), dimension (group by), measure (aggregate), filter \
                (compare), join_key (join on), hidden (no use at all).
                """,
            options: [
                .value("role", "COLUMN=ROLE", about: "a column's role", isRepeated: true),
                .value("other-role", "ROLE", about: "the role of all other columns", choices: ColumnRole.allCases.map(\.rawValue)),
                .value(
                    "set", "PLACE=VALUE", about: "fill in a place, such as title.en=Departures or price.perRun=2000; the value is JSON, or else a text",
                    isRepeated: true),
            ],
            arguments: [
                CommandArgument(
                    "snapshot", about: "the first 8 or more digits of its SHA-256, or a file that \"product import --json\" printed",
                    completion: .file)
            ],
            examples: [
                "hexi product template 3f1c02ab --role tailnum=privacy_unit --other-role dimension > listing.json",
                "hexi product template 3f1c02ab --other-role dimension --set title.en=Departures --set price.perRun=2000 > listing.json",
            ],
            run: environment.action { context in
                let snapshot = try context.arguments.requiredArgument("snapshot")
                let directory = try? Profile(directory: context.profileDirectory()).snapshotsDirectory
                let record = try SnapshotRecord.find(snapshot, in: directory)
                let roles = try Self.roles(context.arguments.values("role"), record)
                var listing = ListingDocument.template(
                    record, roles: roles, otherRole: context.arguments.value("other-role").flatMap { ColumnRole(rawValue: $0) })
                for text in context.arguments.values("set") {
                    let (place, value) = try Notation.pair(text, of: "--set", form: "PLACE=VALUE")
                    guard listing.set(place, to: value) else {
                        throw UsageError.badValue(of: "--set", value: text, reason: "the listing has no place \"\(place)\"")
                    }
                }
                // Always indented: the output is a file for a person to edit.
                context.console.print(JSONValue.object(listing.json).prettyString())
                for place in listing.openPlaces where !place.hasPrefix("/snapshot/columns/") {
                    context.note("\(place): \(ListingDocument.advice(place))")
                }
                return .success
            })
    }

    private static func roles(_ texts: [String], _ record: SnapshotRecord) throws(UsageError) -> [String: ColumnRole] {
        var roles: [String: ColumnRole] = [:]
        for text in texts {
            let (column, word) = try Notation.pair(text, of: "--role", form: "COLUMN=ROLE")
            guard record.columns.contains(where: { $0.name == column }) else {
                throw .badValue(of: "--role", value: text, reason: "the snapshot has no column \"\(column)\"")
            }
            guard let role = ColumnRole(rawValue: word) else {
                let known = ColumnRole.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badValue(of: "--role", value: text, reason: "the role must be one of \(known)")
            }
            roles[column] = role
        }
        return roles
    }

    var publish: Command {
        Command(
            name: "publish", about: "sign a listing and put the product in the catalogue",
            options: [.value("product", "ID", about: "list it as the next version of this product of yours")],
            arguments: [CommandArgument("listing", about: "the filled-in listing, or - for standard input", completion: .file)],
            examples: ["hexi product publish listing.json", "hexi product publish listing.json --product 86.gs.qingyang/D…"],
            run: environment.action { context in
                let path = try context.arguments.requiredArgument("listing")
                let session = try context.session()
                var document = try ListingDocument(try LocalFiles.read(path), path: path)
                if let text = context.arguments.value("product") {
                    let product = try Notation.identifier(text, .product, of: "--product")
                    document.json["product"] = .string(product.text)
                    document.json["version"] = .integer(try await ProductReference.latestVersion(of: product, session.client) + 1)
                }
                let listing = try document.listing(
                    provider: try session.profile.requireParticipant(), space: session.profile.space)
                let currency = try await session.space().currency
                context.note(Self.summary(listing, session.profile, currency: currency))
                let answer = try await session.sender.send(.productListing(listing), to: ProductCommands.path)
                let isWaiting = answer.body["receipt"]?["type"]?.stringValue == EventType.productSubmitted.rawValue
                context.showAnswer(
                    answer,
                    isWaiting
                        ? "Submitted as \(answer.identifier), version \(listing.version). It waits for the operator; see \"hexi product versions \(answer.identifier)\"."
                        : "Listed as \(answer.identifier), version \(listing.version).")
                return .success
            })
    }

    private static func summary(_ listing: ProductListing, _ profile: Profile, currency: String) -> String {
        let title = listing.title[Language.preferred[0]] ?? listing.title["en"] ?? listing.title.values.sorted().first ?? ""
        let start = "Signing a listing as \(profile.name): \"\(TextWidth.printable(title))\", version \(listing.version), "
        guard let data = listing.data else { return start + "an entry of the catalogue only: without a snapshot, it cannot be queried." }
        let modes = QueryMode.allCases.filter { data.offers($0) }.map(\.rawValue).joined(separator: " and ")
        return start + "\(DecimalText.grouped(data.rowCount)) rows, modes \(modes), "
            + "\(MoneyText.format(data.pricePerRun, currency: currency)) a run."
    }
}
