package muapi

import (
	"log/slog"
	"net/http"
	"strconv"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/httpserver"
)

// encode writes an answer or a webhook body: compact, for some clients search the
// text. All its types can be written, so a failure is a fault in the program.
func encode(value any) []byte {
	body, err := httpserver.EncodeJSON(value)
	if err != nil {
		panic(err)
	}
	return body
}

// write answers with a value in JSON.
func (f *Face) write(w http.ResponseWriter, r *http.Request, status int, answer any) {
	f.answers.WriteJSON(w, r, status, encode(answer))
}

// chargeHeaders says what a call has cost and what the account has left, which
// the API does with every answer. A key that may not read the balance is not told.
func (f *Face) chargeHeaders(w http.ResponseWriter, r *http.Request, who taskhook.Identity, answer any) {
	h := w.Header()
	c := newCost(0, false)
	if p, ok := answer.(prediction); ok {
		c = p.Cost
	}
	// The spelling is that of the API's documents, which Header.Set would change.
	h["X-MuAPI-Cost-USD"] = []string{sixDecimals(c.amount)}
	h["X-MuAPI-Cost-Credits"] = []string{strconv.FormatInt(c.Credits, 10)}
	if c.Refunded {
		h["X-MuAPI-Cost-Refunded"] = []string{"true"}
	}
	if who.AccountID == "" || !who.May(taskhook.ScopeBalanceRead) {
		return
	}
	b, err := f.Money.Balance(r.Context(), who.AccountID)
	if err != nil {
		f.Log.LogAttrs(r.Context(), slog.LevelWarn, "read the balance for a header", slog.Any("error", err))
		return
	}
	h.Set("X-Account-Balance", b.Available.String())
}
