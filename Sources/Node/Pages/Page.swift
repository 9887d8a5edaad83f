import Encoding
import HTTPTransport
import Markup
import Signing

/// A page of the node for people: one document that loads nothing else, has no script, and prints on A4 paper.
///
/// Whatever comes from outside goes through ``HTML/escape(_:maximumCount:)``; should something slip through all the same, the
/// browser is told to run and load nothing (Content Security Policy).
struct Page {
    var title: Phrase
    var language: PageLanguage
    /// Markup, one block each.
    var blocks: [String] = []

    init(_ title: Phrase, _ language: PageLanguage) {
        self.title = title
        self.language = language
    }

    func say(_ phrase: Phrase) -> String { phrase.html(language) }

    /// A text in several languages: in the page's language where there is one, in all of them where it shows both.
    func say(_ texts: [String: String]) -> String {
        let sorted = texts.sorted { $0.key < $1.key }
        func shown(_ text: (key: String, value: String)) -> String {
            HTML.element("span", [("lang", text.key)], HTML.value(text.value))
        }
        if language != .both, let own = sorted.first(where: { $0.key == language.rawValue || $0.key.hasPrefix(language.rawValue + "-") }) {
            return shown(own)
        }
        return sorted.map(shown).joined(separator: " · ")
    }

    mutating func add(_ block: String) { blocks.append(block) }

    /// A heading with what stands under it, kept together where a page is broken.
    mutating func addSection(_ title: Phrase, _ content: String) {
        add(HTML.element("section", [], "\n" + HTML.element("h2", [], say(title)) + "\n" + content))
    }

    /// A table of names and values; the values are markup.
    func facts(_ rows: [(Phrase, String)]) -> String {
        let body = rows.filter { !$0.1.isEmpty }.map {
            HTML.element("tr", [], HTML.element("th", [], say($0)) + HTML.element("td", [], $1)) + "\n"
        }
        return HTML.element("table", [("class", "facts")], HTML.element("tbody", [], "\n" + body.joined()))
    }

    static func code(_ text: String) -> String { HTML.element("span", [("class", "code")], HTML.value(text)) }

    static func link(_ target: String, _ markup: String) -> String { HTML.element("a", [("href", target)], markup) }

    var html: String {
        let head = [
            HTML.empty("meta", [("charset", "utf-8")]),
            HTML.empty("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            HTML.element("title", [], HTML.escape(title.plain(language))), HTML.element("style", [], Self.style),
        ].joined(separator: "\n")
        let root = [("xmlns", "http://www.w3.org/1999/xhtml"), ("lang", language == .en ? "en" : "zh")]
        let content = HTML.element("head", [], "\n" + head + "\n") + "\n"
            + HTML.element("body", [], "\n" + blocks.joined(separator: "\n") + "\n")
        return "<!DOCTYPE html>\n" + HTML.element("html", root, "\n" + content + "\n") + "\n"
    }

    func response(_ status: Int = 200) -> HTTPResponse {
        let headers: HTTPHeaders = [
            "Content-Security-Policy": Self.securityPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache", "Vary": "Accept, Accept-Language",
            "Content-Language": language == .both ? "zh, en" : language.rawValue,
        ]
        return .bytes(status, type: "text/html; charset=utf-8", Array(html.utf8), headers: headers)
    }

    /// Nothing may be loaded or run, and only this very style sheet applies (CSP Level 3).
    static let securityPolicy =
        "default-src 'none'; style-src 'sha256-\(Base64.encode(SHA256.hash(style.utf8).bytes))'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// No `&` and no `<`, so that it is the same text in HTML and in XML.
    static let style = """
        @page { size: A4; margin: 16mm; }
        body { font: 10.5pt/1.55 "Noto Sans", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif;
          color: #1a1a1a; max-width: 178mm; margin: 0 auto; padding: 6mm 4mm; }
        h1 { font-size: 18pt; margin: 0 0 3mm; } h2 { font-size: 12.5pt; margin: 7mm 0 2mm; break-after: avoid; }
        span[lang] + span[lang] { margin-left: 0.4em; }
        a { color: #1a4f8a; } p { margin: 1.5mm 0; }
        table { border-collapse: collapse; width: 100%; font-size: 9.5pt; margin-bottom: 3mm; }
        th, td { border-bottom: 0.3pt solid #bbb; padding: 1mm 2mm 1mm 0; text-align: left; vertical-align: top;
          overflow-wrap: anywhere; } th { font-weight: 600; } tr { break-inside: avoid; }
        .facts th { width: 44mm; overflow-wrap: normal; }
        .code { font-family: "Noto Sans Mono", monospace; font-size: 8.5pt; overflow-wrap: anywhere; }
        .verdict { font-size: 13pt; font-weight: 600; padding: 3mm 4mm; border-left: 2mm solid; }
        .good { border-color: #1e8449; background: #eafaf1; } .bad { border-color: #b03a2e; background: #fdedec; }
        .wait { border-color: #b7950b; background: #fef9e7; }
        .certificate { border: 1.2mm double #7a5c1e; padding: 9mm 10mm; } .certificate h1 { text-align: center; }
        .certificate .number { text-align: center; margin-bottom: 6mm; }
        .seal { display: flex; gap: 6mm; align-items: flex-start; margin-top: 6mm; } .seal div { flex: 1; }
        svg.qr { width: 34mm; height: 34mm; flex: none; }
        textarea { width: 100%; height: 40mm; font-family: monospace; } input[type=text] { width: 100%; }
        footer { margin-top: 7mm; border-top: 0.3pt solid #bbb; color: #555; font-size: 9pt; }
        * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        """
}
