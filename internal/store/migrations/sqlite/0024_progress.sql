-- additive
-- Events of tasks on their way: the sequence of the last one of a task, and which
-- endpoints ask for them.
ALTER TABLE tasks ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN follows INTEGER NOT NULL DEFAULT 0 CHECK (follows IN (0, 1));
CREATE INDEX endpoints_following ON endpoints (account) WHERE follows = 1 AND deleted_at IS NULL;

-- Tasks of one model that were submitted together. Of a batch that limits how many go
-- on at a time, the runs of those behind cursor are not due before another has ended.
CREATE TABLE batches (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    provider    TEXT NOT NULL,
    capability  TEXT NOT NULL,
    model       TEXT NOT NULL,
    concurrency INTEGER NOT NULL CHECK (concurrency >= 0), -- 0: no limit
    cursor      TEXT NOT NULL DEFAULT '',                  -- the last task that may run
    total       INTEGER NOT NULL,
    open        INTEGER NOT NULL CHECK (open >= 0),
    succeeded   INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    cancelled   INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    stopped_at  INTEGER,
    finished_at INTEGER,
    CHECK (open + succeeded + failed + cancelled = total),
    CHECK (finished_at IS NULL OR open = 0)
) WITHOUT ROWID;
CREATE INDEX batches_by_account ON batches (account, id);
CREATE INDEX batches_due ON batches (id) WHERE finished_at IS NULL AND (open = 0 OR stopped_at IS NOT NULL);
ALTER TABLE tasks ADD COLUMN batch TEXT NOT NULL DEFAULT '';
CREATE INDEX tasks_by_batch ON tasks (batch, id) WHERE batch <> '';
