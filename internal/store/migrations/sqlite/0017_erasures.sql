-- What is to be erased, and the receipts of what was. The subject is an id, or
-- KEY=VALUE of metadata until that is erased, and then a hash of it.
CREATE TABLE erasures (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('account', 'task', 'metadata')),
    subject     TEXT NOT NULL,
    account     TEXT NOT NULL DEFAULT '', -- empty: any
    asked_by    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER,
    counts      BLOB NOT NULL, -- JSON
    bytes       INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX erasures_unfinished ON erasures (id) WHERE finished_at IS NULL;
-- Of an account that was erased its number and the ledger are left.
ALTER TABLE accounts ADD COLUMN erased_at INTEGER;
