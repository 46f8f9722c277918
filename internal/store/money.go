package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// hold takes the price of a new task from the balance. A key or an account that
// can't pay is refused, and nothing is touched then.
func hold(ctx context.Context, t tx, now time.Time, k *taskhook.Task) error {
	if k.Price == 0 {
		return nil
	}
	if err := spend(ctx, t, k); err != nil {
		return err
	}
	changed, err := t.exec(ctx, `UPDATE accounts SET balance = balance - $1, held = held + $2
		WHERE id = $3 AND (prepaid = 0 OR balance >= $4)`, int64(k.Price), int64(k.Price), k.AccountID, int64(k.Price))
	if err != nil {
		return err
	}
	if changed == 0 {
		if err := unspend(ctx, t, k); err != nil {
			return err
		}
		return noBalance(ctx, t, k)
	}
	return addEntry(ctx, t, entry{k.AccountID, taskhook.EntryHold, k.ID, k.KeyID, k.Price, now})
}

// spend counts the price against the limit of the key.
func spend(ctx context.Context, t tx, k *taskhook.Task) error {
	changed, err := t.exec(ctx, `UPDATE keys SET spent = spent + $1 WHERE id = $2 AND (spend_limit IS NULL OR spent + $3 <= spend_limit)`,
		int64(k.Price), k.KeyID, int64(k.Price))
	if err != nil || changed == 1 {
		return err
	}
	left, limited, err := first(ctx, t, scanInto[int64], `SELECT spend_limit - spent FROM keys WHERE id = $1 AND spend_limit IS NOT NULL`, k.KeyID)
	if err != nil || !limited {
		return err // a task of no known key has no limit
	}
	return taskhook.Errorf(taskhook.CodeSpendLimit, "The task costs %s USD, but the API key may spend only %s USD more. "+
		"Use a key with a higher spendLimit, or a model that costs less.", k.Price, max(0, taskhook.Money(left)))
}

func unspend(ctx context.Context, t tx, k *taskhook.Task) error {
	_, err := t.exec(ctx, `UPDATE keys SET spent = spent - $1 WHERE id = $2`, int64(k.Price), k.KeyID)
	return err
}

func noBalance(ctx context.Context, r reader, k *taskhook.Task) error {
	b, err := balance(ctx, r, k.AccountID)
	if err != nil {
		return err
	}
	return taskhook.Errorf(taskhook.CodeNoBalance, "The task costs %s USD, but only %s USD are available and %s USD held for unfinished tasks. "+
		"Ask the operator for credit, or choose a model that costs less.", k.Price, max(0, b.Available), b.Held)
}

// settle charges or refunds what is held for a task. It belongs to the one
// statement that moved the task to its final state: k is the task as it is stored
// now.
func settle(ctx context.Context, t tx, now time.Time, k *taskhook.Task) error {
	if k.Price == 0 {
		return nil
	}
	e := entry{k.AccountID, taskhook.EntryCharge, k.ID, k.KeyID, k.Price, now}
	var back taskhook.Money
	if k.State != taskhook.TaskSucceeded {
		e.kind, back = taskhook.EntryRefund, k.Price
		if err := unspend(ctx, t, k); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `UPDATE accounts SET balance = balance + $1, held = held - $2 WHERE id = $3`,
		int64(back), int64(k.Price), k.AccountID); err != nil {
		return err
	}
	return addEntry(ctx, t, e)
}

// entry is a row of the ledger.
type entry struct {
	account string
	kind    taskhook.EntryKind
	subject string
	key     string
	amount  taskhook.Money
	at      time.Time
}

func addEntry(ctx context.Context, t tx, e entry) error {
	_, err := t.exec(ctx, `INSERT INTO ledger (account, kind, subject, key, amount, at) VALUES (`+marks(1, 6)+`)`,
		e.account, string(e.kind), e.subject, e.key, int64(e.amount), ms(e.at))
	return err
}

// Balance returns the money of an account.
func (s *Store) Balance(ctx context.Context, account string) (taskhook.Balance, error) {
	return balance(ctx, s.db, account)
}

func balance(ctx context.Context, r reader, account string) (taskhook.Balance, error) {
	b, ok, err := first(ctx, r, func(r scanner) (b taskhook.Balance, err error) {
		err = r.Scan(&b.Prepaid, &b.Available, &b.Held)
		return b, err
	}, `SELECT prepaid, balance, held FROM accounts WHERE id = $1`, account)
	if err == nil && !ok {
		err = taskhook.Errorf(taskhook.CodeNotFound, "There is no account %s.", account)
	}
	return b, err
}
