-- Runs that workers fetch wait in a queue, which names pool, model and pin. While one
-- is leased, it is the worker's that knows the lease.
ALTER TABLE runs ADD COLUMN queue TEXT NOT NULL DEFAULT ''; -- empty: this server works it
ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN lease TEXT NOT NULL DEFAULT ''; -- of a run that is done: under which it ended
ALTER TABLE runs ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0; -- when the worker counts as lost
ALTER TABLE runs ADD COLUMN deadline INTEGER NOT NULL DEFAULT 0; -- when the model's time is over
CREATE INDEX runs_waiting ON runs (account, queue, priority DESC, due_at, id) WHERE state = 'open' AND queue <> '' AND lease = '';
CREATE INDEX runs_leased ON runs (lease_until, account) WHERE state = 'open' AND lease_until > 0;
CREATE INDEX runs_by_lease ON runs (lease) WHERE lease <> '';

ALTER TABLE tasks ADD COLUMN priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10);
ALTER TABLE tasks ADD COLUMN pin TEXT NOT NULL DEFAULT ''; -- the label that its worker must have
ALTER TABLE tasks ADD COLUMN worker TEXT NOT NULL DEFAULT ''; -- that has it, or had it last

ALTER TABLE keys ADD COLUMN models TEXT NOT NULL DEFAULT ''; -- that a worker's key is for, separated by blanks; empty: all

-- The programs that fetch, as they said who they are. A session is one start of one.
CREATE TABLE workers (
    name       TEXT PRIMARY KEY,
    session    TEXT NOT NULL,
    pool       TEXT NOT NULL,
    models     TEXT NOT NULL, -- separated by blanks; empty: all
    labels     TEXT NOT NULL, -- the same
    capacity   INTEGER NOT NULL,
    draining   INTEGER NOT NULL DEFAULT 0 CHECK (draining IN (0, 1)),
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) WITHOUT ROWID;

-- Whose task workers were given when; the numbers only rise.
CREATE TABLE worker_turns (
    account TEXT PRIMARY KEY,
    turn    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX worker_turns_last ON worker_turns (turn);

-- What workers have sent of results, in pieces, until the lease is over.
CREATE TABLE worker_parts (
    id     TEXT PRIMARY KEY, -- under which the bytes are kept
    lease  TEXT NOT NULL,
    output INTEGER NOT NULL CHECK (output >= 0), -- which result, from 0
    start  INTEGER NOT NULL CHECK (start >= 0),  -- where in it
    size   INTEGER NOT NULL CHECK (size > 0)
) WITHOUT ROWID;
CREATE UNIQUE INDEX worker_parts_place ON worker_parts (lease, output, start);
