package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// hold takes the price of a new task from the balance. A key or an account that
// can't pay is refused, and nothing is changed then. Who changes accounts and keys
// changes the account first, and several accounts in the order of their ids.
func hold(ctx context.Context, t tx, now time.Time, k *taskhook.Task) error {
	if k.Price == 0 {
		return nil
	}
	changed, err := t.exec(ctx, `UPDATE accounts SET balance = balance - $1, held = held + $2
		WHERE id = $3 AND (prepaid = 0 OR balance >= $4)`, int64(k.Price), int64(k.Price), k.AccountID, int64(k.Price))
	if err != nil {
		return err
	}
	if changed == 0 {
		if err := checkLimit(ctx, t, k); err != nil {
			return err
		}
		return noBalance(ctx, t, k)
	}
	if refused := spend(ctx, t, k); refused != nil {
		if err := release(ctx, t, k.AccountID, k.Price, k.Price); err != nil {
			return err
		}
		return refused
	}
	return addEntry(ctx, t, entry{k.AccountID, taskhook.EntryHold, k.ID, k.KeyID, k.Price, now})
}

// release ends holding an amount, of which some goes back to the balance.
func release(ctx context.Context, t tx, account string, back, held taskhook.Money) error {
	_, err := t.exec(ctx, `UPDATE accounts SET balance = balance + $1, held = held - $2 WHERE id = $3`, int64(back), int64(held), account)
	return err
}

// spend counts the price against the limit of the key.
func spend(ctx context.Context, t tx, k *taskhook.Task) error {
	changed, err := t.exec(ctx, `UPDATE keys SET spent = spent + $1 WHERE id = $2 AND (spend_limit IS NULL OR spent + $3 <= spend_limit)`,
		int64(k.Price), k.KeyID, int64(k.Price))
	if err != nil || changed == 1 {
		return err
	}
	return checkLimit(ctx, t, k)
}

// checkLimit refuses a task that costs more than its key may still spend; one of no
// known key has no limit.
func checkLimit(ctx context.Context, r reader, k *taskhook.Task) error {
	left, limited, err := first(ctx, r, scanInto[int64], `SELECT spend_limit - spent FROM keys WHERE id = $1 AND spend_limit IS NOT NULL`, k.KeyID)
	if err != nil || !limited || taskhook.Money(left) >= k.Price {
		return err
	}
	return taskhook.Errorf(taskhook.CodeSpendLimit, "The task costs %s USD, but the API key may spend only %s USD more. "+
		"Use a key with a higher spendLimit, or a model that costs less.", k.Price, max(0, taskhook.Money(left)))
}

func noBalance(ctx context.Context, r reader, k *taskhook.Task) error {
	b, err := balance(ctx, r, k.AccountID)
	if err != nil {
		return err
	}
	return taskhook.Errorf(taskhook.CodeNoBalance, "The task costs %s USD, but only %s USD are available and %s USD held for unfinished tasks. "+
		"Ask the operator for credit, or choose a model that costs less.", k.Price, max(0, b.Available), b.Held)
}

// settlement gathers what tasks that have ended are charged or refunded.
type settlement struct {
	accounts map[string]settled
	keys     map[string]taskhook.Money // not spent after all
	entries  []entry
}

// settled is how an account changes.
type settled struct{ back, held taskhook.Money }

// add charges or refunds what is held for a task. It belongs to the one statement
// that moved the task to its final state: k is the task as it is stored now.
func (s *settlement) add(now time.Time, k *taskhook.Task) {
	if k.Price == 0 {
		return
	}
	if s.accounts == nil {
		s.accounts, s.keys = map[string]settled{}, map[string]taskhook.Money{}
	}
	e := entry{k.AccountID, taskhook.EntryCharge, k.ID, k.KeyID, k.Price, now}
	a := s.accounts[k.AccountID]
	a.held += k.Price
	if k.State != taskhook.TaskSucceeded {
		e.kind = taskhook.EntryRefund
		a.back += k.Price
		s.keys[k.KeyID] += k.Price
	}
	s.accounts[k.AccountID] = a
	s.entries = append(s.entries, e)
}

func (s *settlement) write(ctx context.Context, t tx) error {
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		if err := release(ctx, t, id, s.accounts[id].back, s.accounts[id].held); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.keys)) {
		if _, err := t.exec(ctx, `UPDATE keys SET spent = spent - $1 WHERE id = $2`, int64(s.keys[id]), id); err != nil {
			return err
		}
	}
	for _, e := range s.entries {
		if err := addEntry(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
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
