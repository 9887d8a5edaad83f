import Encoding
import Exchange
import HTTPTransport
import Markup

/// Identifiers that resolve, for people and for programs: `/id/<prefix>/<suffix>`, and `/id?scheme=…&value=…` for the
/// numbers that other registers gave.
struct ResolutionRoutes: Sendable {
    let services: NodeServices

    private var resolver: Resolver { Resolver(services: services) }

    func add(to router: inout Router) {
        router.add("GET", "/id/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, ["lang"])
            let language = try ContentChoice.language(request)
            return try await answer(request, language, prefix: try path.value("prefix"), suffix: try path.value("suffix"))
        }
        router.add("GET", "/id") { request, _ in
            try TargetQuery.allow(request, ["scheme", "value", "lang"])
            return try await external(request)
        }
    }

    private func answer(_ request: HTTPRequest, _ language: PageLanguage, prefix: String, suffix: String) async throws -> HTTPResponse {
        let own = services.home.configuration.space
        guard let identifier = try? Identifier("\(prefix)/\(suffix)") else {
            return try await missing(request, language, suffix: suffix, "\"\(prefix.prefix(80))/\(suffix.prefix(80))\" is no identifier: its check character does not fit, or its form is another")
        }
        if let thing = try await resolver.thing(identifier) { return try Self.show(thing, request, language) }
        let detail = identifier.prefix == own
            ? "nothing in this space has the identifier \(identifier)" : "the space \(identifier.prefix) is another one; this node serves \(own)"
        return try await missing(request, language, suffix: suffix, detail)
    }

    private static func show(_ thing: ResolvedThing, _ request: HTTPRequest, _ language: PageLanguage) throws -> HTTPResponse {
        if ContentChoice.prefersHTML(request) { return thing.page(language).response() }
        return .json(200, thing.json, headers: ["Content-Location": "/id/\(thing.identifier)", "Vary": "Accept, Accept-Language"])
    }

    private func external(_ request: HTTPRequest) async throws -> HTTPResponse {
        let language = try ContentChoice.language(request)
        guard let scheme = try request.queryValue("scheme"), !scheme.isEmpty else {
            throw TargetQuery.problem("scheme", "is missing: which register gave the number, such as moid")
        }
        guard let value = try request.queryValue("value"), !value.isEmpty, value.utf8.count <= 800 else {
            throw TargetQuery.problem("value", "is missing or too long: the number as that register writes it")
        }
        let external = ExternalIdentifier(scheme: scheme, value: value)
        let found = await services.sequencer.read { state in
            state.catalogue.product(external) ?? state.rights.externalIdentifiers[external.key]
        }
        guard let found, let thing = try await resolver.thing(found) else {
            throw Problem(
                code: "not-found", status: 404, title: "There is no such thing",
                detail: "no product or resource here has the identifier \(value.prefix(200)) of the scheme \(scheme.prefix(32))",
                hint: "Schemes are written in lower case, as the listing has them; look for the thing with /api/v1/products?q=… or /api/v1/resources")
        }
        return try Self.show(thing, request, language)
    }

    // MARK: Did you mean

    private static let mostCandidates = 10

    private func missing(_ request: HTTPRequest, _ language: PageLanguage, suffix: String, _ detail: String) async throws -> HTTPResponse {
        let guesses = IdentifierGuess.candidates(prefix: services.home.configuration.space, suffix: suffix)
        var things: [ResolvedThing] = []
        for guess in guesses where things.count < Self.mostCandidates {
            if let thing = try await resolver.thing(guess) { things.append(thing) }
        }
        if ContentChoice.prefersHTML(request) { return try Self.page(detail, things, language).response(404) }
        let list = JSONValue.array(things.map {
            ["identifier": .string($0.identifier.text), "kind": .string($0.kind), "status": .string($0.status)]
        })
        return .problem(
            Problem(
                code: "not-found", status: 404, title: "There is no such thing", detail: detail,
                hint: things.isEmpty ? "Compare it with where you have it from, character by character."
                    : "Did you mean \(things.map(\.identifier.text).joined(separator: ", or "))?",
                extensions: ["candidates": list], headers: ["Vary": "Accept, Accept-Language"]))
    }

    private static func page(_ detail: String, _ things: [ResolvedThing], _ language: PageLanguage) throws -> Page {
        var page = Page(Phrase("没有此标识", "No such identifier"), language)
        page.add(HTML.element("h1", [], page.say(Phrase("没有此标识", "No such identifier"))))
        page.add(HTML.element("p", [("class", "verdict bad")], HTML.value(detail)))
        guard !things.isEmpty else {
            page.add(HTML.element("p", [], page.say(Phrase("请与来源逐字核对。", "Compare it with where you have it from, character by character."))))
            return page
        }
        let rows = things.map { thing -> (Phrase, String) in
            let link = Page.link("/id/\(thing.identifier)", Page.code(thing.identifier.text))
            return (ResolvedThing.words[thing.kind] ?? Phrase(thing.kind, thing.kind), link + " " + page.say(thing.title))
        }
        page.addSection(Phrase("您要找的是否是", "Did you mean"), page.facts(rows))
        return page
    }
}
