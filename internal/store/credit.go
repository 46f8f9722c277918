package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// CreditAccount adds to the balance of an account, or takes from what it has
// available if amount is negative, and makes it prepaid. What it owed until then is
// entered as invoiced, so that it begins with the credit, less what is held. The id
// is the credit's: with one that was entered already nothing changes.
func (s *Store) CreditAccount(ctx context.Context, now time.Time, account, id string, amount taskhook.Money) (b taskhook.Balance, err error) {
	err = s.update(ctx, s.kinds.creditAccount, func(ctx context.Context, t tx) (err error) {
		b, err = creditAccount(ctx, t, now, account, id, amount)
		return err
	})
	return b, err
}

func creditAccount(ctx context.Context, t tx, now time.Time, account, id string, amount taskhook.Money) (b taskhook.Balance, err error) {
	if b, err = balance(ctx, t, account); err != nil {
		return b, err
	}
	_, entered, err := first(ctx, t, scanInto[int64], `SELECT seq FROM ledger WHERE subject = $1 AND kind = 'credit'`, id)
	if err != nil || entered {
		return b, err
	}
	if owed := -(b.Available + b.Held); !b.Prepaid && owed > 0 {
		if err := addEntry(ctx, t, entry{account, taskhook.EntryInvoice, id, "", owed, now}); err != nil {
			return b, err
		}
		b.Available += owed
	}
	switch {
	case amount < 0 && b.Available+amount < 0:
		return b, taskhook.Errorf(taskhook.CodeConflict, "The account has only %s USD available; no more can be taken back.", max(0, b.Available))
	case amount > taskhook.MaxMoney-b.Available:
		return b, taskhook.Errorf(taskhook.CodeInvalid, "The account would have more than %s USD, which is the most that is kept.", taskhook.MaxMoney)
	}
	if err := addEntry(ctx, t, entry{account, taskhook.EntryCredit, id, "", amount, now}); err != nil {
		return b, err
	}
	b.Available, b.Prepaid = b.Available+amount, true
	_, err = t.exec(ctx, `UPDATE accounts SET balance = $1, prepaid = 1 WHERE id = $2`, int64(b.Available), account)
	return b, err
}

// MakePostpaid lets an account spend without limit. What it has stays.
func (s *Store) MakePostpaid(ctx context.Context, account string) error {
	return s.update(ctx, s.kinds.makePostpaid, func(ctx context.Context, t tx) error {
		if _, err := balance(ctx, t, account); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE accounts SET prepaid = 0 WHERE id = $1`, account)
		return err
	})
}

// Audit returns all accounts, oldest first, with the sums of the ledger, all of
// which it reads.
func (s *Store) Audit(ctx context.Context) ([]taskhook.Audit, error) {
	type sum struct {
		taskhook.Account
		kind   *taskhook.EntryKind
		amount *taskhook.Money
	}
	// One statement, so that all is of one moment.
	sums, err := collect(ctx, s.db, func(r scanner) (n sum, err error) {
		n.Account, err = scanAccount(r, &n.kind, &n.amount)
		return n, err
	}, `SELECT `+accountColumns+`, l.kind, l.amount FROM accounts LEFT JOIN
		(SELECT account, kind, sum(amount) AS amount FROM ledger GROUP BY account, kind) AS l ON l.account = accounts.id ORDER BY number`)
	var audits []taskhook.Audit
	for _, n := range sums {
		if len(audits) == 0 || audits[len(audits)-1].Account.ID != n.ID {
			audits = append(audits, taskhook.Audit{Account: n.Account, Sums: map[taskhook.EntryKind]taskhook.Money{}})
		}
		if n.kind != nil {
			audits[len(audits)-1].Sums[*n.kind] = *n.amount
		}
	}
	return audits, err
}
