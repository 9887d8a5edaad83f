import Exchange
import Synchronization

/// Counters of a node, in the Prometheus text exposition format.
final class Metrics: Sendable {
    private struct Counters {
        var responses: [Int: UInt64] = [:]
        var responseMilliseconds = 0.0
        var entries: [String: UInt64] = [:]
        var runsCompleted: UInt64 = 0
        var runsRefused: [String: UInt64] = [:]
        var runMilliseconds: UInt64 = 0
        var signaturesRefused: UInt64 = 0
        var uploadedBytes: UInt64 = 0
        var cosignatures: UInt64 = 0
        var witnessRefusals: [Int: UInt64] = [:]
        var witnessEvidence: UInt64 = 0
        var witnessAlarms: UInt64 = 0
        var alarms: [String: UInt64] = [:]
    }

    private let counters = Mutex(Counters())

    func countResponse(status: Int, milliseconds: Double) {
        counters.withLock {
            $0.responses[status, default: 0] += 1
            $0.responseMilliseconds += milliseconds
        }
    }

    func countEntry(_ type: String) { counters.withLock { $0.entries[type, default: 0] += 1 } }

    func countRun(milliseconds: Int64) {
        counters.withLock {
            $0.runsCompleted += 1
            $0.runMilliseconds += UInt64(max(0, milliseconds))
        }
    }

    func countRefusedRun(_ code: String) { counters.withLock { $0.runsRefused[code, default: 0] += 1 } }
    func countRefusedSignature() { counters.withLock { $0.signaturesRefused += 1 } }
    func countUpload(bytes: Int) { counters.withLock { $0.uploadedBytes += UInt64(max(0, bytes)) } }

    func countCosignature() { counters.withLock { $0.cosignatures += 1 } }
    func countWitnessRefusal(status: Int) { counters.withLock { $0.witnessRefusals[status, default: 0] += 1 } }
    func countWitnessEvidence() { counters.withLock { $0.witnessEvidence += 1 } }
    func countWitnessAlarm() { counters.withLock { $0.witnessAlarms += 1 } }

    func countAlarm(_ kind: String) { counters.withLock { $0.alarms[kind, default: 0] += 1 } }

    /// The exposition. `gauges` are values read at this moment, by name; `rights` are how many rights have each status.
    func exposition(gauges: [(name: String, help: String, value: Double)], rights: [RightStatus: Int]) -> String {
        let counters = counters.withLock { $0 }
        var text = ""
        func header(_ name: String, _ help: String, _ type: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        for gauge in gauges {
            header(gauge.name, gauge.help, "gauge")
            text += "\(gauge.name) \(gauge.value)\n"
        }
        header("hexi_rights", "Rights by status; one that has expired is still granted.", "gauge")
        for status in RightStatus.allCases { text += "hexi_rights{status=\"\(status.rawValue)\"} \(rights[status] ?? 0)\n" }
        header("hexi_http_responses_total", "Responses by status.", "counter")
        for (status, count) in counters.responses.sorted(by: { $0.key < $1.key }) {
            text += "hexi_http_responses_total{status=\"\(status)\"} \(count)\n"
        }
        header("hexi_http_response_seconds_total", "Time spent on all responses.", "counter")
        text += "hexi_http_response_seconds_total \(counters.responseMilliseconds / 1000)\n"
        header("hexi_ledger_entries_total", "Entries written since the start, by type.", "counter")
        for (type, count) in counters.entries.sorted(by: { $0.key < $1.key }) {
            text += "hexi_ledger_entries_total{type=\"\(type)\"} \(count)\n"
        }
        header("hexi_runs_completed_total", "Runs that released a result.", "counter")
        text += "hexi_runs_completed_total \(counters.runsCompleted)\n"
        header("hexi_run_seconds_total", "Time that completed runs took in the sandbox.", "counter")
        text += "hexi_run_seconds_total \(Double(counters.runMilliseconds) / 1000)\n"
        header("hexi_runs_refused_total", "Runs refused, by reason.", "counter")
        for (code, count) in counters.runsRefused.sorted(by: { $0.key < $1.key }) {
            text += "hexi_runs_refused_total{reason=\"\(code)\"} \(count)\n"
        }
        header("hexi_signatures_refused_total", "Requests whose signature was refused.", "counter")
        text += "hexi_signatures_refused_total \(counters.signaturesRefused)\n"
        header("hexi_uploaded_bytes_total", "Bytes of snapshots received.", "counter")
        text += "hexi_uploaded_bytes_total \(counters.uploadedBytes)\n"
        header("hexi_cosignatures_total", "Checkpoints of other logs cosigned as their witness.", "counter")
        text += "hexi_cosignatures_total \(counters.cosignatures)\n"
        header("hexi_witness_refusals_total", "Checkpoints of witnessed logs that were not cosigned, by status.", "counter")
        for (status, count) in counters.witnessRefusals.sorted(by: { $0.key < $1.key }) {
            text += "hexi_witness_refusals_total{status=\"\(status)\"} \(count)\n"
        }
        header("hexi_witness_evidence_total", "Requests kept as evidence against a witnessed log.", "counter")
        text += "hexi_witness_evidence_total \(counters.witnessEvidence)\n"
        header("hexi_witness_alarms_total", "Answers of witnesses that have seen another ledger than this one.", "counter")
        text += "hexi_witness_alarms_total \(counters.witnessAlarms)\n"
        header("hexi_alarms_total", "Alarms raised since the start, by kind.", "counter")
        for (kind, count) in counters.alarms.sorted(by: { $0.key < $1.key }) {
            text += "hexi_alarms_total{kind=\"\(kind)\"} \(count)\n"
        }
        return text
    }
}
