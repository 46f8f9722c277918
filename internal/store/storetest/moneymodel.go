package storetest

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/taskhook/taskhook"
)

// moneyModel is money in the hands of chance: what was credited and what tasks
// cost, by the rules, beside what the store says. Writes fail before or after
// their commit, and are repeated.
type moneyModel struct {
	*fixture
	rt        *rapid.T
	faults    *fault
	n         *node
	account   string
	key       taskhook.Key
	prepaid   bool
	available taskhook.Money
	held      taskhook.Money
	spent     taskhook.Money
	open      []taskhook.Task
}

// testMoneyModel runs random steps and checks after each that the store has the
// same money, and at the end that the ledger has.
func testMoneyModel(t *testing.T, open OpenFunc) {
	faults := &fault{}
	db := open(t, Options{Fault: faults.at})
	rapid.Check(t, func(rt *rapid.T) {
		faults.point.Store(nil)
		f := newFixture(rt, db)
		f.clear()
		m := &moneyModel{fixture: f, rt: rt, faults: faults, n: f.join(), account: f.account()}
		limit := taskhook.Money(rapid.IntRange(0, 30).Draw(rt, "limit"))
		m.key = newKey(m.account, f.now)
		m.key.SpendLimit = &limit
		f.ok(f.Store.CreateKey(f.ctx, m.key, "hash"))
		steps := []func(){m.submit, m.submit, m.submit, m.cancel, m.succeed, m.fail, m.credit, m.unlimit}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			steps[rapid.IntRange(0, len(steps)-1).Draw(rt, "step")]()
			got, err := f.Store.Balance(f.ctx, m.account)
			f.ok(err)
			equal(rt, "balance", got, taskhook.Balance{Prepaid: m.prepaid, Available: m.available, Held: m.held})
			equal(rt, "spent", taskhook.Money(f.count(`SELECT spent FROM keys WHERE id = $1`, m.key.ID)), m.spent)
		}
		f.balanced()
	})
}

// write does a write that fails now and then, and repeats it once it has.
func (m *moneyModel) write(do func() error) error {
	m.faults.point.Store(nil)
	if point := rapid.SampledFrom([]string{"", "", "commit:before", "commit:after"}).Draw(m.rt, "fault"); point != "" {
		m.faults.arm(point)
	}
	err := do()
	if errors.Is(err, errInjected) {
		err = do()
	}
	m.faults.point.Store(nil)
	return err
}

func (m *moneyModel) submit() {
	k, run := newTask(m.account, m.now)
	k.Price = taskhook.Money(rapid.IntRange(0, 9).Draw(m.rt, "price"))
	var key *taskhook.Idempotency
	if rapid.Bool().Draw(m.rt, "keyed") {
		key = &taskhook.Idempotency{Hash: k.ID, Request: "r", Expires: m.now.Add(1)}
	}
	limited := rapid.Bool().Draw(m.rt, "limited")
	if limited {
		k.KeyID = m.key.ID
	}
	err := m.write(func() error {
		_, _, err := m.Store.CreateTask(m.ctx, m.now, k, run, key)
		return err
	})
	switch {
	case k.Price > 0 && limited && m.spent+k.Price > *m.key.SpendLimit:
		m.code(err, taskhook.CodeSpendLimit)
		return
	case k.Price > 0 && m.prepaid && m.available < k.Price:
		m.code(err, taskhook.CodeNoBalance)
		return
	}
	m.ok(err)
	m.open = append(m.open, k)
	m.available, m.held = m.available-k.Price, m.held+k.Price
	if limited {
		m.spent += k.Price
	}
}

// settled takes a task from those that are open.
func (m *moneyModel) settled(i int, charged bool) {
	k := m.open[i]
	m.open = slices.Delete(m.open, i, i+1)
	m.held -= k.Price
	if charged {
		return
	}
	m.available += k.Price
	if k.KeyID != "" {
		m.spent -= k.Price
	}
}

func (m *moneyModel) cancel() {
	if len(m.open) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.open)-1).Draw(m.rt, "task")
	err := m.write(func() error {
		_, err := m.Store.CancelTask(m.ctx, m.now, m.account, m.open[i].ID)
		return err
	})
	if taskhook.ErrorCode(err) != taskhook.CodeConflict { // of a repeat
		m.ok(err)
	}
	m.settled(i, false)
}

func (m *moneyModel) succeed() { m.finish(taskhook.TaskSucceeded) }

func (m *moneyModel) fail() { m.finish(taskhook.TaskFailed) }

func (m *moneyModel) finish(state taskhook.TaskState) {
	runs, _, err := m.Store.ClaimRuns(m.ctx, m.now, m.n.id, "sandbox", "", 1)
	m.ok(err)
	if len(runs) == 0 {
		return
	}
	end := ended(m.n.id, runs[0], state, m.now)
	m.ok(m.write(func() error { return m.Store.FinishRun(m.ctx, m.now, end) }))
	i := slices.IndexFunc(m.open, func(k taskhook.Task) bool { return k.ID == end.Task.ID })
	m.settled(i, state == taskhook.TaskSucceeded)
}

func (m *moneyModel) credit() {
	amount := taskhook.Money(rapid.IntRange(-10, 40).Draw(m.rt, "amount"))
	id := taskhook.NewID(taskhook.PrefixCredit, m.now)
	err := m.write(func() error {
		_, err := m.Store.CreditAccount(m.ctx, m.now, m.account, id, amount)
		return err
	})
	available := m.available
	if !m.prepaid && available+m.held < 0 {
		available = -m.held // the rest is invoiced
	}
	if amount < 0 && available+amount < 0 {
		m.code(err, taskhook.CodeConflict)
		return
	}
	m.ok(err)
	m.prepaid, m.available = true, available+amount
}

func (m *moneyModel) unlimit() {
	m.ok(m.write(func() error { return m.Store.MakePostpaid(m.ctx, m.account) }))
	m.prepaid = false
}
