import Storage

/// The parts of a node that alarms are made from.
struct AlarmContext: Sendable {
    let log: StructuredLog
    let metrics: Metrics
    let ledger: Ledger
    let directory: KeyDirectory
    let index: CatalogueIndex
    let sequencer: Sequencer
    let nodeKeys: NodeKeyRing
}
