-- Graphs of tasks. A version is never changed: executions run the one that they
-- began with.
CREATE TABLE workflows (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    runs        INTEGER NOT NULL DEFAULT 0,
    last_run_at INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) WITHOUT ROWID;
CREATE INDEX workflows_by_account ON workflows (account, id) WHERE deleted_at IS NULL;

CREATE TABLE workflow_versions (
    workflow    TEXT NOT NULL REFERENCES workflows (id),
    version     INTEGER NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    format      TEXT NOT NULL CHECK (format IN ('json', 'yaml')),
    source      BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (workflow, version)
) WITHOUT ROWID;

CREATE TABLE executions (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    workflow    TEXT NOT NULL,
    version     INTEGER NOT NULL,
    face        TEXT NOT NULL,
    key         TEXT NOT NULL,
    test        INTEGER NOT NULL CHECK (test IN (0, 1)),
    input       BLOB NOT NULL,
    webhook_url TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    error       BLOB,
    revision    INTEGER NOT NULL DEFAULT 0, -- of what must be looked at
    due_at      INTEGER,                    -- when it must be; NULL: not before something happens
    created_at  INTEGER NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    FOREIGN KEY (workflow, version) REFERENCES workflow_versions (workflow, version),
    CHECK ((state IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK (finished_at IS NULL OR due_at IS NULL),
    CHECK ((state = 'failed') = (error IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX executions_by_account ON executions (account, id);
CREATE INDEX executions_by_workflow ON executions (workflow, id);
CREATE INDEX executions_due ON executions (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE execution_steps (
    execution   TEXT NOT NULL REFERENCES executions (id),
    position    INTEGER NOT NULL, -- in the definition
    step        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
    tries       INTEGER NOT NULL DEFAULT 0,
    task        TEXT NOT NULL DEFAULT '', -- of the last try; empty: there was none
    error       BLOB,
    started_at  INTEGER,
    finished_at INTEGER,
    PRIMARY KEY (execution, position),
    UNIQUE (execution, step),
    CHECK (state <> 'running' OR task <> ''),
    CHECK (state <> 'waiting' OR tries = 0)
) WITHOUT ROWID;
-- A task is for one step, which its end is the end of.
CREATE UNIQUE INDEX execution_steps_running ON execution_steps (task) WHERE state = 'running';
