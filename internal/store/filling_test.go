package store_test

import "fmt"

// filling are rows enough that a plan which reads all of a table is a bad one.
var filling = func() (statements []string) {
	const accounts, rows = 2_000, 20_000
	for _, insert := range []struct {
		n    int
		text string
	}{
		{accounts, `accounts (id, name, created_at) SELECT 'acc_' || i, 'a', 0`},
		{accounts, `keys (id, account, name, hash, hint, test, created_at) SELECT 'key_' || i, 'acc_' || i, 'k', 'h' || i, '', 0, 0`},
		{rows, `tasks (id, account, face, provider, capability, model, medium, input, test, sandbox, state, estimated, created_at, finished_at)
			SELECT 'task_' || (100000 + i), 'acc_' || (i % 2000 + 1), 'f', 'p', 'c', 'm', 'video', '{}', 0, 0, 'succeeded', 0, 0, 0`},
		{rows, `runs (id, task, account, number, adapter, state, submission, due_at)
			SELECT 'run_' || (100000 + i), 'task_' || (100000 + i), 'acc_' || (i / 50 % 10 + 1), 1, 'sandbox', CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, 'sent', i`},
		{rows, `idempotency (hash, request, task, expires_at) SELECT 'h' || i, 'r', 't', i`},
		{rows, `artifacts (id, task, account, position, name, format, media_type, size, sha256, duration, created_at, poster_due, copied)
			SELECT 'art_' || i, 'task_' || (100000 + i), 'acc_' || (i % 2000 + 1), 0, 'task_' || (100000 + i) || '-0.mp4', '', '', 0, '', 0, 0,
			CASE WHEN i % 50 = 0 THEN i END, CASE WHEN i % 50 = 0 THEN 'pending' ELSE '' END`},
		{rows, `contents (artifact, bytes) SELECT 'art_' || i, 'x'`},
		{2000, `buckets (account, endpoint, name, region, prefix, access_key, secret, created_at, due_at) SELECT 'acc_' || i, '', '', '', '', '', '', 0, 0`},
		{2000, `lanes (id, account, endpoint, epoch, next_due) SELECT 'lane_' || i, 'acc_' || (i % 2000 + 1), 'wh_' || i, 0, CASE WHEN i % 10 = 0 THEN i END`},
		{2000, `endpoints (id, account, url, description, events, state, secrets, lane, created_at, updated_at)
			SELECT 'wh_' || i, 'acc_' || (i % 2000 + 1), '', '', 'a.b', 'active', '', 'lane_' || i, 0, 0`},
		{2000, `endpoint_health (endpoint, failures) SELECT 'wh_' || i, 0`},
		{rows, `events (seq, id, account, type, subject, body, created_at) SELECT i, 'evt_' || (100000 + i), 'acc_' || (i % 2000 + 1), 'a.b', 's' || i, '{}', 0`},
		{rows / 10, `feed_horizons (account, seq) SELECT 'acc_' || i, i`},
		{rows, `deliveries (id, account, event, event_type, endpoint, lane, state, claim, schedule, test, due_at, created_at, finished_at, last_class)
			SELECT 'dlv_' || (100000 + i), 'acc_' || (i % 2000 + 1), 'evt_' || (100000 + i), 'a.b', 'wh_' || (i % 2000), 'lane_' || (i % 2000),
			CASE WHEN i % 20 = 0 THEN 'pending' ELSE 'delivered' END, 0, '', 0, i, 0, CASE WHEN i % 20 = 0 THEN NULL ELSE 0 END,
			CASE WHEN i % 40 = 0 THEN 'timeout' ELSE '' END`},
		{rows, `replays (id, account, choice, rate, state, cursor, bound, found, more, created_at, finished_at) SELECT 'rpl_' || (100000 + i), 'acc_' || (i % 2000 + 1),
			'{}', 1, CASE WHEN i % 1000 = 0 THEN 'running' ELSE 'completed' END, '', '', 0, 0, 0, CASE WHEN i % 1000 = 0 THEN NULL ELSE 0 END`},
		{20, `erasures (id, kind, subject, asked_by, created_at, finished_at, counts) SELECT 'ers_' || i, 'task', 'task_' || i, 'somebody', 0,
			CASE WHEN i % 5 = 0 THEN NULL ELSE 0 END, ''`},
		{rows, `attempts (delivery, number, started_at, duration, status, class) SELECT 'dlv_' || (100000 + i), 1, 0, 0, 200, 'ok'`},
		{rows, `attempt_counts (account, endpoint, minute, class, attempts, ended) SELECT 'acc_' || (i % 2000 + 1), 'wh_' || (i % 2000), i * 60000, 'ok', 1, 1`},
		{rows, `files (id, account, filename, content_type, size, content, created_at, completed_at)
			SELECT 'file_' || (100000 + i), 'acc_' || (i % 2000 + 1), '', '', 0, 'art_' || i, 0, CASE WHEN i % 50 = 0 THEN NULL ELSE 0 END`},
		{rows, `ledger (account, kind, subject, amount, at) SELECT 'acc_' || (i % 2000 + 1), 'hold', 'task_' || (100000 + i), 1, 0`},
		{rows, `usage (account, hour, provider, model, key, succeeded, failed, cancelled, cost) SELECT 'acc_' || (i % 2000 + 1), i, 'p', 'm', 'k', 0, 0, 0, 0`},
		{rows, `workflows (id, account, version, created_at, updated_at) SELECT 'wf_' || i, 'acc_' || (i % 2000 + 1), 1, 0, 0`},
		{rows, `workflow_versions (workflow, version, name, description, format, source, created_at) SELECT 'wf_' || i, 1, '', '', 'json', '', 0`},
		{rows, `executions (id, account, workflow, version, face, key, test, input, state, due_at, created_at, finished_at)
			SELECT 'ex_' || (100000 + i), 'acc_' || (i % 2000 + 1), 'wf_' || (i % 20000 + 1), 1, 'f', 'k', 0, '{}',
			CASE WHEN i % 50 = 0 THEN 'running' ELSE 'completed' END, CASE WHEN i % 50 = 0 THEN i END, 0, CASE WHEN i % 50 = 0 THEN NULL ELSE 0 END`},
		{rows, `batches (id, account, provider, capability, model, concurrency, total, open, succeeded, created_at, finished_at)
			SELECT 'batch_' || (100000 + i), 'acc_' || (i % 2000 + 1), 'p', 'c', 'm', 0, 1, CASE WHEN i % 50 = 0 THEN 1 ELSE 0 END,
			CASE WHEN i % 50 = 0 THEN 0 ELSE 1 END, 0, CASE WHEN i % 50 = 0 THEN NULL ELSE 0 END`},
		{rows, `execution_steps (execution, position, step, state, task, tries) SELECT 'ex_' || (100000 + i), 0, 'draw',
			CASE WHEN i % 50 = 0 THEN 'running' ELSE 'succeeded' END, 'task_' || (100000 + i), 1`},
		{20, `workers (name, session, pool, models, labels, capacity, started_at, seen_at) SELECT 'w' || i, '', 'default', '', '', 1, 0, 0`},
		{rows, `worker_turns (account, turn) SELECT 'acc_' || (100000 + i), i`},
		{20, `worker_parts (id, lease, output, start, size) SELECT 'art_p' || (100000 + i), 'lease_' || i, 0, 0, 1`},
	} {
		statements = append(statements, fmt.Sprintf("INSERT INTO %s FROM generate_series(1, %d) AS i", insert.text, insert.n))
	}
	return statements
}()
