package muapi

import (
	"encoding/json"
	"net/http"

	"github.com/taskhook/taskhook"
)

// balance is the money of an account. It falls below 0 where an account may spend
// without limit.
type balance struct {
	Balance  json.Number `json:"balance"`
	Currency string      `json:"currency"`
}

// balance answers GET /account/balance.
func (f *Face) balance(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	b, err := f.Money.Balance(r.Context(), who.AccountID)
	if err != nil {
		return nil, err
	}
	return balance{json.Number(b.Available.String()), currency}, nil
}

// topUp answers POST /account/topup.
func (f *Face) topUp(http.ResponseWriter, *http.Request, taskhook.Identity) (any, error) {
	return nil, taskhook.Errorf(taskhook.CodeConflict, "This server sells no credits. Ask its operator, who gives credit with: taskhook account credit.")
}
