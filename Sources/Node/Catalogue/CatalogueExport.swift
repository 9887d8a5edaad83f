import Encoding
import Exchange

/// One product on its way into the export.
struct CatalogueEntry: Sendable {
    var product: Product
    /// Of the version in force.
    var listing: ProductListing
    var provider: String
    /// When that version was recorded.
    var time: Timestamp
    var currency: String
}

/// The catalogue in the Data Catalog Vocabulary (W3C DCAT 3) as JSON-LD 1.1.
///
/// Addresses are relative to the document's own, so they are right under whatever name the node is reached.
enum CatalogueExport {
    /// Compact names of the vocabularies; every term that is used is of one of them.
    static let context: JSONValue = [
        "adms": "http://www.w3.org/ns/adms#", "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/", "hydra": "http://www.w3.org/ns/hydra/core#", "odrl": "http://www.w3.org/ns/odrl/2/",
        "prov": "http://www.w3.org/ns/prov#", "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#", "xsd": "http://www.w3.org/2001/XMLSchema#",
        "hydra:next": ["@type": "@id"],
    ]

    /// One page as a catalogue of its own; all pages have the same `@id`, so that together they are one catalogue.
    static func document(space: Space, _ entries: [CatalogueEntry], isFirst: Bool) -> JSONObject {
        var object: JSONObject = ["@context": context, "@id": "/api/v1/catalogue.jsonld", "@type": "dcat:Catalog"]
        if isFirst {
            object["dct:identifier"] = .string(space.prefix)
            object["dct:title"] = texts(space.name)
        }
        let services = entries.filter { $0.listing.form == .service }
        let datasets = entries.filter { $0.listing.form != .service }
        object["dcat:dataset"] = .array(datasets.map { resource($0, type: "dcat:Dataset") })
        object["dcat:service"] = .array(services.map { resource($0, type: "dcat:DataService") })
        return object
    }

    static func resource(_ entry: CatalogueEntry, type: String) -> JSONValue {
        let (product, listing) = (entry.product, entry.listing)
        let address = "/id/\(product.identifier)"
        var object: JSONObject = [
            "@id": .string(address), "@type": .string(type), "dct:identifier": .string(product.identifier.text),
            "dct:title": texts(listing.title),
            "dct:description": texts(listing.description.isEmpty ? listing.summary : listing.description),
        ]
        if !listing.keywords.isEmpty { object["dcat:keyword"] = .array(listing.keywords.map { .string($0) }) }
        object["dct:type"] = .string(listing.form.rawValue)
        object["dct:publisher"] = [
            "@id": .string("/id/\(product.provider)"), "@type": "foaf:Agent", "foaf:name": .string(entry.provider),
        ]
        object["dcat:version"] = .string(String(listing.version))
        if !listing.changes.isEmpty { object["adms:versionNotes"] = texts(listing.changes) }
        object["dct:modified"] = ["@type": "xsd:dateTime", "@value": .string(entry.time.description)]
        object["dct:license"] = ["@type": "dct:LicenseDocument", "rdfs:label": .string(listing.licence)]
        object["dct:accessRights"] = ["@id": .string(accessRights(strictness: listing.strictness))]
        object["dct:accrualPeriodicity"] = frequency(listing.updateCycle)
        if !listing.externalIdentifiers.isEmpty { object["adms:identifier"] = .array(listing.externalIdentifiers.map(external)) }
        if !product.derivedFrom.isEmpty {
            object["prov:wasDerivedFrom"] = .array(product.derivedFrom.map { ["@id": .string("/id/\($0)")] })
        }
        addCoverage(listing.coverage, &object)
        if let data = listing.data { addData(data, entry, &object) }
        object["dcat:landingPage"] = ["@id": .string(address)]
        return .object(object)
    }

    private static func addCoverage(_ coverage: Coverage?, _ object: inout JSONObject) {
        guard let coverage else { return }
        if !coverage.spatial.isEmpty {
            object["dct:spatial"] = .array(coverage.spatial.map { ["@type": "dct:Location", "skos:prefLabel": .string($0)] })
        }
        guard coverage.from != nil || coverage.until != nil else { return }
        var period: JSONObject = ["@type": "dct:PeriodOfTime"]
        for (name, time) in [("dcat:startDate", coverage.from), ("dcat:endDate", coverage.until)] {
            period[name] = time.map { ["@type": "xsd:dateTime", "@value": .string($0.description)] }
        }
        object["dct:temporal"] = .object(period)
    }

    /// What queries on the data cost, and a sample to try them on. The data itself cannot be had, so there is no
    /// distribution of it.
    private static func addData(_ data: ProductData, _ entry: CatalogueEntry, _ object: inout JSONObject) {
        let address = "/id/\(entry.product.identifier)"
        let price: JSONValue = [
            "@type": "odrl:Duty", "odrl:action": [
                "@id": "odrl:compensate"
            ],
            "odrl:constraint": [
                "@type": "odrl:Constraint", "odrl:leftOperand": ["@id": "odrl:payAmount"], "odrl:operator": ["@id": "odrl:eq"],
                "odrl:rightOperand": ["@type": "xsd:integer", "@value": .string(String(data.pricePerRun))],
                "odrl:unit": .string("\(entry.currency), minor unit"),
            ],
        ]
        let actions = QueryMode.allCases.filter { data.offers($0) }.map { mode -> JSONValue in
            ["@type": "odrl:Permission", "odrl:action": ["@id": mode == .rows ? "odrl:extract" : "odrl:aggregate"], "odrl:duty": price]
        }
        object["odrl:hasPolicy"] = [
            "@type": "odrl:Offer", "odrl:assigner": ["@id": .string("/id/\(entry.product.provider)")],
            "odrl:target": ["@id": .string(address)], "odrl:permission": .array(actions),
        ]
        if entry.product.version(entry.listing.version)?.assessment != nil {
            object["adms:sample"] = [
                "@type": "dcat:Distribution", "dct:title": texts(["en": "Synthetic sample", "zh": "合成样本"]),
                "dcat:downloadURL": ["@id": .string("/api/v1/products/\(entry.product.identifier)/sample")],
                "dcat:mediaType": ["@id": "https://www.iana.org/assignments/media-types/text/csv"],
            ]
        }
    }

    private static func external(_ identifier: ExternalIdentifier) -> JSONValue {
        ["@type": "adms:Identifier", "skos:notation": .string(identifier.value), "adms:schemeAgency": .string(identifier.scheme)]
    }

    static func texts(_ map: [String: String]) -> JSONValue {
        .array(map.sorted { $0.key < $1.key }.map { ["@language": .string($0.key), "@value": .string($0.value)] })
    }

    /// The European Union's authority table of access rights, which DCAT-AP names: public, restricted, non-public.
    private static func accessRights(strictness: Int64) -> String {
        let word = strictness <= 1 ? "PUBLIC" : strictness == 2 ? "RESTRICTED" : "NON_PUBLIC"
        return "http://publications.europa.eu/resource/authority/access-right/\(word)"
    }

    /// The authority table of frequencies where the provider's word is one of them; else the word itself.
    private static func frequency(_ cycle: String) -> JSONValue {
        let known = [
            "continuous": "CONT", "hourly": "HOURLY", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY",
            "quarterly": "QUARTERLY", "yearly": "ANNUAL", "annual": "ANNUAL", "once": "NEVER", "never": "NEVER", "irregular": "IRREG",
            "实时": "CONT", "每小时": "HOURLY", "每日": "DAILY", "每天": "DAILY", "每周": "WEEKLY", "每月": "MONTHLY", "每季": "QUARTERLY",
            "每季度": "QUARTERLY", "每年": "ANNUAL", "一次性": "NEVER", "不定期": "IRREG",
        ]
        guard let word = known[cycle.lowercased()] else { return ["@type": "dct:Frequency", "rdfs:label": .string(cycle)] }
        return ["@id": .string("http://publications.europa.eu/resource/authority/frequency/\(word)"), "@type": "dct:Frequency"]
    }
}
