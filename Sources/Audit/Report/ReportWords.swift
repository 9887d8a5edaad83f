import Exchange
import Markup

/// The words of a report that name things of the ledger, in both languages.
enum ReportWords {
    private static let types: [EventType: Phrase] = [
        .spaceFounded: Phrase("空间设立", "space founded"),
        .spaceLogKeysChanged: Phrase("账本密钥更换", "ledger keys changed"),
        .spacePolicySet: Phrase("空间规则设定", "space rules set"),
        .participantApplied: Phrase("主体申请登记", "participant applied"),
        .participantApproved: Phrase("主体登记通过", "participant approved"),
        .participantRefused: Phrase("主体登记拒绝", "participant refused"),
        .participantSuspended: Phrase("主体暂停", "participant suspended"),
        .participantResumed: Phrase("主体恢复", "participant resumed"),
        .participantChecked: Phrase("主体申请初审通过", "application found complete"),
        .participantReturned: Phrase("主体申请退回补正", "application found incomplete"),
        .participantRevoked: Phrase("主体注销", "participant revoked"),
        .participantAssured: Phrase("主体认证等级设定", "assurance level set"),
        .participantKeysChanged: Phrase("主体密钥更换", "participant's keys changed"),
        .recoveryProposed: Phrase("主体密钥恢复公告", "recovery of keys proposed"),
        .recoveryObjected: Phrase("主体密钥恢复异议", "recovery of keys objected to"),
        .participantRecovered: Phrase("主体密钥恢复完成", "keys recovered"),
        .delegationGranted: Phrase("员工授权", "staff key delegated"),
        .delegationRevoked: Phrase("员工授权撤销", "staff key revoked"),
        .operatorsAppointed: Phrase("运营人员任命", "operators appointed"),
        .nodeKeysChanged: Phrase("节点密钥更换", "node's keys changed"),
        .alarmRaised: Phrase("告警", "alarm raised"),
        .productListed: Phrase("产品上架(含新版本)", "product or version listed"),
        .productWithdrawn: Phrase("产品下架", "product withdrawn"),
        .productSubmitted: Phrase("产品(版本)提交待审", "product or version put forward"),
        .productReviewed: Phrase("内容审核通过", "content approved"),
        .productReviewRefused: Phrase("内容审核不通过", "content refused"),
        .complianceDeclared: Phrase("合规声明提交", "compliance declared"),
        .complianceAccepted: Phrase("合规声明认可", "compliance declaration accepted"),
        .complianceRejected: Phrase("合规声明退回", "compliance declaration rejected"),
        .productAssessed: Phrase("数据质量评估", "quality assessed"),
        .resourceRegistered: Phrase("数据资源登记", "resource registered"),
        .rightApplied: Phrase("权益登记申请", "right applied for"),
        .rightWithdrawn: Phrase("权益申请撤回", "application for a right withdrawn"),
        .rightNoticed: Phrase("权益公示", "right in public notice"),
        .rightObjected: Phrase("权益异议", "objection to a right"),
        .rightObjectionDismissed: Phrase("异议驳回", "objection dismissed"),
        .rightRefused: Phrase("权益不予登记", "right refused"),
        .rightGranted: Phrase("权益登记发证", "right granted"),
        .rightTransferred: Phrase("权益转让", "right transferred"),
        .rightDivided: Phrase("权益分割", "right split"),
        .rightMerged: Phrase("权益合并", "parts of a right merged"),
        .rightChanged: Phrase("权益变更", "right changed"),
        .rightRenewed: Phrase("权益续展", "right renewed"),
        .rightLicensed: Phrase("权益许可", "right licensed"),
        .rightLicenceEnded: Phrase("许可终止", "licence ended"),
        .rightPledged: Phrase("权益质押", "right pledged"),
        .rightPledgeReleased: Phrase("质押解除", "pledge released"),
        .rightFrozen: Phrase("权益冻结", "right frozen"),
        .rightUnfrozen: Phrase("冻结解除", "freeze lifted"),
        .rightCancelled: Phrase("权益注销", "right cancelled"),
        .contractOffered: Phrase("合约发起", "contract offered"),
        .contractSigned: Phrase("合约签署", "contract signed"),
        .contractEnded: Phrase("合约终止", "contract ended"),
        .querySubmitted: Phrase("查询提交", "query submitted"),
        .queryApproved: Phrase("查询批准", "query approved"),
        .queryRefused: Phrase("查询拒绝", "query refused"),
        .queryRevoked: Phrase("查询撤销", "query revoked"),
        .runCompleted: Phrase("运行完成", "run completed"),
        .runRefused: Phrase("运行拒绝", "run refused"),
        .taskMinted: Phrase("任务签发", "task minted"),
        .taskCancelled: Phrase("任务取消", "task cancelled"),
        .resultDestroyed: Phrase("结果销毁", "result destroyed"),
        .artefactReleased: Phrase("产物放行", "artefact released"),
        .artefactRefused: Phrase("产物拒绝", "artefact refused"),
        .consentGiven: Phrase("主体授权登记", "consent given"),
        .consentEnded: Phrase("主体授权终止", "consent ended"),
    ]

    /// A type that has no words here goes by its own name.
    static func type(_ type: EventType) -> Phrase { types[type] ?? Phrase(type.rawValue, type.rawValue) }

    static func family(_ family: ActivityFamily) -> Phrase {
        switch family {
        case .identity: Phrase("主体", "participants")
        case .products: Phrase("产品", "products")
        case .contracts: Phrase("合约", "contracts")
        case .queries: Phrase("查询", "queries")
        case .runsCompleted: Phrase("运行完成", "runs completed")
        case .runsRefused: Phrase("运行拒绝", "runs refused")
        case .other: Phrase("其他", "other")
        }
    }

    static func kind(_ kind: IdentifierKind) -> Phrase {
        switch kind {
        case .participant: Phrase("主体", "Participants")
        case .resource: Phrase("数据资源", "Resources")
        case .product: Phrase("产品", "Products")
        case .contract: Phrase("合约", "Contracts")
        case .query: Phrase("查询", "Queries")
        case .right: Phrase("权益登记", "Rights")
        case .run: Phrase("运行", "Runs")
        case .task: Phrase("任务", "Tasks")
        }
    }

    private static let statuses = [
        "applied": "申请中", "active": "有效", "refused": "已拒绝", "suspended": "已暂停", "listed": "已上架",
        "withdrawn": "已下架", "offered": "待签署", "ended": "已终止", "submitted": "待批准", "approved": "已批准",
        "revoked": "已撤销", "checked": "初审通过", "returned": "退回补正",
        "noticed": "公示中", "in-force": "有效", "frozen": "已冻结", "expired": "已到期", "divided": "已分割", "merged": "已合并", "cancelled": "已注销", "open": "未使用", "used": "已使用",
        "held": "待审查", "released": "已放行", "destroyed": "已销毁",
    ]

    static func status(_ status: String) -> Phrase { Phrase(statuses[status] ?? status, status) }

    static func judge(_ judge: Survey.Refusal.Judge) -> Phrase {
        switch judge {
        case .rules: Phrase("交易规则", "rules of exchange")
        case .sandbox: Phrase("沙箱", "sandbox")
        case .machineCheck: Phrase("查询机检", "machine check of the query")
        case .provider: Phrase("数据提供方", "provider")
        case .operatorWord: Phrase("空间运营方", "operator")
        }
    }

    private static let checks: [AuditProblem.Check: Phrase] = [
        .header: Phrase("账本文件头", "journal's header"),
        .frame: Phrase("账本帧", "journal's frames"),
        .chain: Phrase("哈希链与编号", "chain and numbering"),
        .entry: Phrase("条目格式", "form of an entry"),
        .signature: Phrase("声明签名", "signature on a statement"),
        .rules: Phrase("交易规则", "rules of exchange"),
        .checkpoint: Phrase("检查点", "checkpoint"),
        .root: Phrase("默克尔树根", "Merkle root"),
    ]

    static func check(_ check: AuditProblem.Check) -> Phrase { checks[check] ?? Phrase(check.rawValue, check.rawValue) }
}
