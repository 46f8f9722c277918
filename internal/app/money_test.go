package app_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// priced has a model that costs something and one that would, if the sandbox did
// not run it.
const priced = `
schemas:
  told: {type: object, required: [prompt], properties: {prompt: {type: string}}}
models:
  local:
    teller: {adapter: "command:teller", capabilities: {text-to-image: told}, price: 0.32}
    painter: {adapter: sandbox, capabilities: {text-to-image: told}, price: 0.32}
commands:
  teller: {command: [cp, in.txt, told.txt], files: {in.txt: "{{.Input.prompt}}"}, outputs: [told.txt]}
`

// TestPayment follows money through the running program.
func TestPayment(t *testing.T) {
	t.Parallel()
	s := configured(t, priced)
	ctx, r := t.Context(), program.NewReceiver(t)
	submit := func(c *client.Client, model, key string) (client.AcceptedTask, error) {
		return c.Submit(ctx, "local", "text-to-image", client.Submission{Model: model, WebhookURL: r.URL + "/hook",
			Input: json.RawMessage(`{"prompt":"x"}`), IdempotencyKey: key})
	}
	has := func(want client.Balance) {
		t.Helper()
		if got, err := s.Balance(ctx); err != nil || got != want {
			t.Errorf("the balance is %+v, %v; want %+v", got, err, want)
		}
	}
	told := 0
	ended := func(id, status, cost string) {
		t.Helper()
		told++
		r.Wait(t, told)
		if k, err := s.Task(ctx, id); err != nil || k.Status != status || k.Cost.String() != cost || k.KeyID == "" {
			t.Errorf("the task is %+v, %v", k, err)
		}
	}
	made := func(k client.AcceptedTask, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return k.ID
	}

	ended(made(submit(s.Client, "teller", "")), "succeeded", "0.32")
	ended(made(submit(s.Client, "painter", "")), "succeeded", "0")
	has(client.Balance{Balance: "-0.32", BillingMode: "postpaid", Held: "0"})

	s.Credit(t, "default", 400_000)
	ended(made(submit(s.Client, "teller", "first")), "succeeded", "0.32")
	_, err := submit(s.Client, "teller", "second")
	refused(t, "more than there is", err, http.StatusPaymentRequired, "INSUFFICIENT_BALANCE")
	has(client.Balance{Balance: "0.08", BillingMode: "prepaid", Held: "0"})
	if again := made(submit(s.Client, "teller", "first")); again == "" {
		t.Error("what is paid already is refused")
	}
	test := true
	k, err := s.CreateKey(ctx, client.NewKey{Name: "test", Test: &test})
	if err != nil {
		t.Fatal(err)
	}
	ended(made(submit(client.New(s.URL, k.Key), "teller", "")), "succeeded", "0")

	s.Credit(t, "default", taskhook.Dollar)
	ended(made(submit(s.Client, "teller", "second")), "succeeded", "0.32") // the key was not burnt
	has(client.Balance{Balance: "0.76", BillingMode: "prepaid", Held: "0"})

	limited, err := s.CreateKey(ctx, client.NewKey{Name: "limited", SpendLimit: "0.5"})
	if err != nil {
		t.Fatal(err)
	}
	ended(made(submit(client.New(s.URL, limited.Key), "teller", "")), "succeeded", "0.32")
	_, err = submit(client.New(s.URL, limited.Key), "teller", "")
	refused(t, "more than the key may spend", err, http.StatusPaymentRequired, "SPEND_LIMIT_EXCEEDED")
	keys, err := s.Keys(ctx, client.PageQuery{Limit: 1})
	if err != nil || keys.Items[0].Spent != "0.32" || keys.Items[0].SpendLimit != "0.5" {
		t.Errorf("the key is %+v, %v", keys.Items, err)
	}
	_, err = client.New(s.URL, limited.Key).CreateKey(ctx, client.NewKey{Name: "more"})
	refused(t, "a way round the limit", err, http.StatusForbidden, "KEY_PERMISSION_DENIED")

	u, err := s.Usage(ctx, client.UsageQuery{GroupBy: "model", From: time.Now().Add(-time.Hour)})
	if err != nil || u.Total != (client.UsageCount{Succeeded: 6, Cost: "1.28"}) || len(u.Rows) != 2 || u.Rows[1].Group != "local/teller" || u.Rows[1].Cost != "1.28" {
		t.Errorf("the usage is %+v, %v", u, err)
	}
	foreign := s.NewAccount(t, "other", false)
	if u, err := foreign.Usage(ctx, client.UsageQuery{}); err != nil || u.Total.Succeeded != 0 || len(u.Rows) != 0 {
		t.Errorf("another account sees %+v, %v", u, err)
	}
	if b, err := foreign.Balance(ctx); err != nil || b.Balance != "0" || b.BillingMode != "postpaid" {
		t.Errorf("another account has %+v, %v", b, err)
	}
}
