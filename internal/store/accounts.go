package store

import (
	"context"

	"github.com/taskhook/taskhook"
)

// Accounts returns all accounts that are not erased, oldest first.
func (s *Store) Accounts(ctx context.Context) ([]taskhook.Account, error) {
	return collect(ctx, s.db, scanOneAccount, `SELECT `+accountColumns+` FROM accounts WHERE erased_at IS NULL ORDER BY number`)
}
