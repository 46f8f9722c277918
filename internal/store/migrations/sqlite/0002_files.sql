-- Files that clients upload as inputs. Their bytes are on disk under the id in
-- content, which every upload makes anew.
CREATE TABLE files (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL,
    filename     TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         INTEGER NOT NULL,
    content      TEXT NOT NULL DEFAULT '', -- empty: nothing was uploaded yet
    sha256       TEXT NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL,
    completed_at INTEGER,
    CHECK (completed_at IS NULL OR content <> '')
) WITHOUT ROWID;
CREATE INDEX files_by_account ON files (account, id) WHERE completed_at IS NOT NULL;
CREATE INDEX files_unfinished ON files (id) WHERE completed_at IS NULL;
CREATE UNIQUE INDEX files_by_content ON files (content) WHERE content <> '';
