import Encoding

/// The JSON Schemas of every signed statement and ledger event, as they stand in `Contracts/schemas`, built into the
/// programs so that node and auditor need no files beside them.
public enum ContractSchemas {
    /// What is wrong with a statement's document, or `nil` if it is valid against the schema of its kind.
    public static func mismatch(inStatement document: JSONValue, kind: String) -> JSONMismatch? {
        mismatch(in: document, schema: statements[kind], name: kind)
    }

    /// What is wrong with an event's body, or `nil` if it is valid against the schema of its type.
    public static func mismatch(inEvent body: JSONValue, type: String) -> JSONMismatch? {
        mismatch(in: body, schema: events[type], name: type)
    }

    /// What is wrong with a whole ledger entry, its body and statement aside.
    public static func mismatch(inEntry entry: JSONValue) -> JSONMismatch? {
        mismatch(in: entry, schema: ledgerEntry, name: "ledger-entry")
    }

    /// A document without a usable schema is refused: nothing passes unchecked.
    private static func mismatch(in document: JSONValue, schema: JSONSchema?, name: String) -> JSONMismatch? {
        guard let schema else { return JSONMismatch(pointer: "", reason: "there is no schema for \"\(name.prefix(64))\"") }
        return schema.validate(document).first
    }

    private static let statements = parse(statementSources)
    private static let events = parse(eventSources)
    private static let ledgerEntry = schema(PackageResources.ledger_entry_json)

    private static func parse(_ sources: [(String, [UInt8])]) -> [String: JSONSchema] {
        var schemas: [String: JSONSchema] = [:]
        for (name, source) in sources { schemas[name] = schema(source) }
        return schemas
    }

    /// A test reads every source, so that none is missing here for being malformed.
    private static func schema(_ source: [UInt8]) -> JSONSchema? {
        guard let document = try? JSONValue.parse(source) else { return nil }
        return try? JSONSchema(document)
    }

    /// Each schema's name and text.
    public static let statementSources: [(String, [UInt8])] = [
        // Space
        ("space-charter", PackageResources.statement_space_charter_json),
        ("space-policy", PackageResources.statement_space_policy_json),
        ("log-keys", PackageResources.statement_log_keys_json),
        // Identity
        ("participant-application", PackageResources.statement_participant_application_json),
        ("participant-decision", PackageResources.statement_participant_decision_json),
        ("participant-review", PackageResources.statement_participant_review_json),
        ("participant-keys", PackageResources.statement_participant_keys_json),
        ("key-recovery", PackageResources.statement_key_recovery_json),
        ("key-recovery-objection", PackageResources.statement_key_recovery_objection_json),
        ("key-recovery-completion", PackageResources.statement_key_recovery_completion_json),
        ("delegation", PackageResources.statement_delegation_json),
        ("delegation-revocation", PackageResources.statement_delegation_revocation_json),
        ("operator-appointment", PackageResources.statement_operator_appointment_json),
        ("node-keys", PackageResources.statement_node_keys_json),
        ("alarm-report", PackageResources.statement_alarm_report_json),
        // Catalogue
        ("product-listing", PackageResources.statement_product_listing_json),
        ("product-withdrawal", PackageResources.statement_product_withdrawal_json),
        ("product-review", PackageResources.statement_product_review_json),
        ("compliance-declaration", PackageResources.statement_compliance_declaration_json),
        ("compliance-review", PackageResources.statement_compliance_review_json),
        ("quality-assessment", PackageResources.statement_quality_assessment_json),
        // Rights
        ("resource-registration", PackageResources.statement_resource_registration_json),
        ("right-application", PackageResources.statement_right_application_json),
        ("right-withdrawal", PackageResources.statement_right_withdrawal_json),
        ("right-check", PackageResources.statement_right_check_json),
        ("right-objection", PackageResources.statement_right_objection_json),
        ("objection-decision", PackageResources.statement_objection_decision_json),
        ("right-decision", PackageResources.statement_right_decision_json),
        ("right-transfer", PackageResources.statement_right_transfer_json),
        ("right-split", PackageResources.statement_right_split_json),
        ("right-merge", PackageResources.statement_right_merge_json),
        ("right-change", PackageResources.statement_right_change_json),
        ("right-renewal", PackageResources.statement_right_renewal_json),
        ("right-licence", PackageResources.statement_right_licence_json),
        ("right-licence-end", PackageResources.statement_right_licence_end_json),
        ("right-pledge", PackageResources.statement_right_pledge_json),
        ("right-pledge-release", PackageResources.statement_right_pledge_release_json),
        ("right-freeze", PackageResources.statement_right_freeze_json),
        ("right-unfreeze", PackageResources.statement_right_unfreeze_json),
        ("right-cancellation", PackageResources.statement_right_cancellation_json),
        // Contracts, queries and runs
        ("contract", PackageResources.statement_contract_json),
        ("contract-termination", PackageResources.statement_contract_termination_json),
        ("query-decision", PackageResources.statement_query_decision_json),
        ("query-submission", PackageResources.statement_query_submission_json),
        ("run-request", PackageResources.statement_run_request_json),
        ("task-request", PackageResources.statement_task_request_json),
        ("task-cancellation", PackageResources.statement_task_cancellation_json),
        ("result-destruction", PackageResources.statement_result_destruction_json),
        ("artefact-decision", PackageResources.statement_artefact_decision_json),
        ("subject-consent", PackageResources.statement_subject_consent_json),
        ("subject-consent-end", PackageResources.statement_subject_consent_end_json),
    ]

    public static let eventSources: [(String, [UInt8])] = [
        ("space.founded", PackageResources.event_space_founded_json),
        ("space.log-keys-changed", PackageResources.event_space_log_keys_changed_json),
        ("space.policy-set", PackageResources.event_space_policy_set_json),
        // Identity
        ("participant.applied", PackageResources.event_participant_applied_json),
        ("participant.approved", PackageResources.event_participant_approved_json),
        ("participant.refused", PackageResources.event_participant_refused_json),
        ("participant.suspended", PackageResources.event_participant_suspended_json),
        ("participant.resumed", PackageResources.event_participant_resumed_json),
        ("participant.checked", PackageResources.event_participant_checked_json),
        ("participant.returned", PackageResources.event_participant_returned_json),
        ("participant.revoked", PackageResources.event_participant_revoked_json),
        ("participant.assured", PackageResources.event_participant_assured_json),
        ("participant.keys-changed", PackageResources.event_participant_keys_changed_json),
        ("participant.recovery-proposed", PackageResources.event_participant_recovery_proposed_json),
        ("participant.recovery-objected", PackageResources.event_participant_recovery_objected_json),
        ("participant.recovered", PackageResources.event_participant_recovered_json),
        ("delegation.granted", PackageResources.event_delegation_granted_json),
        ("delegation.revoked", PackageResources.event_delegation_revoked_json),
        ("space.operators-appointed", PackageResources.event_space_operators_appointed_json),
        ("space.node-keys-changed", PackageResources.event_space_node_keys_changed_json),
        ("alarm.raised", PackageResources.event_alarm_raised_json),
        // Catalogue
        ("product.listed", PackageResources.event_product_listed_json),
        ("product.withdrawn", PackageResources.event_product_withdrawn_json),
        ("product.submitted", PackageResources.event_product_submitted_json),
        ("product.reviewed", PackageResources.event_product_reviewed_json),
        ("product.review-refused", PackageResources.event_product_review_refused_json),
        ("product.compliance-declared", PackageResources.event_product_compliance_declared_json),
        ("product.compliance-accepted", PackageResources.event_product_compliance_accepted_json),
        ("product.compliance-rejected", PackageResources.event_product_compliance_rejected_json),
        ("product.assessed", PackageResources.event_product_assessed_json),
        // Rights
        ("resource.registered", PackageResources.event_resource_registered_json),
        ("right.applied", PackageResources.event_right_applied_json),
        ("right.withdrawn", PackageResources.event_right_withdrawn_json),
        ("right.noticed", PackageResources.event_right_noticed_json),
        ("right.objected", PackageResources.event_right_objected_json),
        ("right.objection-dismissed", PackageResources.event_right_objection_dismissed_json),
        ("right.refused", PackageResources.event_right_refused_json),
        ("right.granted", PackageResources.event_right_granted_json),
        ("right.transferred", PackageResources.event_right_transferred_json),
        ("right.divided", PackageResources.event_right_divided_json),
        ("right.merged", PackageResources.event_right_merged_json),
        ("right.changed", PackageResources.event_right_changed_json),
        ("right.renewed", PackageResources.event_right_renewed_json),
        ("right.licensed", PackageResources.event_right_licensed_json),
        ("right.licence-ended", PackageResources.event_right_licence_ended_json),
        ("right.pledged", PackageResources.event_right_pledged_json),
        ("right.pledge-released", PackageResources.event_right_pledge_released_json),
        ("right.frozen", PackageResources.event_right_frozen_json),
        ("right.unfrozen", PackageResources.event_right_unfrozen_json),
        ("right.cancelled", PackageResources.event_right_cancelled_json),
        // Contracts, queries and runs
        ("contract.offered", PackageResources.event_contract_offered_json),
        ("contract.signed", PackageResources.event_contract_signed_json),
        ("contract.ended", PackageResources.event_contract_ended_json),
        ("query.submitted", PackageResources.event_query_submitted_json),
        ("query.approved", PackageResources.event_query_approved_json),
        ("query.refused", PackageResources.event_query_refused_json),
        ("query.revoked", PackageResources.event_query_revoked_json),
        ("run.completed", PackageResources.event_run_completed_json),
        ("run.refused", PackageResources.event_run_refused_json),
        ("task.minted", PackageResources.event_task_minted_json),
        ("task.cancelled", PackageResources.event_task_cancelled_json),
        ("run.result-destroyed", PackageResources.event_run_result_destroyed_json),
        ("artefact.released", PackageResources.event_artefact_released_json),
        ("artefact.refused", PackageResources.event_artefact_refused_json),
        ("consent.given", PackageResources.event_consent_given_json),
        ("consent.ended", PackageResources.event_consent_ended_json),
    ]
}
