package dashboard

import (
	"context"

	"github.com/taskhook/taskhook"
)

// moneyView is what an account has and spends.
type moneyView struct {
	taskhook.Balance
	Recent taskhook.UsageCount // of 30 days
}

// None reports whether the account has nothing to do with money.
func (v moneyView) None() bool { return v.Balance == taskhook.Balance{} && v.Recent.Cost == 0 }

func (v *overviewView) addMoney(ctx context.Context, money Money, account string) (err error) {
	if v.Money.Balance, err = money.Balance(ctx, account); err != nil {
		return err
	}
	u, err := money.Usage(ctx, taskhook.UsageFilter{AccountID: account})
	v.Money.Recent = u.Total
	return err
}
