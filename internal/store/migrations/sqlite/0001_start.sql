-- Times are Unix milliseconds. Ids are text that sorts by time. Bodies are the
-- bytes that were signed. Indexes of work are partial: unfinished rows only. Checks
-- say OR, for SQLite makes a table of a longer IN list anew for every row.

CREATE TABLE accounts (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE keys (
    id         TEXT PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES accounts (id),
    name       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    hint       TEXT NOT NULL,
    test       INTEGER NOT NULL CHECK (test IN (0, 1)),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;

-- The lock on the data directory is the lease of the one node.
CREATE TABLE nodes (
    id         TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tasks (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    face        TEXT NOT NULL,
    provider    TEXT NOT NULL,
    capability  TEXT NOT NULL,
    model       TEXT NOT NULL,
    medium      TEXT NOT NULL,
    input       BLOB NOT NULL,
    metadata    BLOB,
    webhook_url TEXT NOT NULL DEFAULT '',
    test        INTEGER NOT NULL CHECK (test IN (0, 1)),
    sandbox     INTEGER NOT NULL CHECK (sandbox IN (0, 1)),
    retry_of    TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL CHECK (state = 'pending' OR state = 'queued' OR state = 'running' OR state = 'succeeded' OR state = 'failed' OR state = 'cancelled'),
    progress    INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    error       BLOB,
    estimated   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    CHECK ((state = 'succeeded' OR state = 'failed' OR state = 'cancelled') = (finished_at IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX tasks_by_account ON tasks (account, id);

CREATE TABLE idempotency (
    hash       TEXT PRIMARY KEY,
    request    TEXT NOT NULL,
    task       TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE runs (
    id         TEXT PRIMARY KEY,
    task       TEXT NOT NULL,
    account    TEXT NOT NULL,
    number     INTEGER NOT NULL,
    adapter    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'done')),
    submission TEXT NOT NULL CHECK (submission = 'unsent' OR submission = 'sending' OR submission = 'sent' OR submission = 'unknown'),
    handle     TEXT NOT NULL DEFAULT '',
    owner      TEXT REFERENCES nodes (id) ON DELETE SET NULL,
    claims     INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,
    UNIQUE (task, number)
) WITHOUT ROWID;
CREATE INDEX runs_due ON runs (adapter, account, due_at, id) WHERE state = 'open' AND owner IS NULL;
CREATE INDEX runs_next ON runs (adapter, due_at) WHERE state = 'open' AND owner IS NULL;
CREATE INDEX runs_owned ON runs (owner) WHERE owner IS NOT NULL;

CREATE TABLE artifacts (
    id          TEXT PRIMARY KEY,
    task        TEXT NOT NULL,
    account     TEXT NOT NULL,
    position    INTEGER NOT NULL,
    name        TEXT NOT NULL UNIQUE,
    format      TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    duration    INTEGER NOT NULL,
    generation  INTEGER NOT NULL DEFAULT 0,
    removed     INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    created_at  INTEGER NOT NULL,
    UNIQUE (task, position)
) WITHOUT ROWID;

CREATE TABLE lanes (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL,
    endpoint TEXT NOT NULL DEFAULT '', -- empty: the lane of one origin's per-job deliveries
    owner    TEXT REFERENCES nodes (id) ON DELETE SET NULL,
    epoch    INTEGER NOT NULL DEFAULT 0,
    held     INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    next_due INTEGER                   -- no later than the first pending delivery; NULL: idle
) WITHOUT ROWID;
CREATE INDEX lanes_due ON lanes (next_due) WHERE owner IS NULL AND held = 0 AND next_due IS NOT NULL;
CREATE INDEX lanes_owned ON lanes (owner) WHERE owner IS NOT NULL;
CREATE INDEX lanes_idle ON lanes (id) WHERE owner IS NULL AND endpoint = '' AND next_due IS NULL;
CREATE INDEX lanes_held ON lanes (id) WHERE held = 1 AND next_due IS NOT NULL;

CREATE TABLE endpoints (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    url         TEXT NOT NULL,
    description TEXT NOT NULL,
    events      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state = 'active' OR state = 'paused' OR state = 'disabled'),
    reason      TEXT NOT NULL DEFAULT '',
    schedule    TEXT, -- NULL: the operator's
    secrets     BLOB NOT NULL,
    lane        TEXT NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) WITHOUT ROWID;
CREATE INDEX endpoints_by_account ON endpoints (account, id) WHERE deleted_at IS NULL;

CREATE TABLE feed_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
);
INSERT INTO feed_head (one, seq) VALUES (1, 0);

CREATE TABLE events (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account    TEXT NOT NULL,
    type       TEXT NOT NULL,
    subject    TEXT NOT NULL DEFAULT '',
    body       BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX events_by_account ON events (account, seq);
CREATE INDEX events_by_subject ON events (subject) WHERE subject <> '';

CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    event       TEXT NOT NULL,
    event_type  TEXT NOT NULL,
    subject     TEXT NOT NULL DEFAULT '',
    endpoint    TEXT NOT NULL DEFAULT '', -- empty: per-job
    lane        TEXT NOT NULL,
    url         TEXT NOT NULL DEFAULT '', -- per-job only; a configured one goes where its endpoint is now
    body        BLOB,                     -- per-job only; a configured one sends the event's
    state       TEXT NOT NULL CHECK (state = 'pending' OR state = 'delivered' OR state = 'failed' OR state = 'cancelled'),
    claim       INTEGER NOT NULL,         -- the epoch under which it is in the lane owner's memory; 0: free
    attempts    INTEGER NOT NULL DEFAULT 0,
    schedule    TEXT NOT NULL,
    test        INTEGER NOT NULL CHECK (test IN (0, 1)),
    replay_of   TEXT NOT NULL DEFAULT '',
    last_error  TEXT NOT NULL DEFAULT '',
    due_at      INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK ((state = 'pending') = (finished_at IS NULL))
) WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (lane, due_at, id) WHERE state = 'pending';
CREATE INDEX deliveries_by_account ON deliveries (account, id);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, id) WHERE endpoint <> '';
CREATE INDEX deliveries_by_event ON deliveries (event);

CREATE TABLE attempts (
    delivery    TEXT NOT NULL,
    number      INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    duration    INTEGER NOT NULL, -- microseconds
    status      INTEGER NOT NULL,
    class       TEXT NOT NULL,
    error       TEXT NOT NULL DEFAULT '',
    response    BLOB,
    retry_after INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;
