package modelhunter

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

func TestBalance(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, tt := range []struct {
		has  taskhook.Balance
		want client.Balance
	}{
		{taskhook.Balance{Prepaid: true, Available: 19_360_001, Held: 320_000}, client.Balance{Balance: "19.360001", BillingMode: "prepaid", Held: "0.32"}},
		{taskhook.Balance{Available: -1}, client.Balance{Balance: "-0.000001", BillingMode: "postpaid", Held: "0"}},
	} {
		w.money = tt.has
		rec := w.ask(t, "GET", "/api/v1/balance", "")
		var got client.Balance
		if err := json.Unmarshal(open(t, rec).Data, &got); err != nil || got != tt.want {
			t.Errorf("%+v is shown as %+v, %v", tt.has, got, err)
		}
	}
}

func TestUsageQueries(t *testing.T) {
	t.Parallel()
	march := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	for query, want := range map[string]taskhook.UsageFilter{
		"":             {},
		"?groupBy=key": {Group: taskhook.UsageByKey},
		"?startDate=2026-03-01&endDate=2026-03-02":                     {From: march(1), To: march(3)},
		"?startDate=2026-03-01T00:00:00Z&endDate=2026-03-02T00:00:00Z": {From: march(1), To: march(2)},
	} {
		w := newWorld()
		want.AccountID = owner
		if rec := w.ask(t, "GET", "/api/v1/usage"+query, ""); rec.Code != http.StatusOK || w.usage != want {
			t.Errorf("%s: %d, asked for %+v", query, rec.Code, w.usage)
		}
	}
	for query, field := range map[string]string{"?groupBy=week": "groupBy", "?startDate=soon": "startDate", "?endDate=1": "endDate"} {
		rec := newWorld().ask(t, "GET", "/api/v1/usage"+query, "")
		if e := open(t, rec); rec.Code != http.StatusBadRequest || e.Error.Details.Field != field {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}

func TestSpendLimit(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]taskhook.Money{`{"name":"a","spendLimit":12.5}`: 12_500_000, `{"name":"a","spendLimit":0}`: 0, `{"name":"a","spendLimit":1e-05}`: 10} {
		n, err := decodeKey([]byte(body), false)
		if err != nil || n.SpendLimit == nil || *n.SpendLimit != want {
			t.Errorf("%s: %+v, %v", body, n, err)
		}
	}
	limit := 5 * taskhook.Dollar
	k := renderKey(taskhook.Key{Spent: 1, Limits: taskhook.Limits{SpendLimit: &limit}})
	if k.SpendLimit != "5" || k.Spent != "0.000001" {
		t.Errorf("shown as %+v", k)
	}
	if k := renderKey(taskhook.Key{}); k.SpendLimit != "" || k.Spent != "0" {
		t.Errorf("without a limit shown as %+v", k)
	}
}
