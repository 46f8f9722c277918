package modelhunter

import (
	"encoding/json"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// The words of billingMode.
const (
	prepaid  = "prepaid"
	postpaid = "postpaid"
)

// balance answers GET /balance.
func (f *Face) balance(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	b, err := f.Money.Balance(r.Context(), who.AccountID)
	if err != nil {
		return err
	}
	out := client.Balance{Balance: usd(b.Available), Held: usd(b.Held), BillingMode: postpaid}
	if b.Prepaid {
		out.BillingMode = prepaid
	}
	return f.writeData(w, r, http.StatusOK, out)
}

// usage answers GET /usage.
func (f *Face) usage(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.UsageFilter{
		AccountID: who.AccountID,
		From:      q.time("startDate", false),
		To:        q.time("endDate", true),
		Group:     oneOf(q, "groupBy", taskhook.UsageGroups()...),
	}
	if q.err != nil {
		return q.err
	}
	u, err := f.Money.Usage(r.Context(), filter)
	if err != nil {
		return err
	}
	out := client.Usage{From: u.From, To: u.To, GroupBy: string(u.Group), Truncated: u.More,
		Rows: rendered(u.Rows, func(row taskhook.UsageRow) client.UsageRow {
			return client.UsageRow{Group: row.Name, Succeeded: row.Succeeded, Failed: row.Failed, Cancelled: row.Cancelled, Cost: usd(row.Cost)}
		}),
		Total: client.UsageCount{Succeeded: u.Total.Succeeded, Failed: u.Total.Failed, Cancelled: u.Total.Cancelled, Cost: usd(u.Total.Cost)}}
	return f.writeData(w, r, http.StatusOK, out)
}

// usd is an amount as a number of the API.
func usd(m taskhook.Money) json.Number { return json.Number(m.String()) }

// decodeSpendLimit reads what a key may spend; nil is no limit.
func decodeSpendLimit(value json.RawMessage) (*taskhook.Money, error) {
	if value == nil {
		return nil, nil
	}
	limit, err := taskhook.ParseMoney(string(value))
	switch {
	case err != nil:
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "spendLimit", "spendLimit %s.", err)
	case limit < 0:
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "spendLimit", "spendLimit must not be below 0.")
	}
	return &limit, nil
}
