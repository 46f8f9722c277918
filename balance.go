package taskhook

import "time"

// Balance is the money of an account. What was credited is Available, Held or was
// charged, to the millionth.
type Balance struct {
	Prepaid   bool  // no task is admitted that Available does not pay; else there is no limit
	Available Money // less than 0: what an account that is not prepaid owes
	Held      Money // for tasks that have not ended
}

// EntryKind says what an entry of the ledger does.
type EntryKind string

// The kinds of entries. A task has one hold, then one charge or refund; a free
// task has none.
const (
	EntryCredit  EntryKind = "credit"  // money came in, or by a negative one was taken back
	EntryInvoice EntryKind = "invoice" // what was owed when the account became prepaid is settled elsewhere
	EntryHold    EntryKind = "hold"    // from available to held, when a task is admitted
	EntryCharge  EntryKind = "charge"  // from held to spent, when it succeeds
	EntryRefund  EntryKind = "refund"  // from held to available, when it fails or is cancelled
)

// Audit is an account with the sums of its ledger.
type Audit struct {
	Account Account
	Sums    map[EntryKind]Money
}

// Charged is what the account's tasks have cost.
func (a *Audit) Charged() Money { return a.Sums[EntryCharge] }

// Balanced reports whether the balance is what the ledger says.
func (a *Audit) Balanced() bool {
	held := a.Sums[EntryHold] - a.Sums[EntryCharge] - a.Sums[EntryRefund]
	in := a.Sums[EntryCredit] + a.Sums[EntryInvoice]
	return a.Account.Held == held && in == a.Account.Available+a.Account.Held+a.Charged()
}

// UsageGroup says by what usage is summed.
type UsageGroup string

// The groups of usage.
const (
	UsageByDay   UsageGroup = "day" // in UTC
	UsageByModel UsageGroup = "model"
	UsageByKey   UsageGroup = "key"
)

// UsageGroups lists the groups.
func UsageGroups() []UsageGroup { return []UsageGroup{UsageByDay, UsageByModel, UsageByKey} }

// UsageFilter selects the ended tasks of an account by the whole hours, in UTC, in
// which they ended.
type UsageFilter struct {
	AccountID string
	From, To  time.Time // From inclusive, To exclusive
	Group     UsageGroup
}

// UsageCount is how many tasks ended, and how.
type UsageCount struct {
	Succeeded, Failed, Cancelled int64
	Cost                         Money // of those that succeeded
}

// UsageRow is the usage of a day, model or key.
type UsageRow struct {
	Name string // "2026-03-01", "vidu/viduq3-pro", or the id of the key
	UsageCount
}

// Usage is a report in the order of the names, on whole hours.
type Usage struct {
	From, To time.Time
	Group    UsageGroup
	Rows     []UsageRow
	More     bool // rows are left out; the total has them
	Total    UsageCount
}
