import Encoding
import Exchange
import Markup

/// What an identifier leads to, as everybody may know it.
struct ResolvedThing: Sendable {
    var identifier: Identifier
    /// Such as "product".
    var kind: String
    var title: [String: String] = [:]
    var status: String
    /// The status in words, where the kind of thing has its own.
    var statusPhrase: Phrase?
    /// Whether it is over: withdrawn, ended, revoked, replaced. It still resolves, so that old references lead somewhere.
    var isTombstone = false
    var reason = ""
    /// Further facts: a name for the JSON, one for people, and the value.
    var facts: [(name: String, label: Phrase, value: String)] = []
    /// The number of the ledger entry that made it.
    var seq: UInt64?
    /// Where the node's interface has more.
    var link: String?

    var json: JSONValue {
        var object: JSONObject = ["identifier": .string(identifier.text), "kind": .string(kind), "status": .string(status)]
        if !title.isEmpty { object["title"] = .object(JSONObject(title.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })) }
        object["tombstone"] = .bool(isTombstone)
        if !reason.isEmpty { object["reason"] = .string(reason) }
        for fact in facts where !fact.value.isEmpty { object[fact.name] = .string(fact.value) }
        object["entry"] = seq.map { .integer(Int64(clamping: $0)) }
        object["describedBy"] = link.map { .string($0) }
        return .object(object)
    }

    func page(_ language: PageLanguage) -> Page {
        let word = Self.words[kind] ?? Phrase(kind, kind)
        var page = Page(Phrase("\(word.zh) \(identifier)", "\(word.en) \(identifier)"), language)
        page.add(HTML.element("h1", [], title.isEmpty ? page.say(word) : page.say(title)))
        let isGood = !isTombstone && ["listed", "active", "approved", "completed", "registered", "in-force"].contains(status)
        page.add(
            HTML.element(
                "p", [("class", "verdict \(isTombstone ? "bad" : isGood ? "good" : "wait")")],
                page.say(statusPhrase ?? Self.statuses[status] ?? Phrase(status, status))))
        var rows: [(Phrase, String)] = [
            (Phrase("统一目录标识", "Identifier"), Page.code(identifier.text)), (Phrase("类别", "Kind"), page.say(word)),
            (Phrase("原因", "Reason"), reason.isEmpty ? "" : HTML.value(reason)),
        ]
        rows += facts.map { ($0.label, $0.value.isEmpty ? "" : HTML.value($0.value)) }
        if let seq {
            let proof = "/ledger/proof/tlog?seq=\(seq)"
            rows.append((Phrase("账本条目", "Ledger entry"), Page.link(proof, HTML.escape(String(seq)))))
        }
        if let link { rows.append((Phrase("机器可读", "For programs"), Page.link(link, HTML.escape(link)))) }
        page.add(page.facts(rows))
        return page
    }

    static let words: [String: Phrase] = [
        "participant": Phrase("参与方", "Participant"), "product": Phrase("数据产品", "Product"), "contract": Phrase("数字合约", "Contract"),
        "query": Phrase("查询", "Query"), "run": Phrase("运行", "Run"), "right": Phrase("权利", "Right"), "resource": Phrase("数据资源", "Resource"),
    ]

    private static let statuses: [String: Phrase] = [
        "applied": Phrase("已申请，待审", "Applied; not decided on yet"), "active": Phrase("有效", "Active"),
        "refused": Phrase("已拒绝", "Refused"), "suspended": Phrase("已暂停", "Suspended"), "revoked": Phrase("已撤销", "Revoked"),
        "submitted": Phrase("已提交，待审", "Submitted; not decided on yet"), "listed": Phrase("已上架", "Listed"),
        "withdrawn": Phrase("已下架，不再提供", "Withdrawn for good"), "offered": Phrase("待签署", "Offered; not signed by everybody yet"),
        "ended": Phrase("已终止", "Ended"), "approved": Phrase("已批准", "Approved"), "completed": Phrase("已完成", "Completed"),
        "registered": Phrase("已登记", "Registered"),
    ]
}
