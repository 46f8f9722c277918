package worker

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/pull"
)

// read reads a JSON body into the value; none at all leaves it as it is. Members that
// are not known are left to later versions.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := httpserver.Body{Limit: 1 << 20, Advice: "No call of a worker needs so much.", OnlyJSON: true}.Read(w, r)
	if err != nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &taskhook.Error{Code: taskhook.CodeMalformed, Message: "The body can't be read: " + err.Error() + ".", Err: err}
	}
	return nil
}

// patient lets a request take longer than requests usually may. Where the connection
// has no deadline there is none to put off.
func patient(w http.ResponseWriter, by time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(by))
}

// lease answers POST /lease.
func (f *Face) lease(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	var ask client.LeaseRequest
	if err := read(w, r, &ask); err != nil {
		return nil, err
	}
	if ask.Capacity == 0 {
		ask.Capacity = 1
	}
	limit := ask.Capacity
	if ask.Free != nil {
		limit = *ask.Free
	}
	switch {
	case ask.Capacity < 1 || ask.Capacity > pull.MaxCapacity:
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "capacity", "capacity must be from 1 to %d.", pull.MaxCapacity)
	case limit < 0 || limit > ask.Capacity:
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "free", "free must be from 0 to capacity.")
	case ask.Wait < 0 || ask.Wait > int(pull.MaxWait/time.Second):
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "wait", "wait must be from 0 to %d seconds.", int(pull.MaxWait/time.Second))
	case strings.ContainsAny(strings.Join(append(ask.Models, ask.Pool, ask.Session), ""), " \t\r\n\x00"):
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "models", "models, pool and session are names, without blanks.")
	}
	worker := taskhook.Worker{Name: ask.Worker, Session: ask.Session, Pool: ask.Pool, Models: ask.Models, Version: ask.Version, Capacity: ask.Capacity}
	for _, key := range slices.Sorted(maps.Keys(ask.Labels)) {
		worker.Labels = append(worker.Labels, key+"="+ask.Labels[key])
	}
	patient(w, pull.MaxWait+time.Minute)
	jobs, draining, err := f.Leases.Lease(r.Context(), who.Limits, worker, limit, time.Duration(ask.Wait)*time.Second)
	if err != nil {
		return nil, err
	}
	if r.Context().Err() != nil { // nobody hears of them
		for _, job := range jobs {
			if err := f.Leases.Release(context.WithoutCancel(r.Context()), job.ID); err != nil {
				f.Log.Warn("give back a task whose worker has gone", "task", job.Task.ID, "error", err)
			}
		}
	}
	out := client.Leased{Leases: []client.Lease{}, Draining: draining}
	for _, job := range jobs {
		out.Leases = append(out.Leases, renderLease(job))
	}
	return out, nil
}

func renderLease(j pull.Job) client.Lease {
	k := &j.Task
	return client.Lease{ID: j.ID, Task: k.ID, Attempt: j.Claims, Provider: k.Provider, Model: k.Model, Capability: k.Capability,
		Type: string(k.Medium), Input: j.Input, ExpiresAt: j.Until, Deadline: j.Deadline, Heartbeat: j.Every.Seconds()}
}

// heartbeat answers POST /leases/{lease}/heartbeat.
func (f *Face) heartbeat(w http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	var p client.Progress
	if err := read(w, r, &p); err != nil {
		return nil, err
	}
	h, err := f.Leases.Heartbeat(r.Context(), r.PathValue("lease"), p.Progress)
	return client.Heartbeat{Status: string(h.Standing), ExpiresAt: h.Until, Heartbeat: h.Every.Seconds(), Draining: h.Draining}, err
}

// complete answers POST /leases/{lease}/complete.
func (f *Face) complete(w http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	var done client.Completion
	if err := read(w, r, &done); err != nil {
		return nil, err
	}
	var results []pull.Result
	for _, o := range done.Outputs {
		result := pull.Result{Name: o.Name, Size: o.Size, SHA256: o.SHA256}
		if o.NSFW != nil {
			result.Safety = taskhook.SafetySafe
			if *o.NSFW {
				result.Safety = taskhook.SafetyFlagged
			}
		}
		results = append(results, result)
	}
	return client.LeaseStatus{Status: client.LeaseEnded}, f.Leases.Complete(r.Context(), r.PathValue("lease"), results)
}

// fail answers POST /leases/{lease}/fail.
func (f *Face) fail(w http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	var failed client.Failed
	if err := read(w, r, &failed); err != nil {
		return nil, err
	}
	return client.LeaseStatus{Status: client.LeaseEnded}, f.Leases.Fail(r.Context(), r.PathValue("lease"), failed.Message, failed.Permanent)
}

// release answers POST /leases/{lease}/release.
func (f *Face) release(_ http.ResponseWriter, r *http.Request, _ taskhook.Identity) (any, error) {
	return client.LeaseStatus{Status: client.LeaseEnded}, f.Leases.Release(r.Context(), r.PathValue("lease"))
}
