import Encoding
import Exchange
import HTTPTransport
import Sandbox
import Signing

/// Has the sandbox assess snapshots, signs what comes out, and puts it on record.
struct QualityService: Sendable {
    let services: NodeServices

    var store: QualityReportStore { QualityReportStore(directory: services.home.reportDirectory) }

    /// Assesses a version's data.
    ///
    /// - Throws: `node-key-missing`, refusals of the rules, and what the sandbox says.
    func assess(_ product: Identifier, version: Int64, _ data: ProductData) async throws -> (report: QualityReport, recorded: Recorded) {
        let key = try await services.voice()
        let path = try await services.snapshots.workingCopy(data.snapshot)
        let profile: TableProfile
        do {
            profile = try await services.engine.assess(
                snapshotPath: path, columns: data.definitions, rows: data.rowCount,
                minimumGroupSize: data.aggregate?.minimumGroupSize ?? 1)
        } catch {
            if let detail = SandboxProblem.operatorDetail(error) {
                services.log.write(.error, "an assessment failed", ["product": .string(product.text), "detail": .string(detail)])
            }
            throw SandboxProblem.problem(error)
        }
        let space = services.home.configuration.space
        let report = QualityReport(
            product: product, version: version, snapshot: data.snapshot, profile: profile, space: space,
            at: await services.sequencer.now(), key: key)
        try await BlockingWork.run { [store] in try store.keep(report) }
        let statement = try SignedStatement.sign(
            .catalogue(.assessment(report.assessment)), space: space, issuedAt: await services.sequencer.now(), nonce: Nonce.make(),
            key: key)
        let verified = try statement.verified { $0 == key.keyIdentifier ? key.verificationKey : nil }
        return (report, try await services.sequencer.submit(Command(verified)))
    }

    /// The latest report of a version.
    ///
    /// - Throws: a problem that says what to do where there is none.
    func report(_ product: Identifier, version: Int64) async throws -> (report: QualityReport, seq: UInt64) {
        let assessment = await services.sequencer.read { $0.products[product]?.version(version)?.assessment }
        guard let assessment else {
            throw Problem(
                code: "no-quality-report", status: 404, title: "There is no quality report",
                detail: "version \(version) of \(product) has not been assessed",
                hint: "Its provider, or the operator, has it assessed with: hexi product assess \(product)")
        }
        guard let report = try await BlockingWork.run({ [store] in store.read(assessment.report) }) else {
            throw Problem(
                code: "quality-report-lost", status: 410, title: "The quality report is lost",
                detail: "the node does not hold the report whose digest stands in entry \(assessment.mark.seq) any more",
                hint: "Its provider, or the operator, has the data assessed again with: hexi product assess \(product)")
        }
        return (report, assessment.mark.seq)
    }
}
