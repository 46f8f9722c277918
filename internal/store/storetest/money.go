package storetest

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func moneyTests() []test {
	return []test{
		{"an account is unlimited until it has credit", testCredit},
		{"a credit is entered once", testCreditOnce},
		{"what was owed is invoiced, what is held stays held", testInvoice},
		{"no more tasks are admitted than are paid for", testBalanceAtOnce},
		{"a task that can't be paid leaves nothing behind", testUnpaidTask},
		{"a key spends no more than its limit", testSpendLimit},
		{"a submission that is repeated is held for once", testHoldOnce},
		{"a success is charged, all else refunded", testSettle},
		{"a race of cancel and finish settles once", testSettleRace},
		{"the ledger is only added to", testLedgerKept},
		{"usage is summed by day, model and key", testUsage},
	}
}

// price is what a paid task of the tests costs.
const price = taskhook.Money(320_000)

func (f *fixture) credit(account string, amount taskhook.Money) taskhook.Balance {
	f.t.Helper()
	b, err := f.Store.CreditAccount(f.ctx, f.now, account, taskhook.NewID(taskhook.PrefixCredit, f.now), amount)
	f.ok(err)
	return b
}

// newPaid returns a task with a price.
func newPaid(account, key string, now time.Time) (taskhook.Task, taskhook.Run) {
	k, r := newTask(account, now)
	k.KeyID, k.Price = key, price
	return k, r
}

func (f *fixture) submitPaid(account, key string) error {
	k, r := newPaid(account, key, f.now)
	_, _, err := f.Store.CreateTask(f.ctx, f.now, k, r, nil)
	return err
}

func (f *fixture) paid(account, key string) {
	f.t.Helper()
	f.ok(f.submitPaid(account, key))
}

// hasBalance ends the test unless the account has this money.
func (f *fixture) hasBalance(account string, want taskhook.Balance) {
	f.t.Helper()
	got, err := f.Store.Balance(f.ctx, account)
	f.ok(err)
	equal(f.t, "balance", got, want)
	f.balanced()
}

// balanced holds every balance to the ledger.
func (f *fixture) balanced() {
	f.t.Helper()
	audits, err := f.Store.Audit(f.ctx)
	f.ok(err)
	for _, a := range audits {
		if !a.Balanced() {
			f.t.Fatalf("the ledger does not balance: %+v", a)
		}
	}
	for _, rule := range []struct{ what, broken string }{
		{"a paid task is held for", `SELECT count(*) FROM tasks k WHERE price <> (SELECT coalesce(sum(amount), 0) FROM ledger WHERE subject = k.id AND kind = 'hold')`},
		{"a success is charged", `SELECT count(*) FROM tasks k WHERE (CASE state WHEN 'succeeded' THEN price ELSE 0 END) <>
			(SELECT coalesce(sum(amount), 0) FROM ledger WHERE subject = k.id AND kind = 'charge')`},
		{"all else that ended is refunded", `SELECT count(*) FROM tasks k WHERE (CASE WHEN state IN ('failed', 'cancelled') THEN price ELSE 0 END) <>
			(SELECT coalesce(sum(amount), 0) FROM ledger WHERE subject = k.id AND kind = 'refund')`},
		{"a key has spent what its tasks hold and cost", `SELECT count(*) FROM keys y WHERE spent <>
			(SELECT coalesce(sum(CASE kind WHEN 'hold' THEN amount WHEN 'refund' THEN -amount ELSE 0 END), 0) FROM ledger WHERE key = y.id)`},
		{"usage is what ended", `SELECT abs((SELECT coalesce(sum(succeeded + failed + cancelled), 0) FROM usage) - (SELECT count(*) FROM tasks WHERE finished_at IS NOT NULL))`},
		{"usage costs what is charged", `SELECT abs((SELECT coalesce(sum(cost), 0) FROM usage) - (SELECT coalesce(sum(amount), 0) FROM ledger WHERE kind = 'charge'))`},
	} {
		if n := f.count(rule.broken); n != 0 {
			f.t.Fatalf("%q is broken: %d\n%s", rule.what, n, f.dump())
		}
	}
}

func testCredit(t *testing.T, f *fixture) {
	account := f.account()
	f.hasBalance(account, taskhook.Balance{})
	f.credit(account, 20*taskhook.Dollar)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 20 * taskhook.Dollar})
	f.credit(account, -15*taskhook.Dollar)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 5 * taskhook.Dollar})
	_, err := f.Store.CreditAccount(f.ctx, f.now, account, "crd_a", -6*taskhook.Dollar)
	f.code(err, taskhook.CodeConflict)
	_, err = f.Store.CreditAccount(f.ctx, f.now, account, "crd_b", taskhook.MaxMoney)
	f.code(err, taskhook.CodeInvalid)
	_, err = f.Store.CreditAccount(f.ctx, f.now, "acc_none", "crd_c", 1)
	f.code(err, taskhook.CodeNotFound)
	f.ok(f.Store.MakePostpaid(f.ctx, account))
	f.hasBalance(account, taskhook.Balance{Available: 5 * taskhook.Dollar})
	f.credit(account, taskhook.Dollar)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 6 * taskhook.Dollar})
	f.code(f.Store.MakePostpaid(f.ctx, "acc_none"), taskhook.CodeNotFound)
	_, err = f.Store.Balance(f.ctx, "acc_none")
	f.code(err, taskhook.CodeNotFound)
}

func testCreditOnce(t *testing.T, f *fixture) {
	account := f.account()
	for range 2 {
		b, err := f.Store.CreditAccount(f.ctx, f.now, account, "crd_same", taskhook.Dollar)
		f.ok(err)
		equal(t, "balance", b, taskhook.Balance{Prepaid: true, Available: taskhook.Dollar})
	}
	equal(t, "entries", f.count(`SELECT count(*) FROM ledger`), 1)
}

// finishPaid ends a task of the account, which has no other that is due.
func (f *fixture) finishPaid(n *node, state taskhook.TaskState) {
	f.t.Helper()
	f.ok(f.Store.FinishRun(f.ctx, f.now, ended(n.id, f.claimRun(n), state, f.now)))
}

func testInvoice(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	for range 2 {
		f.paid(account, "")
		f.finishPaid(n, taskhook.TaskSucceeded)
	}
	f.paid(account, "")
	f.hasBalance(account, taskhook.Balance{Available: -3 * price, Held: price})
	f.credit(account, taskhook.Dollar)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: taskhook.Dollar - price, Held: price})
	f.finishPaid(n, taskhook.TaskFailed)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: taskhook.Dollar})
	audits, err := f.Store.Audit(f.ctx)
	f.ok(err)
	deepEqual(t, "sums", audits[0].Sums, map[taskhook.EntryKind]taskhook.Money{taskhook.EntryHold: 3 * price, taskhook.EntryCharge: 2 * price,
		taskhook.EntryRefund: price, taskhook.EntryInvoice: 2 * price, taskhook.EntryCredit: taskhook.Dollar})
}

func testBalanceAtOnce(t *testing.T, f *fixture) {
	const pays = 20
	account, other := f.account(), f.account()
	f.credit(account, pays*price+price-1)
	var made, refused atomic.Int32
	together(4*pays, func(int) {
		switch err := f.submitPaid(account, ""); taskhook.ErrorCode(err) {
		case "":
			made.Add(1)
		case taskhook.CodeNoBalance:
			refused.Add(1)
		default:
			t.Error(err)
		}
		if err := f.submitPaid(other, ""); err != nil {
			t.Error(err)
		}
	})
	equal(t, "made", made.Load(), pays)
	equal(t, "refused", refused.Load(), 3*pays)
	equal(t, "tasks", f.count(`SELECT count(*) FROM tasks WHERE account = $1`, account), pays)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: price - 1, Held: pays * price})
}

func testUnpaidTask(t *testing.T, f *fixture) {
	account := f.account()
	key := newKey(account, f.now)
	f.ok(f.Store.CreateKey(f.ctx, key, "hash"))
	f.credit(account, price-1)
	before := f.dump()
	k, run := newPaid(account, key.ID, f.now)
	for range 2 * MaxTasks { // the refused ones take no room
		_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a"))
		f.code(err, taskhook.CodeNoBalance)
	}
	equal(t, "database", f.dump(), before)
	f.task(account) // a free one needs no money
	f.credit(account, 1)
	_, existed, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a"))
	f.ok(err)
	equal(t, "existed", existed, false)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Held: price})
}

func testSpendLimit(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	limit := 2*price + 1
	key := newKey(account, f.now)
	key.SpendLimit = &limit
	f.ok(f.Store.CreateKey(f.ctx, key, "hash"))
	f.paid(account, key.ID)
	f.finishPaid(n, taskhook.TaskSucceeded)
	f.paid(account, key.ID)
	before := f.dump()
	f.code(f.submitPaid(account, key.ID), taskhook.CodeSpendLimit)
	equal(t, "database", f.dump(), before)
	f.finishPaid(n, taskhook.TaskFailed) // gives its price back
	f.paid(account, key.ID)
	f.code(f.submitPaid(account, key.ID), taskhook.CodeSpendLimit)
	k, ok, err := f.Store.KeyByHash(f.ctx, "hash")
	f.ok(err)
	equal(t, "known", ok, true)
	equal(t, "limit", *k.SpendLimit, limit)
	equal(t, "spent", k.Spent, 2*price)
	f.balanced()
}

func testHoldOnce(t *testing.T, f *fixture) {
	account := f.account()
	f.credit(account, 10*price)
	k, run := newPaid(account, "", f.now)
	for range 2 { // the second repeats a write of unknown outcome
		_, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, nil)
		f.ok(err)
	}
	together(16, func(int) {
		k, run := newPaid(account, "", f.now)
		if _, _, err := f.Store.CreateTask(f.ctx, f.now, k, run, f.key("a")); err != nil {
			t.Error(err)
		}
	})
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 8 * price, Held: 2 * price})
}

func testSettle(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.credit(account, 10*price)
	f.paid(account, "")
	c := f.claimRun(n)
	equal(t, "price", c.Task.Price, price)
	end := ended(n.id, c, taskhook.TaskSucceeded, f.now)
	end.Task.Price = 7 * price // what is stored counts
	for range 2 {
		f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	}
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 9 * price})
	_, err := f.Store.CancelTask(f.ctx, f.now, account, c.Task.ID)
	f.code(err, taskhook.CodeConflict)
	got, err := f.Store.Task(f.ctx, account, c.Task.ID)
	f.ok(err)
	equal(t, "cost", got.Cost(), price)

	f.paid(account, "")
	f.finishPaid(n, taskhook.TaskFailed)
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 9 * price})

	k, run := newPaid(account, "", f.now)
	_, _, err = f.Store.CreateTask(f.ctx, f.now, k, run, nil)
	f.ok(err)
	stale := ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)
	got, err = f.Store.CancelTask(f.ctx, f.now, account, k.ID)
	f.ok(err)
	equal(t, "cost", got.Cost(), 0)
	f.ok(f.Store.FinishRun(f.ctx, f.now, stale))
	f.hasBalance(account, taskhook.Balance{Prepaid: true, Available: 9 * price})
}

func testSettleRace(t *testing.T, f *fixture) {
	account, n := f.account(), f.join()
	f.credit(account, 100*price)
	for range 10 {
		f.paid(account, "")
		end := ended(n.id, f.claimRun(n), taskhook.TaskSucceeded, f.now)
		together(3, func(i int) {
			if i == 0 {
				_, _ = f.Store.CancelTask(f.ctx, f.now, account, end.Task.ID) // may come too late
			} else if err := f.Store.FinishRun(f.ctx, f.now, &taskhook.RunEnd{Node: end.Node, Run: end.Run, Task: end.Task,
				Publication: &taskhook.Publication{Events: slices.Clone(end.Publication.Events)}}); err != nil {
				t.Error(err)
			}
		})
		f.balanced()
	}
}

func testLedgerKept(t *testing.T, f *fixture) {
	account := f.account()
	f.ok(f.Store.CreateKey(f.ctx, newKey(account, f.now), "hash"))
	f.credit(account, price)
	f.paid(account, "")
	for _, change := range []string{
		`UPDATE ledger SET amount = 1`,
		`UPDATE accounts SET held = -1`,
		`UPDATE keys SET spent = -1`,
		`UPDATE tasks SET price = -1`,
		`INSERT INTO ledger (account, kind, subject, amount, at) SELECT account, kind, subject, amount, at FROM ledger WHERE kind = 'hold'`,
		`INSERT INTO ledger (account, kind, subject, amount, at) SELECT account, 'charge', 'x', -1, at FROM ledger WHERE kind = 'hold'`,
		`INSERT INTO ledger (account, kind, subject, amount, at) SELECT account, 'gift', 'x', 1, at FROM ledger WHERE kind = 'hold'`,
		`INSERT INTO ledger (account, kind, subject, amount, at) SELECT account, v, subject, amount, at FROM ledger,
			(SELECT 'charge' AS v UNION SELECT 'refund') AS both WHERE kind = 'hold'`,
	} {
		f.refused(change)
	}
}

func testUsage(t *testing.T, f *fixture) {
	account, other, n := f.account(), f.account(), f.join()
	day := f.now.Truncate(24 * time.Hour)
	run := func(at time.Time, account, key, model string, state taskhook.TaskState) {
		f.now = at
		k, r := newPaid(account, key, at)
		k.Model = model
		_, _, err := f.Store.CreateTask(f.ctx, at, k, r, nil)
		f.ok(err)
		if state == taskhook.TaskCancelled {
			_, err = f.Store.CancelTask(f.ctx, at, account, k.ID)
			f.ok(err)
			return
		}
		f.finishPaid(n, state)
	}
	run(day, account, "key_a", "one", taskhook.TaskSucceeded)
	run(day.Add(time.Hour), account, "key_b", "two", taskhook.TaskSucceeded)
	run(day.Add(time.Hour), account, "key_b", "two", taskhook.TaskFailed)
	run(day.Add(24*time.Hour), account, "key_b", "one", taskhook.TaskCancelled)
	run(day.Add(24*time.Hour), other, "key_c", "one", taskhook.TaskSucceeded)
	filter := taskhook.UsageFilter{AccountID: account, From: day, To: day.Add(25 * time.Hour)}
	total := taskhook.UsageCount{Succeeded: 2, Failed: 1, Cancelled: 1, Cost: 2 * price}
	one, two := taskhook.UsageCount{Succeeded: 1, Cost: price}, taskhook.UsageCount{Succeeded: 1, Failed: 1, Cost: price}
	last := taskhook.UsageCount{Cancelled: 1}
	first, second := day.Format(time.DateOnly), day.Add(24*time.Hour).Format(time.DateOnly)
	for group, rows := range map[taskhook.UsageGroup][]taskhook.UsageRow{
		taskhook.UsageByDay:   {{Name: first, UsageCount: taskhook.UsageCount{Succeeded: 2, Failed: 1, Cost: 2 * price}}, {Name: second, UsageCount: last}},
		taskhook.UsageByModel: {{Name: "vidu/one", UsageCount: taskhook.UsageCount{Succeeded: 1, Cancelled: 1, Cost: price}}, {Name: "vidu/two", UsageCount: two}},
		taskhook.UsageByKey:   {{Name: "key_a", UsageCount: one}, {Name: "key_b", UsageCount: taskhook.UsageCount{Succeeded: 1, Failed: 1, Cancelled: 1, Cost: price}}},
	} {
		filter.Group = group
		got, err := f.Store.Usage(f.ctx, filter)
		f.ok(err)
		deepEqual(t, string(group), got, taskhook.Usage{From: day, To: day.Add(25 * time.Hour), Group: group, Rows: rows, Total: total})
	}
	filter.From, filter.To = day.Add(59*time.Minute), day.Add(61*time.Minute) // whole hours
	got, err := f.Store.Usage(f.ctx, filter)
	f.ok(err)
	equal(t, "from", got.From, day)
	equal(t, "to", got.To, day.Add(2*time.Hour))
	equal(t, "two hours", got.Total, taskhook.UsageCount{Succeeded: 2, Failed: 1, Cost: 2 * price})
	filter.From, filter.To = day.Add(time.Hour), day.Add(time.Hour)
	got, err = f.Store.Usage(f.ctx, filter)
	f.ok(err)
	equal(t, "no time", len(got.Rows), 0)
	equal(t, "no time", got.Total, taskhook.UsageCount{})
}
