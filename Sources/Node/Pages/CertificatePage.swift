import Credentials
import Exchange
import Markup

/// A right's certificate on one A4 sheet, in Chinese, English or both, with a QR code that leads to its verification.
///
/// The sheet proves nothing by itself: it says so, and where to verify it.
struct CertificatePage {
    let dossier: RightDossier
    let claims: RightClaims
    let address: PublicAddress
    let language: PageLanguage

    private static let title = Phrase("数据权益登记证书", "Certificate of a Registered Right in Data")

    var page: Page {
        var page = Page(Self.title, language)
        let number = HTML.element("p", [("class", "number")], page.say(Phrase("证书编号", "Certificate number")) + " " + Page.code(claims.number.text))
        let content = [
            HTML.element("h1", [], page.say(Self.title)), number, HTML.element("p", [], page.say(statement)), facts(page), seal(page),
        ]
        page.add(warning(page) + HTML.element("div", [("class", "certificate")], "\n" + content.joined(separator: "\n") + "\n"))
        page.add(HTML.element("footer", [], HTML.element("p", [], page.say(footer))))
        return page
    }

    private var statement: Phrase {
        Phrase("兹证明下列数据权益已按照本空间登记规则审查、公示并登记。", "This certifies that the right below was examined, shown to the public and registered under the rules of this space.")
    }

    private func facts(_ page: Page) -> String {
        let isExclusive = claims.isExclusive ? Phrase("独占", "exclusive") : Phrase("非独占", "not exclusive")
        let space = dossier.space
        return page.facts([
            (Phrase("权利人", "Holder"), HTML.value(claims.holderName) + " " + Page.code(claims.holder.text)),
            (Phrase("权利种类", "Kind of right"), page.say(RightWords.kind(claims.kind)) + " · " + page.say(isExclusive)),
            (Phrase("名称", "Title"), page.say(claims.title)),
            (Phrase("权利客体", "Over"), page.say(dossier.thingTitle) + " " + Page.code(claims.over.text)),
            (Phrase("份额", "Share"), HTML.value(claims.share.description) + part(page)),
            (Phrase("取得方式", "Acquired by"), page.say(RightWords.ground(dossier.right.ground))),
            (Phrase("地域范围", "Territory"), claims.territory.map { HTML.value($0) } ?? page.say(Phrase("不限", "everywhere"))),
            (Phrase("登记时间", "Granted at"), Page.code(claims.grantedAt.description)),
            (Phrase("有效期至", "Expires at"), Page.code(claims.expiresAt.description)),
            (Phrase("登记机构", "Registry"), page.say(space.name) + " " + Page.code(space.prefix)),
            (Phrase("账本", "Ledger"), Page.code(claims.entry.origin)),
            (Phrase("账本条目", "Ledger entry"), Page.code("\(claims.entry.seq)")),
            (Phrase("条目哈希", "Leaf hash"), Page.code(claims.entry.leafHash)),
        ])
    }

    private func part(_ page: Page) -> String {
        guard claims.root != claims.number else { return "" }
        return " " + page.say(Phrase("原证书", "of the right")) + " " + Page.code(claims.root.text)
    }

    private func seal(_ page: Page) -> String {
        let url = address.url(VerificationRoutes.target(claims.number))
        let label = Phrase("二维码:核验本证书", "QR code: verify this certificate").plain(language)
        // An address too long for a code is printed all the same.
        let code = QRCode(url)?.svg(label: HTML.escape(label)) ?? ""
        let advice = HTML.element("p", [], page.say(Phrase("扫码或访问下列地址核验当前状态:", "Scan, or visit this address, for its state now:")))
        let link = HTML.element("p", [], Page.link(url, Page.code(url)))
        let offline = HTML.element(
            "p", [],
            page.say(Phrase("离线核验(凭证书文件与账本副本):", "Offline, with the certificate's file and a copy of the ledger:")) + " "
                + Page.code("hexi-audit certificate \(claims.number.suffix).vc.jwt --ledger COPY"))
        return HTML.element("div", [("class", "seal")], code + HTML.element("div", [], advice + link + offline))
    }

    /// What a sheet that is printed now must not hide.
    private func warning(_ page: Page) -> String {
        guard !dossier.isInForce else { return "" }
        let words = dossier.standing == .inForce
            ? Phrase("所依据的权利已失效", "what it derives from is in force no more") : RightWords.standing(dossier.standing)
        return HTML.element("p", [("class", "verdict bad")], page.say(words)) + "\n"
    }

    private var footer: Phrase {
        Phrase(
            "本页为登记凭证(可验证凭证)的打印件,打印于 \(dossier.time)。权利状态以核验页和账本为准。",
            "A printout, made at \(dossier.time), of a verifiable credential. The verification page and the ledger say what holds now.")
    }
}
