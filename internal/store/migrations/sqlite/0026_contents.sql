-- Small results stand in the database, apart from what is known of them, which lists
-- read: docs/decisions/0026-small-results.md.
ALTER TABLE artifacts ADD COLUMN inline INTEGER NOT NULL DEFAULT 0 CHECK (inline IN (0, 1));
CREATE TABLE contents (
    artifact TEXT PRIMARY KEY,
    bytes    BLOB NOT NULL
);
