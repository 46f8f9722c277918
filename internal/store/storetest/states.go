package storetest

import (
	"testing"

	"github.com/taskhook/taskhook"
)

func stateTests() []test {
	return []test{
		{"states that do not exist are refused", testUnknownStates},
		{"states and their times agree", testStatesAgree},
	}
}

// refused ends the test when the database takes a change that breaks its rules.
func (f *fixture) refused(change string) {
	f.t.Helper()
	if _, err := f.Raw.ExecContext(f.ctx, change); err == nil {
		f.t.Fatalf("the schema lets through: %s", change)
	}
}

// populate fills the tables that have states.
func (f *fixture) populate() {
	account, n := f.account(), f.join()
	f.endpoint(account, "a.b")
	f.task(account)
	f.claimRun(n)
	f.publish(account, "a.b")
	f.ok(f.Store.CreateKey(f.ctx, newKey(account, f.now), "hash"))
}

func testUnknownStates(t *testing.T, f *fixture) {
	f.populate()
	for _, change := range []string{
		`UPDATE tasks SET state = 'expired'`,
		`UPDATE tasks SET state = 'Pending'`,
		`UPDATE tasks SET state = NULL`,
		`UPDATE tasks SET progress = 101`,
		`UPDATE tasks SET progress = -1`,
		`UPDATE runs SET state = 'lost'`,
		`UPDATE runs SET submission = 'maybe'`,
		`UPDATE runs SET owner = 'node_none'`,
		`UPDATE lanes SET owner = 'node_none'`,
		`UPDATE lanes SET held = 2`,
		`UPDATE endpoints SET state = 'deleted'`,
		`UPDATE deliveries SET state = 'held'`,
		`UPDATE deliveries SET state = ''`,
		`UPDATE keys SET account = 'acc_none'`,
	} {
		f.refused(change)
	}
}

func testStatesAgree(t *testing.T, f *fixture) {
	f.populate()
	for _, state := range taskhook.TaskStates() {
		if state.Final() {
			f.refused(`UPDATE tasks SET state = '` + string(state) + `', error = '{}'`)
		} else {
			f.refused(`UPDATE tasks SET state = '` + string(state) + `', finished_at = 1`)
		}
		if state != taskhook.TaskFailed && state.Final() {
			f.refused(`UPDATE tasks SET finished_at = 1, error = '{}', state = '` + string(state) + `'`)
		}
	}
	f.refused(`UPDATE tasks SET state = 'failed', finished_at = 1`)
	for _, state := range taskhook.DeliveryStates() {
		if state.Final() {
			f.refused(`UPDATE deliveries SET state = '` + string(state) + `'`)
		} else {
			f.refused(`UPDATE deliveries SET finished_at = 1`)
		}
	}
}
