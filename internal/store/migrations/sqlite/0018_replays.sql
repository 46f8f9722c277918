-- Jobs that send many deliveries again. Choice is what to send again, as JSON; cursor
-- and bound are ids of deliveries, or places in the feed.
CREATE TABLE replays (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    key         TEXT NOT NULL DEFAULT '',
    choice      BLOB NOT NULL,
    target      TEXT NOT NULL DEFAULT '', -- the endpoint that gets all; empty: each goes where it went
    rate        INTEGER NOT NULL CHECK (rate > 0),
    state       TEXT NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'cancelled')),
    reason      TEXT NOT NULL DEFAULT '',
    cursor      TEXT NOT NULL,
    bound       TEXT NOT NULL,
    found       INTEGER NOT NULL CHECK (found >= 0),
    more        INTEGER NOT NULL CHECK (more IN (0, 1)), -- than found
    created     INTEGER NOT NULL DEFAULT 0,
    skipped     INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK ((state IN ('completed', 'cancelled')) = (finished_at IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX replays_by_account ON replays (account, id);
CREATE INDEX replays_running ON replays (id) WHERE state = 'running';
CREATE INDEX replays_open ON replays (account) WHERE finished_at IS NULL;

-- The job that has made a delivery.
ALTER TABLE deliveries ADD COLUMN replay TEXT NOT NULL DEFAULT '';
CREATE INDEX deliveries_by_replay ON deliveries (replay, id) WHERE replay <> '';
