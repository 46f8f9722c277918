//go:build unix

package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	_, stderr := invoke(t, 1, "account", "list", "--data", dir)
	expect(t, stderr, dir+" holds no database yet")
	invoke(t, 0, "key", "create", "--data", dir, "--account", "studio", "--spend-limit", "12.50")
	stdout, _ := invoke(t, 0, "key", "list", "--data", dir)
	expect(t, stdout, "0 of 12.5")
	stdout, _ = invoke(t, 0, "account", "list", "--data", dir)
	expect(t, stdout, `"studio"`, "postpaid")

	stdout, _ = invoke(t, 0, "account", "credit", "studio", "20.10", "--data", dir)
	expect(t, stdout, `"studio" is prepaid and has 20.1 USD available, 0 USD held`)
	stdout, _ = invoke(t, 0, "account", "credit", "--data", dir, "--", "studio", "-0.1")
	expect(t, stdout, "has 20 USD available")
	_, stderr = invoke(t, 1, "account", "credit", "--data", dir, "--", "studio", "-21")
	expect(t, stderr, "has only 20 USD available")
	_, stderr = invoke(t, 1, "account", "credit", "--data", dir, "nobody", "1")
	expect(t, stderr, `There is no account "nobody"`)
	for amount, want := range map[string]string{"much": "must be a number of USD", "0.0000001": "must have at most 6 decimals", "1e12": "must be at most 999999999.999999"} {
		_, stderr = invoke(t, 2, "account", "credit", "studio", amount, "--data", dir)
		expect(t, stderr, "the amount "+want)
	}
	_, stderr = invoke(t, 2, "key", "create", "--data", dir, "--spend-limit=-1")
	expect(t, stderr, "--spend-limit must not be below 0")

	stdout, _ = invoke(t, 0, "account", "audit", "--data", dir)
	expect(t, stdout, `"studio"  20 `, "yes")
	stdout, _ = invoke(t, 0, "account", "unlimited", "studio", "--data", dir)
	expect(t, stdout, `"studio" may spend without limit`)
	stdout, _ = invoke(t, 0, "account", "list", "--data", dir, "--json")
	var listed []map[string]any
	if err := json.Unmarshal([]byte(stdout), &listed); err != nil || len(listed) != 1 || listed[0]["available"] != 20.0 || listed[0]["billing_mode"] != "postpaid" {
		t.Errorf("listed %+v, %v", listed, err)
	}
}

func TestAuditFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	invoke(t, 0, "key", "create", "--data", dir)
	invoke(t, 0, "account", "credit", "default", "1", "--data", dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "taskhook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `UPDATE accounts SET balance = balance + 1`); err != nil {
		t.Fatal(err)
	}
	stdout, stderr := invoke(t, 1, "account", "audit", "--data", dir)
	expect(t, stdout, "1.000001", "NO")
	expect(t, stderr, "a balance is not what the ledger says")
}

func TestMoneyCommands(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	stdout, _ := ask(t, s.URL, 0, "balance")
	expect(t, stdout, "available  0 USD\n", "limit      none\n")
	invoke(t, 0, "account", "credit", "default", "5", "--data", s.Config.Data) // beside the server
	stdout, _ = ask(t, s.URL, 0, "balance")
	expect(t, stdout, "available  5 USD\n", "held       0 USD", "limit      what is available\n")
	stdout, _ = ask(t, s.URL, 0, "balance", "--json")
	if b := one[client.Balance](t, stdout); b.Balance != "5" || b.BillingMode != "prepaid" {
		t.Errorf("the balance is %+v", b)
	}
	ask(t, s.URL, 0, "task", "submit", "seedream/text-to-image", "--model", "seedream-4-0", "--input", quick, "--prompt", "x", "--watch")
	stdout, stderr := ask(t, s.URL, 0, "usage", "--by", "model")
	expect(t, stdout, "MODEL                  SUCCEEDED  FAILED  CANCELLED  COST (USD)\n", "seedream/seedream-4-0  1          0       0          0\n", "total                  1 ")
	expect(t, stderr, "whole hours from ")
	stdout, _ = ask(t, s.URL, 0, "usage", "--since", "1h", "--json")
	if u := one[client.Usage](t, stdout); u.Total.Succeeded != 1 || u.GroupBy != "day" || len(u.Rows) != 1 {
		t.Errorf("the usage is %+v", u)
	}
	_, stderr = ask(t, s.URL, 1, "usage", "--since", "400d")
	expect(t, stderr, "more than 366 days")
}
