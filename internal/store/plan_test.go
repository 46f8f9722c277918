package store_test

import (
	"context"
	"flag"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
)

// plans checks how SQLite answers every statement that the suite makes the store
// prepare.
type plans struct {
	mu    sync.Mutex
	steps map[string][]string // by statement
}

// watch opens databases whose statements are looked at when their test ends.
func (p *plans) watch(t storetest.TB, o storetest.Options) storetest.Database {
	db := openSQLite(t, o)
	if t, ok := t.(*testing.T); ok {
		t.Cleanup(func() { p.look(t, db.Store) })
	}
	return db
}

func (p *plans) look(t *testing.T, s *store.Store) {
	for _, text := range s.Statements() {
		p.mu.Lock()
		_, known := p.steps[text]
		p.mu.Unlock()
		if known {
			continue
		}
		steps, err := s.Plan(context.WithoutCancel(t.Context()), text)
		if err != nil {
			t.Fatal(err)
		}
		p.mu.Lock()
		p.steps[text] = steps
		p.mu.Unlock()
		checkScans(t, text, steps)
		checkPlaceholders(t, text)
	}
}

// mayScan are the steps that read a whole table or index: those of few rows, of
// rows that are part of the statement, and indexes that hold nothing but what is
// looked for.
var mayScan = regexp.MustCompile(`^SCAN (json_each VIRTUAL TABLE INDEX 1:|nodes|buckets|seal|accounts|keys|migrations|feed_head|stored|erasures|counted|v|series|given|due|late|workers|one|q|queues|longest|p USING COVERING INDEX worker_parts_place|(\d+ )?CONSTANT ROWS?|\d+-ROW VALUES CLAUSE` +
	`|l USING INDEX lanes_held|erasures USING INDEX erasures_unfinished|lanes USING INDEX lanes_idle|replays USING INDEX replays_running|batches USING INDEX batches_due)$`)

// maySort is a statement whose sorted rows are bounded by its limit, by what a
// node works on at a time, or by the hours of usage that it asks for.
var maySort = regexp.MustCompile(`_counts\s+WHERE .* GROUP BY|FROM usage WHERE account = \$1 AND hour >= \$2 AND hour < \$3 GROUP BY`)

// audit is in the statement that an operator asks for to have all of the ledger
// read.
const audit = "FROM ledger GROUP BY account, kind"

// ofErased are the statements that remove what is left of an erased account: of its
// webhooks, lanes and workflows those that are deleted too.
var ofErased = regexp.MustCompile(`^(DELETE|SELECT count\(\*\)) FROM (endpoints|endpoint_health|lanes|workflows|workflow_versions) WHERE`)

func checkScans(t *testing.T, text string, steps []string) {
	if strings.Contains(text, audit) || ofErased.MatchString(text) {
		return
	}
	for _, step := range steps {
		switch {
		case strings.HasPrefix(step, "SCAN") && !mayScan.MatchString(step) && !(step == "SCAN lanes" && strings.HasPrefix(text, sweep)):
			t.Errorf("%s\nreads all: %q", text, steps)
		case strings.HasPrefix(step, "USE TEMP B-TREE") && !maySort.MatchString(text):
			t.Errorf("%s\nsorts: %q", text, steps)
		}
	}
}

// sweep begins the one search of all lanes, outside of commits.
const sweep = "SELECT id FROM lanes WHERE owner IS NULL AND held = 0 AND (next_due IS NULL OR"

// checkPlaceholders holds a statement to $1, $2 … in ascending order, each once:
// other drivers and databases bind others differently.
func checkPlaceholders(t *testing.T, text string) {
	for i, found := range regexp.MustCompile(`\$\d+`).FindAllString(text, -1) {
		if found != "$"+strconv.Itoa(i+1) {
			t.Errorf("%s\nhas %s in place %d", text, found, i+1)
			return
		}
	}
}

// searches names the step that a hot statement must have.
var searches = []struct{ statement, step string }{
	{"FROM json_each($4)) ORDER BY d.due_at, d.id LIMIT $5", "SEARCH d USING INDEX deliveries_pending (lane=? AND due_at<?)"},
	{"FROM json_each($4)) ORDER BY d.due_at, d.id LIMIT $5", "SEARCH e USING INDEX sqlite_autoindex_events_1 (id=?)"},
	{"claim <> l.epoch ORDER BY due_at, id LIMIT 1", "SEARCH l USING PRIMARY KEY (id=?)"},
	{"claim <> l.epoch ORDER BY due_at, id LIMIT 1", "SEARCH deliveries USING INDEX deliveries_pending (lane=? AND due_at>?)"},
	{"UPDATE OR FAIL deliveries SET claim = 0, state = v", "SEARCH deliveries USING PRIMARY KEY (id=?)"},
	{"UPDATE OR FAIL deliveries SET claim = 0, state = v", "SEARCH lanes USING PRIMARY KEY (id=?)"},
	{"UPDATE deliveries SET state = 'cancelled'", "SEARCH deliveries USING COVERING INDEX deliveries_pending (lane=?)"},
	{"UPDATE lanes SET owner = $1, epoch", "SEARCH lanes USING INDEX lanes_due (next_due>? AND next_due<?)"},
	{"SELECT min(next_due) FROM lanes", "SEARCH lanes USING INDEX lanes_due (next_due>?)"},
	{"SELECT id, mark, changed FROM lanes", "SEARCH lanes USING INDEX lanes_marked (owner=? AND mark>?)"},
	{"UPDATE OR FAIL lanes SET next_due = v.due", "SEARCH lanes USING PRIMARY KEY (id=?)"},
	{"UPDATE OR FAIL lanes SET mark", "SEARCH lanes USING PRIMARY KEY (id=?)"},
	{"SELECT lanes.id, owner, epoch, held, next_due FROM", "SEARCH lanes USING PRIMARY KEY (id=?)"},
	{"(SELECT min(due_at) FROM deliveries WHERE lane", "SEARCH deliveries USING COVERING INDEX deliveries_pending (lane=?)"},
	{"SELECT id, url, events, schedule, lane", "SEARCH endpoints USING INDEX endpoints_by_account (account=?)"},
	{"SELECT account, due_at FROM runs", "SEARCH runs USING INDEX runs_due (adapter=? AND account>?)"},
	{"JOIN tasks ON tasks.id = due.task", "SEARCH tasks USING PRIMARY KEY (id=?)"},
	{"JOIN tasks ON tasks.id = due.task", "SEARCH runs USING INDEX runs_due (adapter=? AND account=? AND due_at<?)"},
	{"UPDATE OR FAIL runs SET owner = v.owner", "SEARCH runs USING PRIMARY KEY (id=?)"},
	{"UPDATE OR FAIL runs SET state = 'done'", "SEARCH runs USING PRIMARY KEY (id=?)"},
	{"UPDATE OR FAIL tasks SET state = 'running'", "SEARCH tasks USING PRIMARY KEY (id=?)"},
	{"UPDATE OR FAIL tasks SET state = v.state", "SEARCH tasks USING PRIMARY KEY (id=?)"},
	{"SELECT min(due_at) FROM runs", "SEARCH runs USING INDEX runs_next (adapter=?)"},
	{"SELECT id FROM runs WHERE owner = $1 AND id", "SEARCH runs USING COVERING INDEX runs_owned (owner=? AND id>? AND id<?)"},
	{"UPDATE tasks SET progress = $1", "SEARCH tasks USING PRIMARY KEY (id=?)"},
	{"SELECT adapter FROM runs", "SEARCH runs USING INDEX runs_next (adapter>?)"},
	{"finished_at FROM tasks WHERE account = $1 ORDER BY", "SEARCH tasks USING INDEX tasks_by_account (account=?)"},
	{"finished_at FROM tasks WHERE account = $1 AND id < $2", "SEARCH tasks USING INDEX tasks_by_account (account=? AND id<?)"},
	{"WHERE d.account = $1 AND d.endpoint = $2 AND d.endpoint <> '' ORDER", "SEARCH d USING INDEX deliveries_by_endpoint (endpoint=?)"},
	{"WHERE d.account = $1 AND d.last_class <> '' AND d.state = $2 ORDER", "SEARCH d USING INDEX deliveries_in_vain (account=?)"},
	{"d.endpoint <> '' AND d.last_class <> '' AND d.last_class", "SEARCH d USING INDEX deliveries_in_vain_by_endpoint (endpoint=?)"},
	{"d.endpoint <> '' AND d.last_class <> '' AND d.id < $3 AND", "SEARCH d USING INDEX deliveries_in_vain_by_endpoint (endpoint=? AND id<?)"},
	{"(SELECT 1 FROM deliveries d  WHERE d.account = $1 LIMIT", "SEARCH d USING COVERING INDEX deliveries_by_account (account=?)"},
	{"SELECT d.id FROM deliveries d  WHERE d.account = $1 ORDER BY", "SEARCH d USING COVERING INDEX deliveries_by_account (account=?)"},
	{"WHERE d.account = $1 AND d.id >= $2 ORDER", "SEARCH d USING INDEX deliveries_by_account (account=? AND id>?)"},
	{"d.endpoint <> '' AND d.id >= $3 ORDER", "SEARCH d USING INDEX deliveries_by_endpoint (endpoint=? AND id>?)"},
	{"WHERE d.account = $1 AND d.last_class <> '' ORDER", "SEARCH d USING INDEX deliveries_in_vain (account=?)"},
	{"WHERE d.account = $1 AND d.event = $2 AND d.id < $3 AND d.last_class <> '' AND d.last_class = $4 ORDER", "SEARCH d USING INDEX deliveries_by_event (event=? AND id<?)"},
	{"WHERE d.account = $1 AND d.event = $2 ORDER", "SEARCH d USING INDEX deliveries_by_event (event=?)"},
	{"event IN\n\t\t(SELECT id FROM events", "SEARCH deliveries USING COVERING INDEX deliveries_by_event (event=?)"},
	{"event IN\n\t\t(SELECT id FROM events", "SEARCH events USING INDEX events_by_subject (subject=?)"},
	{"WITH RECURSIVE queues", "SEARCH runs USING INDEX runs_waiting (account>?)"},
	{"WITH RECURSIVE longest", "SEARCH runs USING INDEX runs_longest (queue>?)"},
	{"AND queue = $1 AND due_at <= $2 ORDER", "SEARCH r USING INDEX runs_longest (queue=? AND due_at<?)"},
	{"AND account = $1 AND queue = $2 AND due_at", "SEARCH runs USING INDEX runs_waiting (account=? AND queue=?)"},
	{"SELECT account FROM runs WHERE state = 'open' AND lease_until", "SEARCH runs USING COVERING INDEX runs_leased (lease_until>?)"},
	{"FROM runs WHERE state = 'open' AND lease_until > 0 AND lease_until <=", "SEARCH runs USING INDEX runs_leased (lease_until>? AND lease_until<?)"},
	{"FROM runs WHERE lease = $1", "SEARCH runs USING INDEX runs_by_lease (lease=?)"},
	{"AS held JOIN tasks", "SEARCH tasks USING PRIMARY KEY (id=?)"},
	{"UPDATE runs SET lease_until = $1", "SEARCH runs USING PRIMARY KEY (id=?)"},
	{"SELECT 1 FROM runs WHERE runs.id = $4 AND runs.lease", "SEARCH runs USING PRIMARY KEY (id=?)"},
	{"SELECT 1 FROM runs WHERE task = $4 AND owner", "SEARCH runs USING INDEX sqlite_autoindex_runs_2 (task=?)"},
	{"UPDATE tasks SET told", "SEARCH events USING INDEX events_by_subject (subject=?)"},
	{"FROM keys WHERE hash", "SEARCH keys USING INDEX sqlite_autoindex_keys_2 (hash=?)"},
	{"FROM keys WHERE account = $1 AND revoked_at IS NULL ORDER BY", "SEARCH keys USING INDEX keys_by_account (account=?)"},
	{"FROM runs WHERE account = $1 AND state = 'open' LIMIT", "SEARCH runs USING COVERING INDEX runs_open (account=?)"},
	{"UPDATE accounts SET balance = balance - $1", "SEARCH accounts USING INDEX sqlite_autoindex_accounts_1 (id=?)"},
	{"UPDATE keys SET spent = spent + $1", "SEARCH keys USING PRIMARY KEY (id=?)"},
	{"FROM ledger WHERE subject = $1 AND kind = 'credit'", "SEARCH ledger USING INDEX ledger_once (subject=?)"},
	{"FROM usage WHERE account = $1 AND hour", "SEARCH usage USING PRIMARY KEY (account=? AND hour>? AND hour<?)"},
	{"FROM lanes l JOIN deliveries d", "SEARCH l USING INDEX lanes_busy (account=?)"},
	{"FROM lanes l JOIN deliveries d", "SEARCH d USING COVERING INDEX deliveries_pending (lane=?)"},
	{"FROM attempt_counts\n\t\tWHERE account", "SEARCH attempt_counts USING PRIMARY KEY (account=? AND endpoint=? AND minute>?)"},
	{"FROM attempt_counts WHERE minute", "SEARCH attempt_counts USING COVERING INDEX attempt_counts_by_minute (minute<?)"},
	{"FROM endpoint_health WHERE endpoint", "SEARCH endpoint_health USING PRIMARY KEY (endpoint=?)"},
	{"FROM (SELECT 1 FROM deliveries\n\t\tWHERE lane", "SEARCH deliveries USING COVERING INDEX deliveries_pending (lane=?)"},
	{"FROM artifacts WHERE removed = 0 AND id > $1", "SEARCH artifacts USING INDEX artifacts_kept (id>? AND id<?)"},
	{"FROM tasks WHERE finished_at IS NOT NULL AND id > $1", "SEARCH tasks USING PRIMARY KEY (id>? AND id<?)"},
	{"FROM executions WHERE finished_at IS NOT NULL AND id > $1", "SEARCH executions USING PRIMARY KEY (id>? AND id<?)"},
	{"FROM files WHERE completed_at IS NOT NULL AND id > $1", "SEARCH files USING PRIMARY KEY (id>? AND id<?)"},
	{"WHERE delivery > $1 AND delivery < $2 ORDER BY", "SEARCH attempts USING PRIMARY KEY (delivery>? AND delivery<?)"},
	{"length(body) FROM events\n\t\tWHERE seq > $1", "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"},
	{"FROM usage WHERE hour < $1", "SEARCH usage USING COVERING INDEX usage_by_hour (hour<?)"},
	{"FROM tasks WHERE retry_of = $1", "SEARCH tasks USING COVERING INDEX tasks_by_retry (retry_of=?)"},
	{"FROM tasks WHERE execution = $1", "SEARCH tasks USING COVERING INDEX tasks_by_execution (execution=?)"},
	{"FROM artifacts WHERE poster_due IS NOT NULL", "SEARCH artifacts USING COVERING INDEX artifacts_poster_due (poster_due>? AND poster_due<?)"},
	{"AND copied = 'pending' ORDER BY copy_tries", "SEARCH artifacts USING INDEX artifacts_to_copy (account=? AND copied=?)"},
	{"FROM contents WHERE artifact = $1", "SEARCH contents USING INDEX sqlite_autoindex_contents_1 (artifact=?)"},
	{"FROM idempotency WHERE hash", "SEARCH idempotency USING PRIMARY KEY (hash=?)"},
	{"WHERE d.account = $2 AND d.id > $3 AND d.id < $4 AND d.event_type", "SEARCH d USING INDEX deliveries_by_account (account=? AND id>? AND id<?)"},
	{"WHERE d.account = $2 AND d.last_class <> '' AND d.id > $3 AND d.id < $4 AND d.state", "SEARCH d USING INDEX deliveries_in_vain (account=? AND id>? AND id<?)"},
	{"AND (o.replay = $1 OR o.state", "SEARCH o USING INDEX deliveries_by_event (event=?)"},
	{"d.last_class <> '' AND d.id > $2 AND d.id < $3 ORDER BY d.id LIMIT 1 OFFSET", "SEARCH d USING INDEX deliveries_in_vain (account=? AND id>? AND id<?)"},
	{"AND e.seq > $5 AND e.seq <= $6 ORDER", "SEARCH e USING INDEX events_by_account (account=? AND seq>? AND seq<?)"},
	{"AND e.seq > $5 AND e.seq <= $6 ORDER", "SEARCH o USING INDEX deliveries_by_event (event=?)"},
	{"FROM (SELECT state FROM deliveries WHERE replay", "SEARCH deliveries USING INDEX deliveries_by_replay (replay=?)"},
	{"UPDATE replays SET cursor", "SEARCH replays USING PRIMARY KEY (id=?)"},
}

// complete checks that no hot statement went unseen when all tests ran.
func (p *plans) complete(t *testing.T) {
	all := !strings.Contains(flag.Lookup("test.run").Value.String(), "/") && !t.Failed()
	for _, want := range searches {
		met := false
		for text, steps := range p.steps {
			if !strings.Contains(text, want.statement) {
				continue
			}
			met = true
			if !slices.Contains(steps, want.step) {
				t.Errorf("%s\nhas no %q but %q", text, want.step, steps)
			}
		}
		if !met && all {
			t.Errorf("no test makes a statement with %q", want.statement)
		}
	}
}
