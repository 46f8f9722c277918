package store

// What tasks, their runs and results are inserted into.
const (
	intoTasks = ` INTO tasks (id, account, face, provider, capability, model, medium, input, metadata, webhook_url,
			test, sandbox, retry_of, key, price, echo, state, estimated, created_at, execution, batch, priority, pin) `
	orKeepTask    = ` ON CONFLICT (id) DO NOTHING RETURNING id`
	intoRuns      = ` INTO runs (id, task, account, number, adapter, state, submission, handle, due_at, queue, priority) `
	intoArtifacts = ` INTO artifacts (id, task, account, position, name, format, media_type, size, sha256, duration, safety, generation,
			created_at, inline, poster_due, copied) `
	intoContents = ` INTO contents (artifact, bytes) `
)

// changeRuns is change for runs and their tasks. That a run is open is said by what it is
// not, for SQLite would take the state for a hint to read the index of all that are.
func changeRuns(b bulk, v string) string {
	switch b {
	case takenRows:
		return ` runs SET owner = v.owner, claims = claims + 1, epoch = epoch + 1 FROM ` + v + ` WHERE runs.id = v.id`
	case submittedRows:
		return ` runs SET submission = CASE WHEN v.handle = '' AND runs.submission = 'unknown' THEN 'unknown' ELSE v.submission END,
			handle = v.handle, sent_at = v.sent_at FROM ` + v + ` WHERE runs.id = v.id AND coalesce(runs.owner, '') = v.owner AND runs.epoch = v.epoch
			AND runs.handle IN ('', v.handle) AND runs.state <> 'done' RETURNING runs.id, runs.epoch`
	case startedRows:
		return ` tasks SET state = 'running', started_at = coalesce(tasks.started_at, v.started_at), adapter = v.adapter
			FROM ` + v + ` WHERE tasks.id = v.id AND tasks.state IN ('pending', 'queued', 'running')`
	case doneRows:
		return ` runs SET state = 'done', owner = NULL, submission = v.submission
			FROM ` + v + ` WHERE runs.id = v.id AND coalesce(runs.owner, '') = v.owner AND runs.lease = v.lease AND runs.state <> 'done' RETURNING runs.id`
	}
	return ` tasks SET state = v.state, error = v.error, progress = v.progress, finished_at = v.finished_at FROM ` + v + `
			WHERE tasks.id = v.id AND tasks.` + taskUnfinished + `
			RETURNING tasks.id, tasks.account, tasks.face, tasks.provider, tasks.model, tasks.key, tasks.price, tasks.state, tasks.told, tasks.batch,
			CASE WHEN EXISTS (SELECT 1 FROM buckets WHERE buckets.account = tasks.account) THEN 'pending' ELSE '' END`
}
