import Encoding
import Exchange

/// Made-up listings whose words come and go together as those of a real catalogue do: some in nearly all, some in few.
enum CatalogueBenchmarkTexts {
    private static let places = [
        ("庆阳", "Qingyang"), ("兰州", "Lanzhou"), ("天水", "Tianshui"), ("酒泉", "Jiuquan"), ("张掖", "Zhangye"), ("武威", "Wuwei"),
        ("平凉", "Pingliang"), ("定西", "Dingxi"), ("陇南", "Longnan"), ("白银", "Baiyin"), ("金昌", "Jinchang"), ("嘉峪关", "Jiayuguan"),
    ]
    private static let subjects = [
        ("气象观测", "weather observations"), ("河流水位", "river levels"), ("土壤墒情", "soil moisture"), ("用电负荷", "grid load"),
        ("企业登记", "company register"), ("公交客流", "bus ridership"), ("苹果产量", "apple harvest"), ("羊只检疫", "sheep quarantine"),
        ("道路通行", "road traffic"), ("医院就诊", "hospital visits"), ("文物影像", "heritage images"), ("空气质量", "air quality"),
        ("地震监测", "earthquake monitoring"), ("农田地块", "field parcels"), ("能源价格", "energy prices"), ("物流运单", "freight waybills"),
    ]
    private static let kinds = [("逐小时", "hourly"), ("每日", "daily"), ("月度", "monthly"), ("年度汇总", "yearly summary")]

    /// Single words, one of them in every listing, parts of words, and words together: some 200 of each language, so that
    /// most hits are not those of the search before.
    static let chineseQueries = ["数据", "羊", "气象", "空气", "地震监测 第", "月度"]
        + places.flatMap { place in subjects.map { "\(place.0) \($0.0)" } }
    static let englishQueries = ["data", "sheep", "weather", "earthq", "river levels", "monthly"]
        + places.flatMap { place in subjects.map { "\(place.1) \($0.1)" } }

    static func listing(_ number: Int, provider: Identifier) -> ProductListing {
        let place = places[number % places.count]
        let subject = subjects[number / places.count % subjects.count]
        let kind = kinds[number / 7 % kinds.count]
        var listing = ProductListing(
            provider: provider, product: nil, version: 1,
            title: ["zh": "\(place.0)市\(subject.0)\(kind.0)第\(number)号", "en": "\(place.1) \(subject.1), \(kind.1), series \(number)"],
            summary: [
                "zh": "\(place.0)市\(subject.0)数据目录项，\(kind.0)更新，由业务部门采集并经过质量检查，可申请使用。",
                "en": "Catalogue item: \(subject.1) of \(place.1), \(kind.1), collected by the department and checked; data on request.",
            ],
            keywords: [subject.0, place.0, subject.1, kind.1], productClass: number % 3 == 0 ? .feature : .basic,
            grade: ProductGrade.allCases[number % 3], form: ProductForm.allCases[number % 5], origin: .selfCollected,
            licence: "CC-BY-4.0", updateCycle: kind.1, data: nil)
        listing.externalIdentifiers = [ExternalIdentifier(scheme: "moid", value: "MOID-\(620_000_000 + number)")]
        return listing
    }
}
