import Exchange
import Markup

/// What people call the terms of the register of rights, in Chinese and English.
enum RightWords {
    static func kind(_ kind: RightKind) -> Phrase {
        switch kind {
        case .holding: Phrase("数据资源持有权", "right to hold a data resource")
        case .processing: Phrase("数据加工使用权", "right to process and use data")
        case .operation: Phrase("数据产品经营权", "right to trade in a data product")
        }
    }

    static func ground(_ ground: RightGround) -> Phrase {
        switch ground {
        case .selfCollected: Phrase("自行采集", "self-collected")
        case .licensed: Phrase("许可取得", "licensed")
        case .purchased: Phrase("购买取得", "purchased")
        case .authorised: Phrase("授权取得", "authorised")
        case .derived: Phrase("加工衍生", "derived")
        }
    }

    static func standing(_ standing: RightStanding) -> Phrase {
        switch standing {
        case .applied: Phrase("申请中,待审查", "applied for; waits for the formal check")
        case .noticed: Phrase("公示中", "in public notice")
        case .refused: Phrase("不予登记", "refused")
        case .withdrawn: Phrase("申请已撤回", "application withdrawn")
        case .divided: Phrase("已分割,由各分证取代", "divided; replaced by the certificates of its parts")
        case .merged: Phrase("已合并,由合并证书取代", "merged; replaced by one certificate")
        case .cancelled: Phrase("已注销", "cancelled")
        case .inForce: Phrase("有效", "in force")
        case .frozen: Phrase("已冻结", "frozen by a regulator")
        case .expired: Phrase("已到期", "expired")
        }
    }

    static func objection(_ ground: ObjectionGround) -> Phrase {
        switch ground {
        case .betterRight: Phrase("他人享有更优权利", "somebody has a better right")
        case .noLawfulSource: Phrase("来源不合法", "no lawful source")
        case .infringement: Phrase("侵害隐私、商业秘密或知识产权", "infringes privacy, trade secrets or intellectual property")
        case .alreadyRegistered: Phrase("已有登记", "registered already")
        case .wrongParticulars: Phrase("登记事项有误", "wrong particulars")
        case .stateCoreData: Phrase("属国家核心数据", "state core data")
        case .other: Phrase("其他", "other")
        }
    }

    static func verdict(_ verdict: ObjectionVerdict?) -> Phrase {
        switch verdict {
        case nil: Phrase("待处理", "open")
        case .upheld: Phrase("成立", "upheld")
        case .dismissed: Phrase("不成立", "dismissed")
        }
    }

    private static let events: [EventType: Phrase] = [
        .rightApplied: Phrase("提出登记申请", "applied for"),
        .rightNoticed: Phrase("形式审查通过,开始公示", "passed the formal check; public notice begins"),
        .rightObjected: Phrase("提出异议", "objection made"),
        .rightObjectionDismissed: Phrase("异议不成立", "objection dismissed"),
        .rightGranted: Phrase("准予登记,颁发证书", "granted; certificate issued"),
        .rightRefused: Phrase("不予登记", "refused"),
        .rightWithdrawn: Phrase("撤回申请", "application withdrawn"),
        .rightTransferred: Phrase("转让", "transferred"),
        .rightDivided: Phrase("分割", "split into parts"),
        .rightMerged: Phrase("合并", "merged"),
        .rightChanged: Phrase("变更登记", "particulars changed"),
        .rightRenewed: Phrase("续期", "renewed"),
        .rightLicensed: Phrase("许可使用", "licensed"),
        .rightLicenceEnded: Phrase("许可终止", "licence ended"),
        .rightPledged: Phrase("设立质押", "pledged"),
        .rightPledgeReleased: Phrase("解除质押", "pledge released"),
        .rightFrozen: Phrase("冻结", "frozen"),
        .rightUnfrozen: Phrase("解除冻结", "freeze lifted"),
        .rightCancelled: Phrase("注销登记", "cancelled"),
        .resourceRegistered: Phrase("数据资源登记", "data resource registered"),
    ]

    /// A type that has no words here goes by its own name.
    static func event(_ type: String) -> Phrase {
        EventType(rawValue: type).flatMap { events[$0] } ?? Phrase(type, type)
    }
}
