//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// The trial of the ledger: how many tasks the account pays for, and what one costs.
const (
	affordable = 40
	cost       = taskhook.Money(50_123)
)

// gated is a model whose tasks wait for a file, and then do as they are told.
const gated = `
schemas:
  told: {type: object, required: [mode], properties: {mode: {type: string}}}
models:
  local:
    teller: {adapter: "command:teller", capabilities: {text-to-image: told}, price: %s}
commands:
  teller:
    command: [/bin/sh, run.sh]
    files:
      mode.txt: "{{.Input.mode}}\n"
      run.sh: |
        while [ ! -e "$GATE" ]; do /bin/sleep 0.02; done
        read -r mode < mode.txt
        [ "$mode" = ok ] && echo done > told.txt
    env: {GATE: %q}
    outputs: [told.txt]
    concurrency: 4
`

// payer is a client of a server that is killed now and then.
type payer struct {
	*testing.T
	*client.Client
	dir, file, gate, key string
	server               *server
	credited             taskhook.Money
}

func newPayer(t *testing.T) *payer {
	t.Helper()
	base := t.TempDir()
	p := &payer{T: t, dir: filepath.Join(base, "data"), file: filepath.Join(base, "taskhook.yaml"), gate: filepath.Join(base, "gate")}
	if err := os.WriteFile(p.file, fmt.Appendf(nil, gated, cost, p.gate), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _ := invoke(t, 0, "key", "create", "--data", p.dir, "--json")
	var k shownKey
	if err := json.Unmarshal([]byte(stdout), &k); err != nil {
		t.Fatal(err)
	}
	p.key = k.Text
	p.credit()
	p.start()
	return p
}

// credit pays for as many tasks as are affordable.
func (p *payer) credit() {
	p.Helper()
	p.credited += affordable * cost
	invoke(p.T, 0, "account", "credit", "default", (affordable * cost).String(), "--data", p.dir)
}

func (p *payer) start() {
	p.Helper()
	p.server = serve(p.T, p.dir, "--config", p.file)
	go io.Copy(io.Discard, p.server.stderr) // so that the server never waits to log
	p.Client = client.New(p.server.url, p.key)
}

// kill ends the server as kill -9 does.
func (p *payer) kill() {
	p.Helper()
	if err := p.server.Process.Kill(); err != nil {
		p.Fatal(err)
	}
	_ = p.server.Wait() // it says that it was killed
}

// order is one submission, and what became of it.
type order struct {
	name, mode, id string
	status         int // 202, 402, or 0 without an answer
}

// submit sends all orders at once.
func (p *payer) submit(orders []order) {
	p.Helper()
	api := p.Client
	var group sync.WaitGroup
	for i := range orders {
		group.Go(func() {
			o := &orders[i]
			k, err := api.Submit(p.Context(), "local", "text-to-image", client.Submission{Model: "teller", IdempotencyKey: o.name,
				Input: json.RawMessage(`{"mode":"` + o.mode + `"}`)})
			o.id, o.status = k.ID, http.StatusAccepted
			if err != nil {
				o.status = statusOf(err)
			}
		})
	}
	group.Wait()
}

func statusOf(err error) int {
	if bad, ok := errors.AsType[*client.Error](err); ok {
		return bad.Status
	}
	return 0
}

// until waits for what the server says.
func (p *payer) until(what string, is func(context.Context) bool) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), 5*time.Minute) // that it hangs should be told by this line
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.Fatalf("it does not come to this: %s", what)
		}
	}
}

// total is how many tasks are in the state.
func (p *payer) total(ctx context.Context, status string) int {
	l, err := p.Tasks(ctx, client.TaskQuery{Status: status, PageQuery: client.PageQuery{Limit: 1}})
	if err != nil {
		p.Errorf("count %s tasks: %v", status, err)
	}
	return l.Total
}

// TestTheLedgerBalances lets four times as many tasks be submitted as are paid for,
// at once, then fails, cancels, repeats and kills, and adds up.
func TestTheLedgerBalances(t *testing.T) {
	t.Parallel()
	p := newPayer(t)
	orders := make([]order, 4*affordable)
	for i := range orders {
		orders[i] = order{name: fmt.Sprint("order-", i), mode: []string{"ok", "fail", "ok"}[i%3]}
	}
	p.submit(orders)
	accepted := p.accepted(orders, http.StatusPaymentRequired)
	if len(accepted) != affordable {
		t.Fatalf("%d tasks are accepted, and %d were paid for", len(accepted), affordable)
	}
	b, err := p.Balance(t.Context())
	if err != nil || b.Balance != "0" || b.Held.String() != (affordable*cost).String() {
		t.Errorf("the balance is %+v, %v", b, err)
	}

	for _, o := range accepted[:affordable/4] { // some wait, some run
		if _, err := p.CancelTask(t.Context(), o.id); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(p.gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.until("some tasks have ended", func(ctx context.Context) bool { return p.total(ctx, "succeeded")+p.total(ctx, "failed") > 3 })
	p.kill()
	p.start()
	p.retryFailed(accepted)
	p.submit(orders[:affordable]) // again: what was accepted is the same, what was not is tried anew
	p.killWhileSubmitting(orders)
	p.until("all tasks have ended", func(ctx context.Context) bool {
		return p.total(ctx, "pending")+p.total(ctx, "queued")+p.total(ctx, "running") == 0
	})
	p.addUp()
}

// accepted returns the orders that were accepted, when all others have the status.
func (p *payer) accepted(orders []order, other int) (list []order) {
	p.Helper()
	for _, o := range orders {
		if o.status == http.StatusAccepted {
			list = append(list, o)
		} else if o.status != other {
			p.Errorf("%s is answered with %d", o.name, o.status)
		}
	}
	return list
}

// retryFailed repeats what has failed, each as soon as it has.
func (p *payer) retryFailed(orders []order) {
	p.Helper()
	retried := 0
	for _, o := range orders {
		if o.mode != "fail" {
			continue
		}
		p.until("a task has ended", func(ctx context.Context) bool {
			k, err := p.Task(ctx, o.id)
			return err == nil && (k.Status == "failed" || k.Status == "cancelled")
		})
		if _, err := p.RetryTask(p.Context(), o.id); err == nil {
			retried++
		} else if status := statusOf(err); status != http.StatusConflict && status != http.StatusPaymentRequired {
			p.Errorf("repeat a task: %v", err)
		}
	}
	if retried == 0 {
		p.Error("no task was repeated")
	}
}

// killWhileSubmitting kills the server under a load of submissions, and sends them
// again to the next one.
func (p *payer) killWhileSubmitting(orders []order) {
	p.Helper()
	more := make([]order, 2*affordable)
	for i := range more {
		more[i] = order{name: fmt.Sprint("more-", i), mode: "ok"}
	}
	p.credit()
	before, err := p.Tasks(p.Context(), client.TaskQuery{PageQuery: client.PageQuery{Limit: 1}})
	if err != nil {
		p.Fatal(err)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		p.submit(more[:1]) // the others may come too late
		p.submit(more)
	}()
	p.until("a task more", func(ctx context.Context) bool {
		now, err := p.Tasks(ctx, client.TaskQuery{PageQuery: client.PageQuery{Limit: 1}})
		return err == nil && now.Total > before.Total
	})
	p.kill()
	<-sent
	acknowledged := map[string]string{}
	for _, o := range more {
		if o.status == http.StatusAccepted {
			acknowledged[o.name] = o.id
		}
	}
	p.start()
	p.submit(more)
	p.submit(orders)
	p.accepted(orders, http.StatusPaymentRequired)
	for _, o := range p.accepted(more, http.StatusPaymentRequired) {
		if id := acknowledged[o.name]; id != "" && id != o.id {
			p.Errorf("%s was %s and is %s", o.name, id, o.id)
		}
		delete(acknowledged, o.name)
	}
	if len(acknowledged) > 0 {
		p.Errorf("these were accepted and are not any more: %v", acknowledged)
	}
}

// addUp holds what the API says against the ledger.
func (p *payer) addUp() {
	p.Helper()
	ctx := p.Context()
	succeeded := int64(p.total(ctx, "succeeded"))
	ended := client.UsageCount{Succeeded: succeeded, Failed: int64(p.total(ctx, "failed")), Cancelled: int64(p.total(ctx, "cancelled")),
		Cost: json.Number((cost * taskhook.Money(succeeded)).String())}
	p.Logf("in the end: %+v", ended)
	if succeeded == 0 || ended.Failed == 0 || ended.Cancelled == 0 {
		p.Error("something did not happen, so nothing is proven of it")
	}
	if u, err := p.Usage(ctx, client.UsageQuery{}); err != nil || u.Total != ended {
		p.Errorf("the usage is %+v, %v; want %+v", u.Total, err, ended)
	}
	charged := cost * taskhook.Money(succeeded)
	left := p.credited - charged
	if b, err := p.Balance(ctx); err != nil || b.Balance.String() != left.String() || b.Held != "0" {
		p.Errorf("the balance is %+v, %v; want %s", b, err, left)
	}
	if keys, err := p.Keys(ctx, client.PageQuery{}); err != nil || keys.Items[0].Spent.String() != charged.String() {
		p.Errorf("the key is %+v, %v; want %s spent", keys.Items, err, charged)
	}
	p.server.stop(p.T)
	stdout, _ := invoke(p.T, 0, "account", "audit", "--data", p.dir, "--json")
	var audits []struct {
		Available, Held json.Number
		Sums            map[taskhook.EntryKind]json.Number
		Balanced        bool
	}
	if err := json.Unmarshal([]byte(stdout), &audits); err != nil || len(audits) != 1 {
		p.Fatalf("the audit says %s: %v", stdout, err)
	}
	a := audits[0]
	if !a.Balanced || a.Held != "0" || a.Available.String() != left.String() || a.Sums[taskhook.EntryCharge].String() != charged.String() ||
		a.Sums[taskhook.EntryCredit].String() != p.credited.String() {
		p.Errorf("the ledger says %s", stdout)
	}
}
