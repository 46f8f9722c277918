package store_test

import (
	"context"
	"database/sql"
	"flag"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
)

// postgresPlans checks how PostgreSQL answers every statement that the suite makes
// the store prepare, on a database with rows in it and without knowing the
// arguments.
type postgresPlans struct {
	mu    sync.Mutex
	plans map[string]string // by statement; empty until explained
}

func (p *postgresPlans) watch(t storetest.TB, o storetest.Options) storetest.Database {
	db := openPostgres(t, o)
	if t, ok := t.(*testing.T); ok {
		t.Cleanup(func() { p.note(t, db.Store) })
	}
	return db
}

func (p *postgresPlans) note(t *testing.T, s *store.Store) {
	texts, err := s.Prepared(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range texts {
		if !ofTransactions.MatchString(text) {
			p.plans[text] = ""
		}
	}
}

// ofTransactions are the statements that have no plan.
var ofTransactions = regexp.MustCompile(`^(BEGIN|SAVEPOINT|ROLLBACK|RELEASE|COMMIT)\b`)

// complete looks at all plans when the suite has ended, and checks that no hot
// statement went unseen when all tests ran.
func (p *postgresPlans) complete(t *testing.T) {
	p.explain(t)
	for text, plan := range p.plans {
		for _, scan := range regexp.MustCompile(`Seq Scan on (\w+)`).FindAllStringSubmatch(plan, -1) {
			if !mayReadAll.MatchString(scan[1]) && !mayReadMuch.MatchString(text) {
				t.Errorf("%s\nreads all of %s:\n%s", text, scan[1], plan)
			}
		}
	}
	all := !strings.Contains(flag.Lookup("test.run").Value.String(), "/") && !t.Failed()
	for _, want := range postgresSearches {
		met := false
		for text, plan := range p.plans {
			if !strings.Contains(text, want.statement) {
				continue
			}
			met = true
			if !strings.Contains(plan, want.step) {
				t.Errorf("%s\nhas no %q but\n%s", text, want.step, plan)
			}
		}
		if !met && all {
			t.Errorf("no test makes a statement with %q", want.statement)
		}
	}
}

// explain asks for all plans.
func (p *postgresPlans) explain(t *testing.T) {
	url := postgresTemplate.Copy(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := context.WithoutCancel(t.Context())
	p.explainEmpty(ctx, t, db)
	for _, text := range append(filling, "ANALYZE", "SET plan_cache_mode = force_generic_plan") {
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	for text := range p.plans {
		if p.plans[text], err = explainPostgres(ctx, db, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		checkPlaceholders(t, text)
	}
}

// explainEmpty looks at the plans of bulk updates that a turn keeps when its first
// statements meet no rows: they must be those that are right for many.
func (p *postgresPlans) explainEmpty(ctx context.Context, t *testing.T, db *sql.DB) {
	if _, err := db.ExecContext(ctx, store.WriterText); err != nil {
		t.Fatal(err)
	}
	for text := range p.plans {
		if !strings.HasPrefix(text, "UPDATE") || !strings.Contains(text, " FROM unnest(") {
			continue
		}
		plan, err := explainPostgres(ctx, db, text)
		if err != nil || !regexp.MustCompile(`Index Cond: \((id|kind) = `).MatchString(plan) || strings.Contains(plan, "deliveries_pending") {
			t.Errorf("%s\nwhile the tables are empty: %v\n%s", text, err, plan)
		}
	}
	if _, err := db.ExecContext(ctx, "RESET ALL"); err != nil {
		t.Fatal(err)
	}
}

func explainPostgres(ctx context.Context, db *sql.DB, text string) (plan string, err error) {
	if _, err := db.ExecContext(ctx, "PREPARE p AS "+text); err != nil {
		return "", err
	}
	defer db.ExecContext(ctx, "DEALLOCATE p")
	call := "p"
	if n := strings.Count(text, "$"); n > 0 {
		call += "(" + strings.TrimSuffix(strings.Repeat("NULL,", n), ",") + ")"
	}
	rows, err := db.QueryContext(ctx, "EXPLAIN (COSTS OFF) EXECUTE "+call)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return "", err
		}
		plan += line + "\n"
	}
	return plan, rows.Err()
}

// mayReadAll are the tables of few rows.
var mayReadAll = regexp.MustCompile(`^(pg_database|nodes|seal|accounts|keys|migrations|feed_head|stored|erasures|workers|worker_parts)$`)

// mayReadMuch are the audit of the ledger, the sweep of all lanes, the look at all
// buckets, and deletions of what is too old, of which PostgreSQL guesses that it is a
// tenth of the table.
var mayReadMuch = regexp.MustCompile(audit + `|` + ofErased.String() + `|^` + regexp.QuoteMeta(sweep) + `|^SELECT account, due_at FROM buckets|^DELETE FROM (idempotency|attempt_counts|usage) WHERE`)

// postgresSearches names the step that a hot statement must have.
var postgresSearches = []struct{ statement, step string }{
	{"ORDER BY due_at, id LIMIT v.rows", "Index Scan using deliveries_pending on deliveries"},
	{"ORDER BY due_at, id LIMIT v.rows", "Index Cond: ((lane = v.lane) AND (due_at <= $4))"},
	{"ORDER BY due_at, id LIMIT v.rows", "Index Scan using events_id_key on events e"},
	{"claim <> l.epoch ORDER BY due_at, id LIMIT 1", "Index Scan using deliveries_pending on deliveries"},
	{"claim <> l.epoch ORDER BY due_at, id LIMIT 1", "lanes_pkey"},
	{"UPDATE deliveries SET claim = 0, state = v.state", "Index Scan using deliveries_pkey on deliveries"},
	{"UPDATE deliveries SET claim = 0, state = v.state", "Index Cond: (id = "},
	{"UPDATE deliveries SET state = 'cancelled'", "using deliveries_pending on deliveries"},
	{"UPDATE lanes SET owner = $1, epoch", "Index Scan using lanes_due on lanes"},
	{"SELECT min(next_due) FROM lanes", "using lanes_due on lanes"},
	{"UPDATE lanes SET next_due = v.due", "lanes_pkey"},
	{"UPDATE lanes SET mark", "lanes_pkey"},
	{"WITH RECURSIVE queues", "using runs_waiting on runs"},
	{"WITH RECURSIVE longest", "using runs_longest on runs"},
	{"AND queue = $1 AND due_at <= $2 ORDER", "using runs_longest on runs r"},
	{"AND account = $1 AND queue = $2 AND due_at", "using runs_waiting on runs"},
	{"SELECT account FROM runs WHERE state = 'open' AND lease_until", "using runs_leased on runs"},
	{"FROM runs WHERE state = 'open' AND lease_until > 0 AND lease_until <=", "using runs_leased on runs"},
	{"FROM runs WHERE lease = $1", "using runs_by_lease on runs"},
	{"AS held JOIN tasks", "using tasks_pkey on tasks"},
	{"UPDATE runs SET lease_until = $1", "using runs_pkey on runs"},
	{"UPDATE tasks SET told", "using events_by_subject on events"},
	{"SELECT lanes.id, owner, epoch, held, next_due FROM", "lanes_pkey"},
	{"SELECT min(due_at) FROM deliveries WHERE lane", "Index Only Scan using deliveries_pending on deliveries"},
	{"SELECT id, url, events, schedule, lane", "endpoints_by_account"},
	{"SELECT account, due_at FROM runs", "using runs_due on runs"},
	{"JOIN tasks ON tasks.id = due.task", "using runs_due on runs"},
	{"UPDATE runs SET owner = v.owner", "using runs_pkey on runs"},
	{"SELECT id, mark, changed FROM lanes", "using lanes_marked on lanes"},
	{"SELECT min(due_at) FROM runs", "using runs_next on runs"},
	{"FROM keys WHERE hash", "keys_hash_key"},
	{"FROM runs WHERE account = $1 AND state = 'open' LIMIT", "using runs_open on runs"},
	{"UPDATE accounts SET balance = balance - $1", "Index Scan using accounts_id_key on accounts"},
	{"UPDATE keys SET spent = spent + $1", "Index Scan using keys_pkey on keys"},
	{"FROM ledger WHERE subject = $1 AND kind = 'credit'", "ledger_once"},
	{"FROM lanes l JOIN deliveries d", "lanes_busy"},
	{"FROM lanes l JOIN deliveries d", "using deliveries_pending on deliveries d"},
	{"FROM attempt_counts\n\t\tWHERE account", "attempt_counts_pkey"},
	{"FROM endpoint_health WHERE endpoint", "endpoint_health_pkey"},
	{"FROM (SELECT 1 FROM deliveries\n\t\tWHERE lane", "deliveries_pending"},
	{"FROM contents WHERE artifact = $1", "contents_pkey"},
	{"FROM idempotency WHERE hash =", "idempotency_pkey"},
	{"WHERE d.account = $2 AND d.id > $3 AND d.id < $4 AND d.event_type", "Index Scan using deliveries_by_account on deliveries d"},
	{"AND (o.replay = $1 OR o.state", "using deliveries_by_event on deliveries o"},
	{"AND e.seq > $5 AND e.seq <= $6 ORDER", "Index Scan using events_by_account on events e"},
	{"AND e.seq > $5 AND e.seq <= $6 ORDER", "using deliveries_by_event on deliveries o"},
	{"FROM (SELECT state FROM deliveries WHERE replay", "using deliveries_by_replay on deliveries"},
	{"FROM replays WHERE state = 'running' ORDER", "Index Scan using replays_running on replays"},
	{"UPDATE replays SET cursor", "Index Scan using replays_"},
	{"WHERE x.due_at <= $1 ORDER BY x.due_at LIMIT", "executions_due"},
	{"(SELECT id FROM events WHERE subject = ", "Index Scan using events_by_subject on events"},
}
