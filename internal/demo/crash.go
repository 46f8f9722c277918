//go:build unix

package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// The work in the middle of which the server is killed.
const (
	crashTasks  = 12
	crashEvents = 30
	// crashPause is how long the receiver takes for each answer, so that some are
	// still owed when the server dies.
	crashPause = 400 * time.Millisecond
	// crashAfter is how many webhooks are answered before.
	crashAfter = 8
)

// showCrash kills the server while tasks run and webhooks are under way, and
// starts it again.
func (d *demo) showCrash(ctx context.Context) error {
	seen := len(d.ledger.since(0))
	d.receiver.dawdle(crashPause)
	if err := d.submitMany(ctx); err != nil {
		return err
	}
	d.screen.good("the server has acknowledged %d tasks and %d events", crashTasks, crashEvents)
	d.screen.event("the receiver takes %s for each answer", seconds(crashPause))
	running, err := d.middle(ctx, seen)
	if err != nil {
		return err
	}
	arrived, open := len(d.ledger.since(seen)), d.receiver.unanswered()
	killed := d.server.Process.Pid
	if err := d.server.kill(); err != nil {
		return err
	}
	d.screen.event("kill -9 %d", killed)
	d.screen.say("  at that moment %d tasks were unfinished, %d webhooks were delivered,", running, arrived-open)
	d.screen.say("  and %d were with the receiver, which had not answered yet", open)
	d.receiver.dawdle(0)
	began := time.Now()
	if err := d.server.start(ctx); err != nil {
		return err
	}
	d.screen.good("started again on the same data after %s (process %d)", seconds(time.Since(began)), d.server.Process.Pid)
	return nil
}

// submitMany submits tasks that take 0.5 to 3 s, and publishes events.
func (d *demo) submitMany(ctx context.Context) error {
	for i := range crashTasks {
		input := fmt.Sprintf(`{"prompt":"picture %d","sandbox":{"seconds":%g}}`, i+1, 0.5+2.5*float64(i)/(crashTasks-1))
		accepted, err := d.api.Submit(ctx, "gemini", "text-to-image", ask("nano-banana-2", input))
		if err != nil {
			return err
		}
		d.ledger.owe(accepted.ID)
	}
	events := make([]client.NewEvent, crashEvents)
	for i := range events {
		events[i] = client.NewEvent{Type: ownEvent, Data: json.RawMessage(fmt.Sprintf(`{"order":%d}`, i+2))}
	}
	published, err := d.api.PublishBatch(ctx, events)
	if err != nil {
		return err
	}
	for _, e := range published {
		d.ledger.owe(e.ID)
	}
	return nil
}

// middle waits for the middle of the work: of the webhooks some are delivered and
// some not answered yet, of the tasks some are finished and some are not, whose
// number is returned.
func (d *demo) middle(ctx context.Context, seen int) (unfinished int, err error) {
	err = d.wait(ctx, "the middle of the work", func() (bool, error) {
		page, err := d.api.Tasks(ctx, client.TaskQuery{PageQuery: client.PageQuery{Limit: crashTasks}})
		if err != nil {
			return false, err
		}
		unfinished = 0
		for _, task := range page.Items {
			if !taskhook.TaskState(task.Status).Final() {
				unfinished++
			}
		}
		arrived := len(d.ledger.since(seen))
		if unfinished == 0 || arrived >= crashTasks+crashEvents {
			return false, errors.New("the work was over before the server could be killed")
		}
		open := d.receiver.unanswered()
		return open > 0 && arrived-open >= crashAfter && unfinished < crashTasks, nil
	})
	return unfinished, err
}
