-- Why deliveries have not arrived: what the last attempt met, where that failed.
ALTER TABLE deliveries ADD COLUMN last_class TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET last_class = coalesce((SELECT class FROM attempts
    WHERE attempts.delivery = deliveries.id AND attempts.number = deliveries.attempts), '')
WHERE attempts > 0 AND state <> 'delivered';
CREATE INDEX deliveries_in_vain ON deliveries (account, id) WHERE last_class <> '';
CREATE INDEX deliveries_in_vain_by_endpoint ON deliveries (endpoint, id) WHERE last_class <> '' AND endpoint <> '';

-- Attempts by minute, its beginning, for sums that read no deliveries. Endpoint is
-- empty for per-job deliveries, and * for all of the account together. Ended are
-- those of the attempts that ended their delivery.
CREATE TABLE attempt_counts (
    account  TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    minute   INTEGER NOT NULL,
    class    TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    ended    INTEGER NOT NULL,
    PRIMARY KEY (account, endpoint, minute, class)
) WITHOUT ROWID;
CREATE INDEX attempt_counts_by_minute ON attempt_counts (minute);

-- Tasks by the minute in which they ended.
CREATE TABLE task_counts (
    account TEXT NOT NULL,
    minute  INTEGER NOT NULL,
    state   TEXT NOT NULL,
    tasks   INTEGER NOT NULL,
    PRIMARY KEY (account, minute, state)
) WITHOUT ROWID;
CREATE INDEX task_counts_by_minute ON task_counts (minute);

-- What the last attempts at an endpoint met. Failures are those since a success.
CREATE TABLE endpoint_health (
    endpoint   TEXT PRIMARY KEY,
    success_at INTEGER,
    failure_at INTEGER,
    class      TEXT NOT NULL DEFAULT '', -- of the last failure, as the next two
    status     INTEGER NOT NULL DEFAULT 0,
    error      TEXT NOT NULL DEFAULT '',
    failures   INTEGER NOT NULL
) WITHOUT ROWID;

-- What an account is owed, by way of its lanes that are not idle.
CREATE INDEX lanes_busy ON lanes (account) WHERE next_due IS NOT NULL;
