import Exchange
import Markup
import Storage

/// The pages on which anybody verifies certificates.
enum VerificationPage {
    private static let title = Phrase("数据权益核验", "Verification of a right in data")

    /// Where a number is typed, or a certificate handed in.
    static func entry(_ language: PageLanguage, _ address: PublicAddress) -> Page {
        var page = Page(title, language)
        page.add(HTML.element("h1", [], page.say(title)))
        page.addSection(Phrase("按证书编号", "By its number"), numberForm(page))
        page.addSection(Phrase("按证书文件", "By its file"), fileForm(page))
        return page
    }

    /// What the register says of a right.
    static func page(_ dossier: RightDossier, _ language: PageLanguage, _ address: PublicAddress) -> Page {
        var page = Page(title, language)
        page.add(HTML.element("h1", [], page.say(title)))
        page.add(HTML.element("p", [], Page.code(dossier.right.identifier.text)))
        add(dossier, to: &page, address)
        return page
    }

    /// What became of a certificate that was handed in.
    static func result(_ check: CertificateCheck, _ language: PageLanguage, _ address: PublicAddress) -> Page {
        var page = Page(title, language)
        page.add(HTML.element("h1", [], page.say(title)))
        switch check.finding {
        case .notGenuine(let reason):
            page.add(verdict(page, "bad", Phrase("不是本登记机构出具的有效证书", "Not a genuine certificate of this registry")))
            page.add(HTML.element("p", [], HTML.value(reason)))
        case .outdated(let members):
            page.add(verdict(page, "bad", Phrase("证书真实,但内容已过时", "Genuine, but out of date")))
            let words = Phrase("登记簿现在的记载不同:", "The register now says otherwise on:")
            page.add(HTML.element("p", [], page.say(words) + " " + Page.code(members.joined(separator: ", "))))
        case .current:
            page.add(verdict(page, check.isValid ? "good" : "bad", Phrase("证书真实,内容与登记簿一致", "Genuine, and the register says the same")))
        }
        if check.isGenuine, let dossier = check.dossier {
            page.add(HTML.element("p", [], Page.code(dossier.right.identifier.text)))
            add(dossier, to: &page, address)
        }
        page.addSection(Phrase("核验另一份证书", "Verify another certificate"), fileForm(page))
        return page
    }

    // MARK: A right

    private static func add(_ dossier: RightDossier, to page: inout Page, _ address: PublicAddress) {
        page.add(verdict(dossier, page))
        page.addSection(Phrase("登记事项", "Registered particulars"), facts(dossier, page))
        if let marks = marks(dossier, page) { page.addSection(Phrase("权利负担与限制", "Charges and restrictions"), marks) }
        page.addSection(Phrase("历史", "History"), history(dossier, page))
        page.addSection(Phrase("如何独立核验", "How to check this without trusting this page"), advice(dossier, page, address))
    }

    private static func verdict(_ dossier: RightDossier, _ page: Page) -> String {
        let isPending = dossier.right.status.isPending
        let words: Phrase
        if dossier.isInForce {
            words = Phrase("有效", "Valid")
        } else if dossier.standing == .inForce {
            words = Phrase("无效:所依据的权利已失效", "Not valid: the right from which it derives is in force no more")
        } else {
            let standing = RightWords.standing(dossier.standing)
            words = isPending ? standing : Phrase("无效:\(standing.zh)", "Not valid: \(standing.en)")
        }
        let since = Phrase("自 \(dossier.since) 起", "since \(dossier.since)")
        let text = HTML.element("span", [], page.say(words)) + " · " + page.say(since)
        return HTML.element("p", [("class", "verdict " + (dossier.isInForce ? "good" : isPending ? "wait" : "bad"))], text)
    }

    private static func verdict(_ page: Page, _ style: String, _ words: Phrase) -> String {
        HTML.element("p", [("class", "verdict \(style)")], page.say(words))
    }

    private static func facts(_ dossier: RightDossier, _ page: Page) -> String {
        let right = dossier.right
        var rows: [(Phrase, String)] = [
            (Phrase("权利人", "Holder"), HTML.value(dossier.holderName) + " " + Page.code(right.holder.text)),
            (Phrase("权利种类", "Kind of right"), page.say(RightWords.kind(right.kind))),
            (Phrase("名称", "Title"), page.say(right.title)),
            (Phrase("权利客体", "Over"), page.say(dossier.thingTitle) + " " + Page.code(right.over.text)),
            (Phrase("份额", "Share"), HTML.value(right.share.description)),
            (Phrase("登记时间", "Granted at"), right.grantedAt.map { Page.code($0.description) } ?? ""),
            (Phrase("有效期至", "Expires at"), right.expiresAt.map { Page.code($0.description) } ?? ""),
            (Phrase("公示截止", "Public notice until"), right.noticeUntil.map { Page.code($0.description) } ?? ""),
            (Phrase("依据的权利", "Derives from"), right.basis.map(link) ?? ""),
        ]
        if right.root != right.identifier { rows.append((Phrase("原证书", "Part of"), link(right.root))) }
        rows.append((Phrase("取代的证书", "Replaces"), right.replaces.map(link).joined(separator: " ")))
        if right.isLive(at: dossier.time) {
            let paper = Page.link("\(CertificateRoutes.target(right.identifier)).html?lang=\(page.language.rawValue)", page.say(Phrase("打印件", "to print")))
            let file = Page.link(CertificateRoutes.target(right.identifier), page.say(Phrase("证书文件", "the file")))
            rows.append((Phrase("证书", "Certificate"), paper + " · " + file))
        }
        return page.facts(rows)
    }

    private static func link(_ right: Identifier) -> String { Page.link(VerificationRoutes.target(right), Page.code(right.text)) }

    /// Pledge, freezes, licences and objections; `nil` where there are none.
    private static func marks(_ dossier: RightDossier, _ page: Page) -> String? {
        let right = dossier.right
        func party(_ identifier: Identifier) -> String { HTML.value(dossier.name(of: identifier)) + " " + Page.code(identifier.text) }
        func entry(_ seq: UInt64) -> String { " · " + page.say(Phrase("条目", "entry")) + " " + Page.code("\(seq)") }
        var rows: [(Phrase, String)] = right.freezes.map {
            (Phrase("冻结,监管方", "Frozen by"), party($0.regulator) + entry($0.made.seq))
        }
        if let pledge = right.pledge(at: dossier.time) {
            let end = pledge.until.map { " · " + page.say(Phrase("至", "until")) + " " + Page.code($0.description) } ?? ""
            rows.append((Phrase("质押,质权人", "Pledged to"), party(pledge.pledgee) + end + entry(pledge.made.seq)))
        }
        for licence in right.licences(at: dossier.time) {
            let kind = licence.isExclusive ? Phrase("独占许可", "Exclusive licence of") : Phrase("许可", "Licence of")
            rows.append((kind, party(licence.licensee) + " · " + page.say(Phrase("至", "until")) + " " + Page.code(licence.until.description) + entry(licence.made.seq)))
        }
        for objection in right.objections {
            let words = page.say(RightWords.objection(objection.ground)) + " · " + page.say(RightWords.verdict(objection.verdict))
            rows.append((Phrase("异议", "Objection of"), party(objection.objector) + " · " + words + entry(objection.made.seq)))
        }
        return rows.isEmpty ? nil : page.facts(rows)
    }

    private static func history(_ dossier: RightDossier, _ page: Page) -> String {
        let head = [Phrase("账本条目", "Entry"), Phrase("时间", "Time"), Phrase("事项", "What"), Phrase("办理人", "By"), Phrase("证明", "Proof")]
            .map { HTML.element("th", [], page.say($0)) }.joined()
        let rows = dossier.history.map { record in
            let proof = Page.link(LogProofRoute.target(record.seq), ".tlog-proof")
            let cells = [Page.code("\(record.seq)"), Page.code(record.time.description), page.say(RightWords.event(record.type)), Page.code(record.actor), proof]
            return HTML.element("tr", [], cells.map { HTML.element("td", [], $0) }.joined()) + "\n"
        }
        return HTML.element("table", [], HTML.element("thead", [], HTML.element("tr", [], head)) + HTML.element("tbody", [], "\n" + rows.joined()))
    }

    private static func advice(_ dossier: RightDossier, _ page: Page, _ address: PublicAddress) -> String {
        let words = Phrase(
            "以上内容由公开账本推导而来。取得账本副本(或本节点地址)和运营方另行公布的日志公钥,即可自行核验:",
            "All this follows from a public ledger. With a copy of it (or this node's address) and the log's key, obtained from the operator by another way, anybody can check it:")
        let commands = [
            "hexi-audit show \(dossier.right.identifier) \(address.base)",
            "hexi-audit certificate \(dossier.right.identifier.suffix).vc.jwt --ledger \(address.base)",
        ]
        return HTML.element("p", [], page.say(words)) + "\n" + commands.map { HTML.element("p", [], Page.code($0)) }.joined(separator: "\n")
    }

    // MARK: Forms

    private static func numberForm(_ page: Page) -> String {
        let input = HTML.empty("input", [("type", "text"), ("name", "number"), ("maxlength", "128"), ("required", "required")])
        return HTML.element("form", [("action", "/verify"), ("method", "get")], input + language(page) + button(page))
    }

    private static func fileForm(_ page: Page) -> String {
        let text = HTML.element("textarea", [("name", SubmittedCertificate.field), ("maxlength", "65536")], "")
        let file = HTML.empty("input", [("type", "file"), ("name", "file"), ("accept", ".jwt,application/vc+jwt")])
        let words = HTML.element("p", [], page.say(Phrase("粘贴证书文本,或选择证书文件:", "Paste the certificate's text, or choose its file:")))
        let target = "/verify?lang=\(page.language.rawValue)"
        return HTML.element(
            "form", [("action", target), ("method", "post"), ("enctype", "multipart/form-data")],
            words + text + HTML.element("p", [], file) + button(page))
    }

    private static func language(_ page: Page) -> String {
        HTML.empty("input", [("type", "hidden"), ("name", "lang"), ("value", page.language.rawValue)])
    }

    private static func button(_ page: Page) -> String {
        HTML.element("p", [], HTML.element("button", [("type", "submit")], page.say(Phrase("核验", "Verify"))))
    }
}
