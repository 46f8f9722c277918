package account

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

func (f *fakeStore) Accounts(context.Context) ([]taskhook.Account, error) { return f.accounts, f.fail }

// fakeLedger keeps what it was asked for last.
type fakeLedger struct {
	Ledger
	usage    taskhook.UsageFilter
	credited string
	amount   taskhook.Money
	postpaid string
}

func (f *fakeLedger) Usage(_ context.Context, filter taskhook.UsageFilter) (taskhook.Usage, error) {
	f.usage = filter
	return taskhook.Usage{}, nil
}

func (f *fakeLedger) CreditAccount(_ context.Context, _ time.Time, account, _ string, amount taskhook.Money) (taskhook.Balance, error) {
	f.credited, f.amount = account, amount
	return taskhook.Balance{Prepaid: true, Available: amount}, nil
}

func (f *fakeLedger) MakePostpaid(_ context.Context, account string) error {
	f.postpaid = account
	return nil
}

func TestUsageOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // it is midnight of 2000-01-01
		s, f := newService()
		now := time.Now()
		for name, tt := range map[string]struct {
			asked, want taskhook.UsageFilter
			code        taskhook.Code
		}{
			"nothing":      {want: taskhook.UsageFilter{From: now.AddDate(0, 0, -30).UTC(), To: now, Group: taskhook.UsageByDay}},
			"a beginning":  {asked: taskhook.UsageFilter{From: now.Add(-time.Hour)}, want: taskhook.UsageFilter{From: now.Add(-time.Hour), To: now, Group: taskhook.UsageByDay}},
			"a group":      {asked: taskhook.UsageFilter{From: now, To: now, Group: taskhook.UsageByKey}, want: taskhook.UsageFilter{From: now, To: now, Group: taskhook.UsageByKey}},
			"a year":       {asked: taskhook.UsageFilter{From: now.Add(-maxUsage), To: now}, want: taskhook.UsageFilter{From: now.Add(-maxUsage), To: now, Group: taskhook.UsageByDay}},
			"more":         {asked: taskhook.UsageFilter{From: now.Add(-maxUsage - 1), To: now}, code: taskhook.CodeInvalid},
			"the future":   {asked: taskhook.UsageFilter{From: now.Add(1)}, code: taskhook.CodeInvalid},
			"the far past": {asked: taskhook.UsageFilter{From: time.Unix(0, 0).AddDate(-1000, 0, 0)}, code: taskhook.CodeInvalid},
		} {
			f.usage = taskhook.UsageFilter{}
			if _, err := s.Usage(t.Context(), tt.asked); taskhook.ErrorCode(err) != tt.code || f.usage != tt.want {
				t.Errorf("%s: asked for %+v, %v", name, f.usage, err)
			}
		}
	})
}

func TestCreditByName(t *testing.T) {
	t.Parallel()
	s, f := newService()
	owner, err := s.account(t.Context(), time.Now(), "studio")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.Credit(t.Context(), time.Now(), "studio", 5); err != nil || f.credited != owner.ID || b.Available != 5 {
		t.Errorf("credited %q with %d: %v", f.credited, f.amount, err)
	}
	if err := s.Unlimit(t.Context(), "studio"); err != nil || f.postpaid != owner.ID {
		t.Errorf("made %q postpaid: %v", f.postpaid, err)
	}
	if _, err := s.Credit(t.Context(), time.Now(), "nobody", 5); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		t.Errorf("credit of nobody: %v", err)
	}
	if err := s.Unlimit(t.Context(), "nobody"); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
		t.Errorf("no limit for nobody: %v", err)
	}
}
