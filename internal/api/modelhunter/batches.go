package modelhunter

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// maxBatchBody is the largest batch that is read.
const maxBatchBody = 8 << 20

func (f *Face) batchRoutes() []Route {
	const batches = "/api/v1/batches"
	return []Route{
		{http.MethodPost, batches, client.NewBatch{}, client.Batch{}, http.StatusAccepted, scopeByMedium, "Submit many tasks of one model", f.submitBatch},
		{http.MethodGet, batches, nil, []client.Batch{}, http.StatusOK, taskhook.ScopeTasksRead, "List batches", f.listBatches},
		{http.MethodGet, batches + "/{batch_id}", nil, client.Batch{}, http.StatusOK, taskhook.ScopeTasksRead, "Read a batch", f.batch},
		{http.MethodPost, batches + "/{batch_id}/cancel", nil, client.Batch{}, http.StatusOK, taskhook.ScopeTasksWrite, "Cancel what remains of a batch", f.cancelBatch},
	}
}

// submitBatch answers POST /batches, an extension.
func (f *Face) submitBatch(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	body, err := httpserver.Body{Limit: maxBatchBody, Advice: "Send files by their URL, and fewer inputs at a time.", OnlyJSON: true}.Read(w, r)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return taskhook.Errorf(taskhook.CodeMalformed, "The request has no body. Send a JSON object.")
	}
	n := taskhook.NewBatch{NewTask: taskhook.NewTask{Face: Name}}
	if err := decodeNewBatch(body, &n); err != nil {
		return err
	}
	if n.IdempotencyKey, n.RequestHash, err = idempotency(r, "batches", "", body); err != nil {
		return err
	}
	b, existed, err := f.Batches.Create(r.Context(), who, n)
	if err != nil {
		return err
	}
	if existed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	return f.writeData(w, r, http.StatusAccepted, renderBatch(b))
}

// decodeNewBatch reads the body of a batch.
func decodeNewBatch(body []byte, n *taskhook.NewBatch) error {
	var inputs json.RawMessage
	err := decodeObject(body, func(name string) any {
		switch name {
		case "provider":
			return &n.Provider
		case "capability":
			return &n.Capability
		case "model":
			return &n.Model
		case "inputs":
			return &inputs
		case "concurrency":
			return &n.Concurrency
		case "webhookUrl":
			return &n.WebhookURL
		case "metadata":
			return &n.Metadata
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case n.Provider == "":
		return missing("provider")
	case n.Model == "":
		return missing("model")
	case inputs == nil:
		return missing("inputs")
	case inputs[0] != '[':
		return wrongType("inputs", "a list of objects")
	}
	if n.Metadata != nil {
		if n.Metadata, err = jsjson.NormalizeObject(nil, n.Metadata); err != nil {
			return wrongType("metadata", "an object")
		}
	}
	return elements(inputs, func(value []byte) error {
		if len(n.Inputs) <= taskhook.MaxBatch { // more are counted, and refused by the service
			if err := checkObject(fmt.Sprintf("inputs[%d]", len(n.Inputs)), value); err != nil {
				return err
			}
		}
		n.Inputs = append(n.Inputs, value)
		return nil
	})
}

// batch answers GET /batches/{batch_id}.
func (f *Face) batch(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.withBatch(w, r, who, f.Batches.Batch)
}

// cancelBatch answers POST /batches/{batch_id}/cancel.
func (f *Face) cancelBatch(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	return f.withBatch(w, r, who, f.Batches.Cancel)
}

// withBatch answers with what get returns for the id in the path.
func (f *Face) withBatch(w http.ResponseWriter, r *http.Request, who taskhook.Identity,
	get func(ctx context.Context, account, id string) (taskhook.Batch, error)) error {
	id, err := idIn(r, pathBatchID, taskhook.PrefixBatch, taskhook.CodeNotFound, "batch")
	if err != nil {
		return err
	}
	b, err := get(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, renderBatch(b))
}

// listBatches answers GET /batches.
func (f *Face) listBatches(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.BatchFilter{AccountID: who.AccountID, Page: q.page(defaultLimit, taskhook.PrefixBatch)}
	if q.err != nil {
		return q.err
	}
	list, err := f.Batches.Batches(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderBatch)
}

func renderBatch(b taskhook.Batch) client.Batch {
	out := client.Batch{ID: b.ID, Status: string(b.State()), Provider: b.Provider, Capability: b.Capability, Model: b.Model, Concurrency: b.Concurrency,
		Counts:    client.BatchCounts{Total: b.Total, Open: b.Open, Succeeded: b.Succeeded, Failed: b.Failed, Cancelled: b.Cancelled},
		CreatedAt: wholeSecond(b.CreatedAt), CompletedAt: wholeSecond(b.FinishedAt)}
	for _, k := range b.Tasks {
		out.Tasks = append(out.Tasks, client.BatchTask{ID: k.ID, Status: string(k.State)})
	}
	return out
}

// BatchBody writes the webhook body of the end of a batch, an extension.
func BatchBody(b *taskhook.Batch, eventID string) []byte {
	out := appendHead(make([]byte, 0, 512+80*len(b.Tasks)), eventID, taskhook.EventBatchCompleted, b.FinishedAt)
	out = append(out, `{"batch":{"id":`...)
	out = jsjson.AppendString(out, b.ID)
	for _, text := range []struct{ name, value string }{{"status", string(b.State())}, {"provider", b.Provider},
		{"capability", b.Capability}, {"model", b.Model}} {
		out = append(out, `,"`+text.name+`":`...)
		out = jsjson.AppendString(out, text.value)
	}
	out = fmt.Appendf(out, `,"counts":{"total":%d,"open":%d,"succeeded":%d,"failed":%d,"cancelled":%d},"tasks":[`, b.Total, b.Open, b.Succeeded, b.Failed, b.Cancelled)
	for i, k := range b.Tasks {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"id":`...)
		out = jsjson.AppendString(out, k.ID)
		out = append(out, `,"status":`...)
		out = jsjson.AppendString(out, string(k.State))
		out = append(out, '}')
	}
	out = append(out, `],"created_at":`...)
	out = appendTime(out, b.CreatedAt)
	out = append(out, `,"completed_at":`...)
	out = appendTime(out, b.FinishedAt)
	return append(out, `}}}`...)
}
