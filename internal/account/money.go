package account

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// Ledger keeps the money of accounts. Its writes are durable when they return.
type Ledger interface {
	// Balance answers an account that does not exist with CodeNotFound.
	Balance(ctx context.Context, account string) (taskhook.Balance, error)
	// CreditAccount makes the account prepaid. It answers with CodeConflict when
	// more is taken than there is, and enters a credit of one id once.
	CreditAccount(ctx context.Context, now time.Time, account, id string, amount taskhook.Money) (taskhook.Balance, error)
	MakePostpaid(ctx context.Context, account string) error
	Usage(ctx context.Context, f taskhook.UsageFilter) (taskhook.Usage, error)
	// Audit returns all accounts, oldest first.
	Audit(ctx context.Context) ([]taskhook.Audit, error)
}

// Accounts returns all accounts, oldest first.
func (s *Service) Accounts(ctx context.Context) ([]taskhook.Account, error) {
	return s.store.Accounts(ctx)
}

// Balance returns the money of an account.
func (s *Service) Balance(ctx context.Context, account string) (taskhook.Balance, error) {
	return s.store.Balance(ctx, account)
}

// How much usage is reported at once, and if nothing is asked for.
const (
	maxUsage   = 366 * 24 * time.Hour
	usualUsage = 30 * 24 * time.Hour
)

// Usage sums up how tasks of an account ended. Without To it is up to now, without
// From the 30 days before, without Group by day. More than 366 days are CodeInvalid.
func (s *Service) Usage(ctx context.Context, f taskhook.UsageFilter) (taskhook.Usage, error) {
	if f.To.IsZero() {
		f.To = time.Now()
	}
	if f.From.IsZero() {
		f.From = f.To.Add(-usualUsage).UTC().Truncate(24 * time.Hour)
	}
	if f.Group == "" {
		f.Group = taskhook.UsageByDay
	}
	switch {
	case f.From.After(f.To):
		return taskhook.Usage{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "startDate", "startDate is after endDate, or in the future.")
	case f.To.Sub(f.From) > maxUsage:
		return taskhook.Usage{}, taskhook.FieldErrorf(taskhook.CodeInvalid, "startDate", "startDate is more than 366 days before endDate. Ask for a year at a time.")
	}
	return s.store.Usage(ctx, f)
}

// Credit adds to the balance of the account with the name, or takes from it what
// is negative, and makes it prepaid.
func (s *Service) Credit(ctx context.Context, now time.Time, name string, amount taskhook.Money) (taskhook.Balance, error) {
	a, err := s.named(ctx, name)
	if err != nil {
		return taskhook.Balance{}, err
	}
	return s.store.CreditAccount(ctx, now, a.ID, taskhook.NewID(taskhook.PrefixCredit, now), amount)
}

// Unlimit lets the account with the name spend without limit; what it has stays.
func (s *Service) Unlimit(ctx context.Context, name string) error {
	a, err := s.named(ctx, name)
	if err != nil {
		return err
	}
	return s.store.MakePostpaid(ctx, a.ID)
}

// Audit returns all accounts, oldest first, with the sums of their ledgers, which
// it reads in full.
func (s *Service) Audit(ctx context.Context) ([]taskhook.Audit, error) { return s.store.Audit(ctx) }

func (s *Service) named(ctx context.Context, name string) (taskhook.Account, error) {
	a, ok, err := s.store.AccountNamed(ctx, name)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no account %q; `taskhook account list` shows all.", name)
	}
	return a, err
}
