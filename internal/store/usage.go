package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// usageHour is what a row of usage sums up.
type usageHour struct {
	account              string
	hour                 int64
	provider, model, key string
}

func (h usageHour) compare(o usageHour) int {
	return cmp.Or(cmp.Compare(h.account, o.account), cmp.Compare(h.hour, o.hour), cmp.Compare(h.provider, o.provider),
		cmp.Compare(h.model, o.model), cmp.Compare(h.key, o.key))
}

// spending gathers usage for one statement each.
type spending map[usageHour]taskhook.UsageCount

// hourMS is the length of a usageHour in milliseconds.
const hourMS = int64(time.Hour / time.Millisecond)

// add counts a task that ended at now.
func (u spending) add(now time.Time, k *taskhook.Task) {
	at := usageHour{k.AccountID, ms(now) / hourMS, k.Provider, k.Model, k.KeyID}
	c := u[at]
	switch k.State {
	case taskhook.TaskSucceeded:
		c.Succeeded++
		c.Cost += k.Price
	case taskhook.TaskFailed:
		c.Failed++
	case taskhook.TaskCancelled:
		c.Cancelled++
	}
	u[at] = c
}

func (u spending) write(ctx context.Context, t tx) error {
	for _, at := range slices.SortedFunc(maps.Keys(u), usageHour.compare) {
		c := u[at]
		if _, err := t.exec(ctx, `INSERT INTO usage AS u (account, hour, provider, model, key, succeeded, failed, cancelled, cost)
			VALUES (`+marks(1, 9)+`) ON CONFLICT (account, hour, provider, model, key) DO UPDATE SET succeeded = u.succeeded + excluded.succeeded,
			failed = u.failed + excluded.failed, cancelled = u.cancelled + excluded.cancelled, cost = u.cost + excluded.cost`,
			at.account, at.hour, at.provider, at.model, at.key, c.Succeeded, c.Failed, c.Cancelled, int64(c.Cost)); err != nil {
			return err
		}
	}
	return nil
}

// maxUsageRows is how many groups a report has at most.
const maxUsageRows = 1000

const usageSums = `coalesce(sum(succeeded), 0), coalesce(sum(failed), 0), coalesce(sum(cancelled), 0), coalesce(sum(cost), 0)`

// Usage sums up how tasks of an account ended. It reads one row for each hour,
// model and key, not the tasks.
func (s *Store) Usage(ctx context.Context, f taskhook.UsageFilter) (u taskhook.Usage, err error) {
	name, scan := "hour / 24", scanUsageDay
	switch f.Group {
	case taskhook.UsageByModel:
		name, scan = "provider || '/' || model", scanUsageRow
	case taskhook.UsageByKey:
		name, scan = "key", scanUsageRow
	}
	const from = ` FROM usage WHERE account = $1 AND hour >= $2 AND hour < $3`
	after, before := ms(f.From)/hourMS, (ms(f.To)+hourMS-1)/hourMS
	u.From, u.To, u.Group = at(after*hourMS), at(before*hourMS), f.Group
	args := []any{f.AccountID, after, before}
	// The rows and their total are read one after the other, so that a task that
	// ends in between may be in the total alone.
	u.Rows, err = collect(ctx, s.db, scan, `SELECT `+name+` AS name, `+usageSums+from+` GROUP BY name ORDER BY name LIMIT $4`,
		append(args, maxUsageRows+1)...)
	if err != nil {
		return u, err
	}
	if u.More = len(u.Rows) > maxUsageRows; u.More {
		u.Rows = u.Rows[:maxUsageRows]
	}
	total, _, err := first(ctx, s.db, scanUsageRow, `SELECT '', `+usageSums+from, args...)
	u.Total = total.UsageCount
	return u, err
}

func scanUsageDay(r scanner) (row taskhook.UsageRow, err error) {
	var day int64 // since 1970
	err = r.Scan(&day, &row.Succeeded, &row.Failed, &row.Cancelled, &row.Cost)
	row.Name = at(day * 24 * hourMS).Format(time.DateOnly)
	return row, err
}

func scanUsageRow(r scanner) (row taskhook.UsageRow, err error) {
	err = r.Scan(&row.Name, &row.Succeeded, &row.Failed, &row.Cancelled, &row.Cost)
	return row, err
}
