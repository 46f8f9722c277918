package store

import (
	"context"

	"github.com/taskhook/taskhook"
)

// Accounts returns all accounts, oldest first.
func (s *Store) Accounts(ctx context.Context) ([]taskhook.Account, error) {
	return collect(ctx, s.db, scanOneAccount, `SELECT `+accountColumns+` FROM accounts ORDER BY number`)
}
