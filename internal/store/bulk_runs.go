package store

import (
	"fmt"
	"strings"
)

// The bulk statements of tasks, their runs and results, which both databases take as
// they are but for where the rows come from.
const (
	intoTasks = ` INTO tasks (id, account, face, provider, capability, model, medium, input, metadata, webhook_url,
			test, sandbox, retry_of, key, price, echo, state, estimated, created_at, execution) `
	orKeepTask    = ` ON CONFLICT (id) DO NOTHING RETURNING id`
	intoRuns      = ` INTO runs (id, task, account, number, adapter, submission, handle, due_at, state) `
	intoArtifacts = ` INTO artifacts (id, task, account, position, name, format, media_type, size, sha256, duration, safety, generation,
			created_at, inline) `
	intoContents = ` INTO contents (artifact, bytes) `
)

// runBulk are the columns of rows by which something is changed, and how.
func runBulk(b bulk) (columns []string, table, change string) {
	switch b {
	case takenRows:
		return []string{"id", "owner"}, "runs", `owner = v.owner, claims = claims + 1,
			submission = CASE WHEN handle = '' THEN 'sending' ELSE 'sent' END FROM %s WHERE runs.id = v.id`
	case startedRows:
		return []string{"id", "started_at"}, "tasks", `state = 'running', started_at = coalesce(tasks.started_at, v.started_at)
			FROM %s WHERE tasks.id = v.id AND tasks.state IN ('pending', 'queued', 'running')`
	case doneRows:
		return []string{"id", "owner", "submission"}, "runs", `state = 'done', owner = NULL, submission = v.submission
			FROM %s WHERE runs.id = v.id AND runs.owner = v.owner AND runs.state = 'open' RETURNING runs.id`
	}
	return []string{"id", "state", "error", "progress", "finished_at"}, "tasks", `state = v.state, error = v.error, progress = v.progress,
			finished_at = v.finished_at FROM %s WHERE tasks.id = v.id AND tasks.` + taskUnfinished + `
			RETURNING tasks.id, tasks.account, tasks.face, tasks.provider, tasks.model, tasks.key, tasks.price, tasks.state`
}

// sqliteRunText is the statement on SQLite, for as many rows as there are tuples.
func sqliteRunText(b bulk, tuples string) string {
	const insert, values = `INSERT OR FAIL`, `VALUES `
	switch b {
	case taskRows:
		return insert + intoTasks + values + tuples + orKeepTask
	case runRows:
		return insert + intoRuns + `SELECT *, 'open' FROM (` + values + tuples + `) AS given`
	case artifactRows:
		return insert + intoArtifacts + values + tuples
	case contentRows:
		return insert + intoContents + values + tuples
	}
	columns, table, change := runBulk(b)
	named := make([]string, len(columns))
	for i, name := range columns {
		named[i] = fmt.Sprintf("column%d AS %s", i+1, name)
	}
	return `UPDATE OR FAIL ` + table + ` SET ` +
		fmt.Sprintf(change, `(SELECT `+strings.Join(named, ", ")+` FROM (`+values+tuples+`) AS given) AS v`)
}

// postgresRunText is the statement on PostgreSQL.
func postgresRunText(b bulk) string {
	switch b {
	case taskRows:
		return `INSERT` + intoTasks + `SELECT * FROM ` + unnest(b) + orKeepTask
	case runRows:
		return `INSERT` + intoRuns + `SELECT *, 'open' FROM ` + unnest(b)
	case artifactRows:
		return `INSERT` + intoArtifacts + `SELECT * FROM ` + unnest(b)
	case contentRows:
		return `INSERT` + intoContents + `SELECT * FROM ` + unnest(b)
	}
	columns, table, change := runBulk(b)
	return `UPDATE ` + table + ` SET ` + fmt.Sprintf(change, unnest(b)+` AS v (`+strings.Join(columns, ", ")+`)`)
}
