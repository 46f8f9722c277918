package dashboard_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

const operatorToken = "operator-operator-operator-operator"

// tab is a tab of a real browser, with cookies of its own.
type tab struct {
	*testing.T
	ctx     context.Context
	scripts bool

	mu         sync.Mutex
	complaints []string // of the browser: refused scripts and styles, exceptions
}

// newTab starts a browser.
func newTab(t *testing.T, scripts bool) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx, scripts: scripts}
	b.do(chromedp.Navigate("about:blank"))
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, text := range b.complaints {
			t.Errorf("the browser complains: %s", text)
		}
	})
	return b
}

// note keeps what the browser finds wrong. That a page is not there is not.
func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if !strings.Contains(e.Entry.Text, "status of 404") {
			b.complaints = append(b.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	for _, step := range steps {
		err := chromedp.Do(b.ctx, step)
		for err != nil && strings.Contains(err.Error(), "Could not find node") {
			err = chromedp.Do(b.ctx, step) // a live page has just put another in its place
		}
		if err != nil {
			b.Fatalf("%v on the page:\n%s", err, b.page())
		}
	}
}

// page returns the text of the page as it stands.
func (b *tab) page() string {
	html, err := chromedp.Run(b.ctx, chromedp.OuterHTML(chromedp.CSS("body")))
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return html
}

// sees waits until the page says the texts: with scripts by itself, without them
// by being loaded again.
func (b *tab) sees(texts ...string) {
	b.Helper()
	for _, text := range texts {
		testkit.Until(b.T, "the page says "+text, func() bool {
			if b.ctx.Err() != nil {
				b.Fatalf("the page does not say %q", text)
			}
			if strings.Contains(b.page(), text) {
				return true
			}
			if !b.scripts {
				b.do(chromedp.Reload())
			}
			return false
		})
	}
}

func (b *tab) signIn(url, credential string) {
	b.Helper()
	b.do(chromedp.Navigate(url+"/deliveries"), chromedp.SendKeys(chromedp.CSS("#credential"), credential+"\r"),
		chromedp.WaitVisible(chromedp.CSS("a[aria-current]")))
	b.sees(">Deliveries</h1>")
}

func (b *tab) register(server, receiver string) {
	b.Helper()
	b.do(chromedp.Navigate(server+"/endpoints"), chromedp.Click(chromedp.CSS(".button.primary")),
		chromedp.WaitVisible(chromedp.CSS("#url")), chromedp.SendKeys(chromedp.CSS("#url"), receiver),
		chromedp.Clear(chromedp.CSS("#events")), chromedp.SendKeys(chromedp.CSS("#events"), "order.paid"),
		chromedp.Click(chromedp.CSS("main button.primary")), chromedp.WaitVisible(chromedp.CSS("#test")))
	b.sees("is registered", "whsec_", receiver)
}

// once has each delivery tried once, so that one that fails has failed.
func once(c *config.Config) {
	c.Schedule = taskhook.Schedule{}
	c.OperatorToken = config.NewSecret(operatorToken)
}

func publish(t *testing.T, c *client.Client) {
	t.Helper()
	data := json.RawMessage(`{"note":"<script>document.title='pwned'</script>"}`)
	if _, err := c.Publish(t.Context(), client.NewEvent{Type: "order.paid", Data: data}); err != nil {
		t.Fatal(err)
	}
}

// TestReplayInABrowser walks the main path: a receiver fails, is mended, and gets
// what it is owed.
func TestReplayInABrowser(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "chromium") {
		return
	}
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := program.Start(t, once)
			receiver := program.NewReceiver(t, 500)
			b := newTab(t, scripts)
			b.signIn(server.URL, program.Key)
			b.register(server.URL, receiver.URL)

			b.do(chromedp.Navigate(server.URL + "/deliveries"))
			publish(t, server.Client)
			b.sees("order.paid", `<span class="state failed">failed</span>`)
			b.do(chromedp.Click(chromedp.CSS("td a.id")), chromedp.WaitVisible(chromedp.CSS("#replay")))
			b.sees("Attempt 1: answered 500", "Look into its log", "thanks", "&lt;script&gt;")
			first := receiver.Wait(t, 1)[0]
			for _, name := range []string{"Content-Type", "User-Agent", "Webhook-Id", "Webhook-Timestamp", "X-Webhook-Id", "X-Webhook-Timestamp"} {
				b.sees(`<th scope="row">` + name + `</th><td>` + first.Header.Get(name) + `</td>`)
			}

			b.do(chromedp.Click(chromedp.CSS("#replay")), chromedp.WaitVisible(chromedp.CSS(".flash")))
			b.sees("Sent again", `<span class="state delivered">delivered</span>`, "accepted with 200")
			if second := receiver.Wait(t, 2)[1]; string(second.Body) != string(first.Body) {
				t.Errorf("the replay sent %s, not %s", second.Body, first.Body)
			}
		})
	}
}

// roundTrip is a transport of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// keyOf returns the key that a client sends.
func keyOf(t *testing.T, c *client.Client) (key string) {
	t.Helper()
	c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		key = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		return http.DefaultTransport.RoundTrip(r)
	})}
	if _, err := c.Tasks(t.Context(), client.TaskQuery{}); err != nil {
		t.Fatal(err)
	}
	return key
}

// TestTenantsInBrowsers has two accounts look at the same addresses, and the
// operator at both.
func TestTenantsInBrowsers(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "chromium") {
		return
	}
	server := program.Start(t, once)
	other := server.NewAccount(t, "other", false)
	receiver := program.NewReceiver(t)
	one := newTab(t, true)
	one.signIn(server.URL, program.Key)
	one.register(server.URL, receiver.URL)
	publish(t, server.Client)
	one.do(chromedp.Navigate(server.URL + "/deliveries"))
	one.sees("order.paid", ">delivered<")
	one.do(chromedp.Click(chromedp.CSS("td a.id")), chromedp.WaitVisible(chromedp.CSS("#replay")))
	address, err := chromedp.Run(one.ctx, chromedp.Location())
	if err != nil {
		t.Fatal(err)
	}

	two := newTab(t, true)
	two.signIn(server.URL, keyOf(t, other))
	two.sees("Nothing is owed to anybody yet")
	two.do(chromedp.Navigate(address))
	two.sees("Not here")
	two.do(chromedp.Navigate(server.URL + "/endpoints"))
	two.sees("No endpoint yet")

	two.do(chromedp.Click(chromedp.CSS(".who form[action='/signout'] button")), chromedp.WaitVisible(chromedp.CSS("#credential")))
	two.signIn(server.URL, operatorToken)
	two.sees("order.paid")
	two.do(chromedp.Focus(chromedp.CSS("#account")), chromedp.KeyEvent("o"), chromedp.WaitVisible(chromedp.CSS("h1")))
	two.sees("Begin here")
}
