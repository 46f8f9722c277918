-- How much there is of each kind, kept with every change. Bytes are those of bodies
-- and files, and for each row what its table and indexes take about: rowCost in
-- internal/store/stored.go.
CREATE TABLE stored (
    kind   TEXT PRIMARY KEY CHECK (kind IN ('events', 'attempts', 'tasks', 'artifacts', 'files')),
    amount INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO stored SELECT 'events', count(*), coalesce(sum(length(body) + 400), 0) FROM events;
UPDATE stored SET bytes = bytes + (SELECT coalesce(sum(coalesce(length(body), 0) + 800), 0) FROM deliveries) WHERE kind = 'events';
INSERT INTO stored SELECT 'attempts', count(*), coalesce(sum(coalesce(length(response), 0) + 120), 0) FROM attempts;
INSERT INTO stored SELECT 'tasks', count(*), coalesce(sum(length(input) + coalesce(length(metadata), 0) + 800), 0) FROM tasks;
UPDATE stored SET bytes = bytes + (SELECT coalesce(sum(length(input) + 800), 0) FROM executions), amount = amount + (SELECT count(*) FROM executions)
    WHERE kind = 'tasks';
INSERT INTO stored SELECT 'artifacts', count(*), coalesce(sum(size), 0) FROM artifacts WHERE removed = 0;
INSERT INTO stored SELECT 'files', count(*), coalesce(sum(size), 0) FROM files WHERE completed_at IS NOT NULL;

-- The last event of an account that retention has removed: a cursor before it has
-- missed something.
CREATE TABLE feed_horizons (
    account TEXT PRIMARY KEY,
    seq     INTEGER NOT NULL
) WITHOUT ROWID;

-- What is looked for by its age, and what goes together.
CREATE INDEX artifacts_kept ON artifacts (id) WHERE removed = 0;
CREATE INDEX idempotency_by_task ON idempotency (task);
CREATE INDEX executions_open ON executions (account) WHERE finished_at IS NULL;
CREATE INDEX usage_by_hour ON usage (hour);
ALTER TABLE tasks ADD COLUMN execution TEXT NOT NULL DEFAULT ''; -- that it is a step of; empty: none
UPDATE tasks SET execution = s.execution FROM execution_steps AS s WHERE s.task = tasks.id AND s.task <> '';
CREATE INDEX tasks_by_execution ON tasks (execution) WHERE execution <> '';
CREATE INDEX tasks_by_retry ON tasks (retry_of) WHERE retry_of <> '';
ALTER TABLE files ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0; -- by the last input that names it, about
UPDATE files SET used_at = created_at;
