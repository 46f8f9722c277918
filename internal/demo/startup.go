//go:build unix

package demo

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

const (
	// schedule is when deliveries are tried again: soon, for who watches.
	schedule = "1s,2s,4s"
	// ownEvent is a type of event that is not about tasks.
	ownEvent = "order.paid"
)

// startUp starts the server and registers the receiver with it.
func (d *demo) startUp(ctx context.Context) error {
	d.screen.note("taskhook serve --dev --schedule %s", schedule)
	began := time.Now()
	if err := d.server.start(ctx); err != nil {
		return err
	}
	d.screen.good("the server answers on %s after %s (process %d)", d.server.url, seconds(time.Since(began)), d.server.Process.Pid)
	d.api = client.New(d.server.url, d.server.key)
	hook, err := d.api.CreateWebhook(ctx, client.NewWebhook{
		URL: d.receiver.url, Description: "the demo's receiver",
		Events: []string{taskhook.EventTaskCompleted, taskhook.EventTaskFailed, ownEvent},
	})
	if err != nil {
		return err
	}
	d.screen.good("a receiver is registered at %s", d.receiver.url)
	d.screen.good("it has the secret, and will check the signature of all that comes")
	return d.receiver.trust(hook.Secret)
}
