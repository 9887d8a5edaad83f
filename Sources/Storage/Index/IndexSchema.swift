/// The tables of the index. Their version is part of the file: another version is not migrated but built anew, because
/// everything in it comes from the ledger.
enum IndexSchema {
    /// "HEXI" in SQLite's header, so that a file of something else is not taken for an index.
    static let application: Int64 = 0x4845_5849
    /// Raise it with every change to a table, or to how terms are made.
    static let version: Int64 = 7

    static let tables = """
        CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root TEXT NOT NULL);
        CREATE TABLE document (
            id INTEGER PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, status TEXT NOT NULL, updated INTEGER NOT NULL,
            seq INTEGER NOT NULL, body TEXT NOT NULL);
        CREATE TABLE facet (
            id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, class TEXT NOT NULL, grade TEXT NOT NULL, form TEXT NOT NULL,
            cycle TEXT NOT NULL, provider TEXT NOT NULL, keywords TEXT NOT NULL);
        CREATE VIRTUAL TABLE words USING fts5(
            terms, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3', columnsize = 0);
        CREATE TABLE run (
            seq INTEGER PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, buyer TEXT NOT NULL,
            query TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT, rows INTEGER, result TEXT,
            result_expires INTEGER);
        CREATE INDEX run_query ON run (query, seq);
        CREATE INDEX run_result ON run (result, result_expires) WHERE result IS NOT NULL;
        CREATE INDEX run_result_expires ON run (result_expires) WHERE result_expires IS NOT NULL;
        CREATE TABLE run_party (party TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (party, seq)) WITHOUT ROWID;
        CREATE INDEX run_party_seq ON run_party (seq);
        CREATE TABLE run_provider (
            seq INTEGER NOT NULL, place INTEGER NOT NULL, provider TEXT NOT NULL, PRIMARY KEY (seq, place)) WITHOUT ROWID;
        CREATE TABLE run_contract (
            contract TEXT NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (contract, seq)) WITHOUT ROWID;
        CREATE INDEX run_contract_seq ON run_contract (seq, place);
        CREATE TABLE charge (
            seq INTEGER NOT NULL, place INTEGER NOT NULL, time INTEGER NOT NULL, payer TEXT NOT NULL,
            payee TEXT NOT NULL, contract TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (seq, place)) WITHOUT ROWID;
        CREATE INDEX charge_payer ON charge (payer, time);
        CREATE INDEX charge_payee ON charge (payee, time);
        CREATE TABLE history (
            identifier TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, type TEXT NOT NULL, actor TEXT NOT NULL,
            PRIMARY KEY (identifier, seq)) WITHOUT ROWID;
        CREATE INDEX history_seq ON history (seq);
        CREATE TABLE edition (
            place INTEGER PRIMARY KEY, certificate TEXT NOT NULL, seq INTEGER NOT NULL, UNIQUE (certificate, seq));
        CREATE TABLE evidence (
            sha256 TEXT NOT NULL, seq INTEGER NOT NULL, subject TEXT NOT NULL, owner TEXT NOT NULL, kind TEXT NOT NULL,
            name TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (sha256, seq)) WITHOUT ROWID;
        CREATE INDEX evidence_subject ON evidence (subject, seq);
        CREATE TABLE alarm (
            seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, participant TEXT NOT NULL, body TEXT NOT NULL);
        CREATE INDEX alarm_time ON alarm (time);
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        """
}
