import CommandLineInterface
import Encoding
import Markup

/// A quality report, shown.
enum QualityText {
    static func summary(_ report: JSONValue) -> String {
        var details = DetailList()
        for (name, value) in facts(report) { details.add(name.en, value) }
        return details.render()
    }

    static func facts(_ report: JSONValue) -> [(Phrase, String)] {
        let method = report["method"] ?? .null
        let shares = report["completeness"] ?? .null
        let keys = report.list("keys").map { key in
            "\(key.joined("columns")): \(key["unique"]?.boolValue == true ? "unique" : "\(percent(key.number("integrity"))) unique"), \(key.text("missing")) missing"
        }
        return [
            (Phrase("产品", "product"), report.text("product")), (Phrase("版本", "version"), report.text("version")),
            (Phrase("快照", "snapshot"), report.text("snapshot")), (Phrase("评估时间", "assessed at"), report.text("assessedAt")),
            (Phrase("方法", "method"), "\(method.text("name")) \(method.text("version")), \(method.text("engine"))"),
            (Phrase("行数", "rows"), DecimalText.grouped(report.number("rows"))),
            (Phrase("重复行", "repeated rows"), report["duplicateRows"]?.integerValue.map { DecimalText.grouped($0) } ?? "not counted"),
            (
                Phrase("完整率", "completeness"),
                "\(percent(shares.number("mean"))) in the mean, \(percent(shares.number("minimum"))) in the least complete column"
            ),
            (Phrase("键", "keys"), keys.joined(separator: "; ")),
            (Phrase("最新", "newest"), report["newest"].map { "\($0.text("day")) (\($0.text("column")))" } ?? ""),
            (Phrase("最小支持数", "every value rests on"), "at least \(report.text("minimumSupport")) rows"),
            (Phrase("需注意", "to be noted"), report.joined("issues")),
        ]
    }

    static func percent(_ permille: Int64) -> String { "\(permille / 10).\(permille % 10) %" }

    static let titles = ["column", "type", "role", "complete", "distinct", "values"]

    static func rows(_ report: JSONValue) -> [[String]] {
        report.list("columns").map { column in
            let distinct = column["distinct"]?.integerValue.map { DecimalText.grouped($0) } ?? ""
            let isExact = column["distinctIsExact"]?.boolValue ?? true
            return [
                column.text("name"), column.text("type"), column.text("role"), percent(column.number("completeness")),
                distinct.isEmpty || isExact ? distinct : "about \(distinct)", values(column),
            ]
        }
    }

    private static func values(_ column: JSONValue) -> String {
        let categories = column.list("categories")
        if !categories.isEmpty {
            let shown = categories.prefix(5).map { "\($0.text("value")) \(percent($0.number("permille")))" }
            return shown.joined(separator: ", ") + (categories.count > 5 ? ", and \(categories.count - 5) more" : "")
        }
        let ranges = column.list("ranges")
        guard let first = ranges.first, let last = ranges.last else { return "" }
        let middle = ranges[ranges.count / 2]
        return ranges.count < 3 ? "about \(first.text("mean"))" : "about \(first.text("mean")) to \(last.text("mean")), middle \(middle.text("mean"))"
    }

    static func columns(_ report: JSONValue) -> Table {
        var table = Table(titles)
        for row in rows(report) { table.append(row) }
        return table
    }
}

/// A quality report as one page in Chinese and English, which loads nothing and runs nothing.
enum QualityPage {
    static func html(_ report: JSONValue, entry: String, digest: String) -> String {
        let title = Phrase("数据质量报告", "Data quality report")
        let facts = (QualityText.facts(report) + [(Phrase("账本条目", "ledger entry"), entry), (Phrase("报告摘要", "SHA-256 of the signed report"), digest)])
            .filter { !$0.1.isEmpty }
            .map { HTML.element("tr", [], HTML.element("th", [], $0.html(.both)) + HTML.element("td", [], HTML.value($1))) }
        let head = zip(["列", "类型", "角色", "完整率", "不同值", "取值"], QualityText.titles).map { HTML.element("th", [], Phrase($0, $1).html(.both)) }
        let rows = QualityText.rows(report).map { row in
            HTML.element("tr", [], row.map { HTML.element("td", [], HTML.value($0)) }.joined())
        }
        let body = [
            HTML.element("h1", [], title.html(.both)), HTML.element("table", [], facts.joined(separator: "\n")),
            HTML.element("table", [], HTML.element("tr", [], head.joined()) + "\n" + rows.joined(separator: "\n")),
        ]
        return """
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml" lang="zh">
            <head>
            <meta charset="utf-8"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
            <title>\(HTML.escape(title.plain(.both)))</title>
            <style>body { font: 11pt/1.5 "Noto Sans", "Noto Sans CJK SC", sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
            table { border-collapse: collapse; width: 100%; margin-bottom: 2em; }
            th, td { border-bottom: 1px solid #bbb; padding: 0.3em 0.6em 0.3em 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
            span[lang] + span[lang] { margin-left: 0.4em; }</style>
            </head>
            <body>
            \(body.joined(separator: "\n"))
            </body>
            </html>

            """
    }
}
