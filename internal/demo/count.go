//go:build unix

package demo

import (
	"context"
	"fmt"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// showCount waits for all that was ever acknowledged, and compares the receiver's
// ledger with what the server says.
func (d *demo) showCount(ctx context.Context) error {
	err := d.wait(ctx, "everything to come", func() (bool, error) {
		r := d.ledger.report()
		d.screen.progress(fmt.Sprintf("%d of %d", r.came(), r.owed))
		return len(r.missing) == 0, nil
	})
	r := d.ledger.report()
	if faults := r.err(); faults != nil {
		return faults
	}
	if err != nil {
		return err
	}
	d.screen.good("%d tasks and events were acknowledged, and %d came", r.owed, r.came())
	d.screen.good("every signature was valid")
	if err := d.serverAgrees(ctx, r); err != nil {
		return err
	}
	r = d.ledger.report() // what comes twice may come late
	if faults := r.err(); faults != nil {
		return faults
	}
	d.showTwice(r.twice)
	return nil
}

// showTwice tells what came twice, which is allowed.
func (d *demo) showTwice(ids []string) {
	if len(ids) == 0 {
		d.screen.good("nothing came twice")
		return
	}
	d.screen.good("came twice: %d, with the same id and the same bytes, because the", len(ids))
	d.screen.say("  server died before it had the answer. A receiver drops an id it knows.")
	const some = 2
	for _, id := range ids[:min(some, len(ids))] {
		d.screen.note("    %s", id)
	}
	if more := len(ids) - some; more > 0 {
		d.screen.note("    and %d more", more)
	}
}

// serverAgrees waits until the server says of all tasks and deliveries that they
// ended well.
func (d *demo) serverAgrees(ctx context.Context, r report) error {
	var tasks, deliveries map[string]int
	err := d.wait(ctx, "the server to finish", func() (_ bool, err error) {
		if tasks, err = d.taskStates(ctx); err != nil {
			return false, err
		}
		if deliveries, err = d.deliveryStates(ctx); err != nil {
			return false, err
		}
		for state := range tasks {
			if !taskhook.TaskState(state).Final() {
				return false, nil
			}
		}
		return deliveries[string(taskhook.DeliveryPending)] == 0, nil
	})
	if err != nil {
		return err
	}
	succeeded, delivered := tasks[string(taskhook.TaskSucceeded)], deliveries[string(taskhook.DeliveryDelivered)]
	if len(tasks) != 1 || succeeded != r.tasks || len(deliveries) != 1 || delivered != r.owed {
		return fmt.Errorf("the server says otherwise: tasks %v, deliveries %v; acknowledged were %d, of which %d tasks", tasks, deliveries, r.owed, r.tasks)
	}
	d.screen.good("the server agrees: %d tasks succeeded, %d deliveries are delivered", succeeded, delivered)
	return nil
}

// taskStates counts the tasks in each state.
func (d *demo) taskStates(ctx context.Context) (map[string]int, error) {
	states := map[string]int{}
	q := client.TaskQuery{PageQuery: client.PageQuery{Limit: 100}}
	for {
		page, err := d.api.Tasks(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, task := range page.Items {
			states[task.Status]++
		}
		if q.Cursor = page.Cursor; !page.HasMore {
			return states, nil
		}
	}
}

// deliveryStates counts the deliveries in each state.
func (d *demo) deliveryStates(ctx context.Context) (map[string]int, error) {
	states := map[string]int{}
	q := client.DeliveryQuery{PageQuery: client.PageQuery{Limit: 100}}
	for {
		page, err := d.api.Deliveries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, delivery := range page.Items {
			states[delivery.State]++
		}
		if q.Cursor = page.Cursor; !page.HasMore {
			return states, nil
		}
	}
}
