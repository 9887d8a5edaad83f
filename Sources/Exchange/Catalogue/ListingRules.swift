import Encoding

// What must hold of a listing beside what its reader and the product's status say.
extension ExchangeState {
    private var cataloguePolicy: CataloguePolicy { space?.policy.catalogue ?? CataloguePolicy() }

    /// The grades, the note of changes, the space's fields, and what may not be listed.
    func checkContent(of listing: ProductListing, after existing: Product?) throws(Refusal) {
        try checkGrades(of: listing)
        if cataloguePolicy.requireChanges, existing != nil, listing.changes.isEmpty {
            throw Refusal(
                .changesMissing, "in this space every version after the first says what is new; add \"changes\" in at least one language",
                pointer: "/changes")
        }
        try checkExtensions(of: listing)
        try checkNegativeList(listing)
    }

    private func checkGrades(of listing: ProductListing) throws(Refusal) {
        guard listing.strictnessRange == nil else { return }
        var bare = listing
        for (index, grade) in listing.grades.enumerated() {
            bare.grades = Array(listing.grades[..<index])
            guard let allowed = bare.strictnessRange, let own = grade.scheme.strictness(grade.grade), !allowed.overlaps(own)
            else { continue }
            let fitting = grade.scheme.grades.filter { $0.strictness.overlaps(allowed) }.map(\.name)
            throw Refusal(
                .gradesContradict,
                "the grade \(grade.grade) of the scheme \(grade.scheme.rawValue) contradicts the grades before it (\"grade\" is \(listing.grade.rawValue)); beside them, \(fitting.isEmpty ? "no grade of the scheme would fit" : "\(fitting.joined(separator: " or ")) would fit")",
                pointer: "/grades/\(index)/grade")
        }
    }

    private func checkExtensions(of listing: ProductListing) throws(Refusal) {
        let fields = cataloguePolicy.extensionFields.filter { $0.applies(to: listing.productClass) }
        for member in listing.extensions.members {
            let pointer = "/extensions/\(member.name)"
            guard let field = fields.first(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) else {
                let known = fields.isEmpty ? "none" : fields.map(\.name).joined(separator: ", ")
                throw Refusal(
                    .extensionWrong,
                    "the space has no field \"\(member.name)\" for products of class \(listing.productClass.rawValue); it has \(known)",
                    pointer: pointer)
            }
            if let fault = field.fault(member.value) {
                throw Refusal(.extensionWrong, "the field \"\(field.name)\" \(fault)", pointer: pointer)
            }
        }
        for field in fields where field.isRequired && listing.extensions[field.name] == nil {
            throw Refusal(
                .extensionWrong, "the space requires the field \"\(field.name)\" (\(field.type.rawValue)) of products of class \(listing.productClass.rawValue)",
                pointer: "/extensions")
        }
    }

    private func checkNegativeList(_ listing: ProductListing) throws(Refusal) {
        let list = cataloguePolicy.negativeList
        if list.isEmpty { return }
        for (pointer, text) in listing.texts {
            if let term = list.term(in: text) { throw Self.refusal(term, "the text", pointer) }
        }
        for (index, keyword) in listing.keywords.enumerated() {
            if let term = list.term(ofSubject: keyword) { throw Self.refusal(term, "the subject", "/keywords/\(index)") }
        }
    }

    private static func refusal(_ term: NegativeTerm, _ what: String, _ pointer: String) -> Refusal {
        Refusal(
            .negativeList, "\(what) holds \"\(term.term)\", which may not be listed in this space: \(term.reason)",
            pointer: pointer)
    }

    // MARK: Lineage

    /// How many products a listing may go back to, so that the check comes to an end soon.
    static let maximumAncestorCount = 10_000

    /// A derived product names what it was made from, and no product comes to be made from itself.
    ///
    /// An input must be in the catalogue when it is named, so versions alone can never form a circle. Products could: a
    /// later version of the source may name the derived product. Whoever follows the lineage of products would go round.
    func checkLineage(of listing: ProductListing, _ identifier: Identifier) throws(Refusal) {
        if listing.productClass == .derived, listing.inputs.isEmpty {
            throw Refusal(
                .inputMissing, "a derived product names what it was made from, with each one's origin and licence; add \"inputs\"",
                pointer: "/inputs")
        }
        for (index, input) in listing.inputs.enumerated() {
            guard let source = input.product else { continue }
            let pointer = "/inputs/\(index)/product"
            guard source != identifier else {
                throw Refusal(.lineageCircular, "a product is not made from itself", pointer: pointer)
            }
            guard let product = products[source], product.versions.contains(where: { $0.status == .listed }) else {
                throw Refusal(.inputUnknown, "no product \(source) is, or was, listed in this space", pointer: pointer)
            }
            if listing.product != nil { try checkDescent(from: source, doesNotReach: identifier, pointer) }
        }
    }

    private func checkDescent(
        from source: Identifier, doesNotReach identifier: Identifier, _ pointer: String
    ) throws(Refusal) {
        var seen: Set<Identifier> = [source]
        var waiting = [source]
        while let next = waiting.popLast() {
            for parent in Set(products[next]?.versions.flatMap(\.derivedFrom) ?? []) where seen.insert(parent).inserted {
                if parent == identifier {
                    throw Refusal(
                        .lineageCircular, "the product \(source) was itself made from \(identifier); list what comes of both as a new product",
                        pointer: pointer)
                }
                waiting.append(parent)
            }
            if seen.count > Self.maximumAncestorCount {
                throw Refusal(
                    .lineageCircular, "the product \(source) goes back to more than \(Self.maximumAncestorCount) others, which is more than can be checked; list what comes of it as a new product",
                    pointer: pointer)
            }
        }
    }

    // MARK: One source of record

    /// An external identifier belongs to one product of the space, through all its versions and its withdrawal.
    func checkExternalIdentifiers(
        of listing: ProductListing, _ identifier: Identifier, after existing: Product?
    ) throws(Refusal) {
        for (index, external) in listing.externalIdentifiers.enumerated() {
            guard let holder = catalogue.externalIdentifiers[external.key], holder != identifier else { continue }
            let provider = products[holder].flatMap { participants[$0.provider]?.name }
            throw Refusal(
                .identifierTaken,
                "the identifier \(external) belongs to \(holder)\(provider.map { ", listed by \($0)" } ?? ""); refer to that product as an input instead of listing the thing a second time",
                pointer: "/externalIdentifiers/\(index)")
        }
        for (index, external) in listing.externalIdentifiers.enumerated() {
            guard let resource = rights.externalIdentifiers[external.key].flatMap({ rights.resources[$0] }),
                resource.holder != listing.provider
            else { continue }
            throw Refusal(
                .identifierTaken, "the identifier \(external) belongs to the resource \(resource.identifier) of \(resource.holder); only its holder lists products under it",
                pointer: "/externalIdentifiers/\(index)")
        }
        let named = Set(listing.externalIdentifiers.map(\.key))
        if let dropped = existing?.heldIdentifiers.subtracting(named).min(by: { $0.description < $1.description }) {
            throw Refusal(
                .identifierDropped, "the product has the identifier \(dropped), which every later version names too; a version may add identifiers, not drop them",
                pointer: "/externalIdentifiers")
        }
    }

    // MARK: Rights

    /// Every right that the listing names must be one that the provider may exercise now, and among them must be the
    /// kinds that the space requires for products of this form, unless the provider has them over the product itself.
    func requireRights(_ listing: ProductListing, _ signer: Participant, at time: Timestamp) throws(Refusal) {
        var kinds: Set<RightKind> = []
        if let product = listing.product { kinds.formUnion(rightsInForce(of: signer.identifier, over: product, at: time)) }
        let sources = listing.inputs.compactMap(\.product)
        for (index, identifier) in listing.rights.enumerated() {
            let pointer = "/rights/\(index)"
            guard let right = rights.rights[identifier] else {
                throw Refusal(.rightsMissing, "there is no right \(identifier) in this space; leave it out, or register it first", pointer: pointer)
            }
            guard let kind = rightInForce(identifier, of: signer.identifier, at: time) else {
                throw Refusal(
                    .rightsMissing,
                    "the right \(identifier) is not in force, or \(signer.name) is neither its holder nor licensed; name one that is, or renew it",
                    pointer: pointer)
            }
            let isOverOther = right.over.kind == .product && right.over != listing.product && !sources.contains(right.over)
            guard !isOverOther else {
                throw Refusal(
                    .rightsMissing, "the right \(identifier) is over the product \(right.over), which the listing neither continues nor names as an input",
                    pointer: pointer)
            }
            kinds.insert(kind)
        }
        let needed = cataloguePolicy.requiredRights[listing.form] ?? []
        if let missing = needed.first(where: { !kinds.contains($0) }) {
            throw Refusal(
                .rightsMissing,
                "the space lists a \(listing.form.rawValue) only on a registered right of the kind \(missing.rawValue); apply for one over the resource, and name its certificate's number under \"rights\"",
                pointer: "/rights")
        }
    }
}

extension ProductListing {
    /// Every text that people read, with its place.
    var texts: [(pointer: String, text: String)] {
        var found: [(pointer: String, text: String)] = []
        for (name, map) in [("title", title), ("summary", summary), ("description", description), ("changes", changes)] {
            found += map.sorted { $0.key < $1.key }.map { ("/\(name)/\($0.key)", $0.value) }
        }
        found += keywords.enumerated().map { ("/keywords/\($0)", $1) }
        found += [("/licence", licence), ("/updateCycle", updateCycle)]
        for (index, input) in inputs.enumerated() {
            found += [("/inputs/\(index)/name", input.name), ("/inputs/\(index)/licence", input.licence)]
            if let channel = input.channel { found.append(("/inputs/\(index)/channel", channel)) }
        }
        found += externalIdentifiers.enumerated().map { ("/externalIdentifiers/\($0)/value", $1.value) }
        found += (coverage?.spatial ?? []).enumerated().map { ("/coverage/spatial/\($0)", $1) }
        for member in extensions.members {
            if let text = member.value.stringValue { found.append(("/extensions/\(member.name)", text)) }
        }
        for (name, figure) in qualityStatement?.figures ?? [] {
            found += [("/qualityStatement/\(name)/unit", figure.unit), ("/qualityStatement/\(name)/method", figure.method)]
        }
        found += (data?.columns ?? []).enumerated().map { ("/snapshot/columns/\($0)/name", $1.name) }
        return found
    }
}
