package modelhunter

import (
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// renderTask shows a task with links made at now.
func (f *Face) renderTask(t taskhook.Task, now time.Time) client.Task {
	out := client.Task{
		ID: t.ID, Type: string(t.Medium), Status: string(t.State), Provider: t.Provider, Model: t.Model,
		Capability: t.Capability, Progress: t.Progress, CreatedAt: wholeSecond(t.CreatedAt), StartedAt: wholeSecond(t.StartedAt),
		CompletedAt: wholeSecond(t.FinishedAt), OriginalTaskID: t.RetryOf, Metadata: t.Metadata, Sandbox: t.Sandbox,
		KeyID: t.KeyID, BatchID: t.BatchID, Adapter: t.Adapter, Priority: t.Priority, Pin: t.Pin, Worker: t.Worker,
	}
	if t.State == taskhook.TaskSucceeded || t.State == taskhook.TaskExpired {
		out.Cost = usd(t.Cost())
	}
	if t.State == taskhook.TaskFailed && t.Error != nil {
		out.Error = &client.TaskError{Code: t.Error.Code, Message: t.Error.Message}
	}
	if t.State != taskhook.TaskSucceeded {
		return out
	}
	for _, a := range t.Results {
		if !a.Removed {
			out.Result = append(out.Result, client.Result{
				URL: f.Links.Expiring(a, now), Duration: a.Duration.Seconds(), Format: a.Format, SizeBytes: a.Size})
		}
	}
	return out
}

// acceptedTask shows a task that was just made.
func acceptedTask(t taskhook.Task) client.AcceptedTask {
	return client.AcceptedTask{
		ID: t.ID, OriginalTaskID: t.RetryOf, Status: string(t.State), Type: string(t.Medium), Provider: t.Provider, Model: t.Model,
		CreatedAt: wholeSecond(t.CreatedAt), EstimatedSeconds: seconds(t.Estimated), Metadata: t.Metadata,
	}
}
