//go:build unix

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// showTasks has an image, a video and an audio made.
func (d *demo) showTasks(ctx context.Context) error {
	seen := len(d.ledger.since(0))
	var tasks []string
	for _, o := range offers(ctx, d.Env) {
		accepted, err := d.api.Submit(ctx, o.provider, o.capability, o.submission)
		if err != nil {
			return err
		}
		d.ledger.owe(accepted.ID)
		tasks = append(tasks, accepted.ID)
		d.screen.event("%s  %-22s  by %s", o.medium, o.provider+"/"+o.submission.Model, o.by)
	}
	err := d.wait(ctx, "the webhooks of the tasks", func() (bool, error) {
		seen += d.showHooks(seen)
		d.screen.progress(d.progress(ctx, tasks))
		return d.ledger.report().came() == len(tasks), nil
	})
	if err != nil {
		return err
	}
	d.showHooks(seen)
	return d.checkResults(ctx)
}

// progress says in a line how far the tasks are.
func (d *demo) progress(ctx context.Context, ids []string) string {
	var parts []string
	for _, id := range ids {
		if task, err := d.api.Task(ctx, id); err == nil {
			parts = append(parts, fmt.Sprintf("%s %d %%", task.Type, task.Progress))
		}
	}
	return strings.Join(parts, "   ")
}

// showHooks shows what came after the first n webhooks, and how many these are.
func (d *demo) showHooks(n int) int {
	came := d.ledger.since(n)
	for _, h := range came {
		d.screen.good("%s", describe(h))
	}
	return len(came)
}

// describe says in a line what a webhook tells.
func describe(h hook) string {
	var what string
	for _, r := range h.task.Result {
		what += fmt.Sprintf("  %s, %d KB", strings.ToUpper(r.Format), (r.SizeBytes+1023)/1024)
		if r.Duration > 0 {
			what += fmt.Sprintf(", %.1f s", r.Duration)
		}
	}
	if h.task.Error != nil {
		what = "  " + h.task.Error.Message
	}
	return fmt.Sprintf("webhook %-14s  signature valid  %-5s%s", h.kind, h.task.Type, what)
}

// checkResults downloads by the links that the webhooks brought.
func (d *demo) checkResults(ctx context.Context) error {
	for _, h := range d.ledger.since(0) {
		if h.kind != taskhook.EventTaskCompleted {
			return fmt.Errorf("the task %s has failed: %s", h.subject, h.task.Error.Message)
		}
		if len(h.task.Result) == 0 {
			return fmt.Errorf("the webhook of %s brought no result", h.subject)
		}
		for _, r := range h.task.Result {
			size, err := download(ctx, r.URL)
			if err != nil {
				return err
			}
			if size != r.SizeBytes {
				return fmt.Errorf("%s has %d bytes, the webhook says %d", r.URL, size, r.SizeBytes)
			}
			d.links = append(d.links, r.URL)
		}
	}
	d.screen.good("the %d files download from the links in the webhooks", len(d.links))
	return nil
}

// download returns the size of a file.
func download(ctx context.Context, url string) (size int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("read the link of a result: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err // it names the method and the URL already
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("download %s: %s", url, res.Status)
	}
	return io.Copy(io.Discard, res.Body)
}
