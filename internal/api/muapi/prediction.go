package muapi

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/taskhook/taskhook"
)

// prediction is a task as the API shows it. What does not apply is left out: some
// receivers refuse null. No other member of any depth may be called status, which
// a client of shell tools looks for in the text.
type prediction struct {
	RequestID     string    `json:"request_id,omitempty"` // of answers to submissions
	ID            string    `json:"id"`
	Outputs       []string  `json:"outputs,omitzero"` // links; absent unless completed
	URLs          links     `json:"urls"`
	NSFW          []bool    `json:"has_nsfw_contents,omitzero"` // one for each output; absent until the end
	Status        string    `json:"status"`
	CreatedAt     time.Time `json:"created_at"`
	Error         string    `json:"error,omitempty"`         // a sentence, when failed
	ExecutionTime *float64  `json:"executionTime,omitempty"` // seconds; absent until the end
	Timings       *timings  `json:"timings,omitempty"`
	Cost          *cost     `json:"cost,omitempty"` // absent in webhooks
}

type links struct {
	Get string `json:"get"`
}

type timings struct {
	Inference float64 `json:"inference"` // seconds
}

// The words of status.
const (
	statusQueued     = "queued"
	statusProcessing = "processing"
	statusCompleted  = "completed"
	statusFailed     = "failed"
	statusCancelled  = "cancelled"
)

func statusOf(s taskhook.TaskState) string {
	switch s {
	case taskhook.TaskRunning:
		return statusProcessing
	case taskhook.TaskSucceeded, taskhook.TaskExpired:
		return statusCompleted
	case taskhook.TaskFailed:
		return statusFailed
	case taskhook.TaskCancelled:
		return statusCancelled
	}
	return statusQueued
}

// newPrediction shows a task with the links to its results.
func newPrediction(baseURL string, t *taskhook.Task, outputs []string) prediction {
	p := prediction{ID: t.ID, URLs: links{baseURL + "/api/v1/predictions/" + url.PathEscape(t.ID) + "/result"},
		Status: statusOf(t.State), CreatedAt: t.CreatedAt.UTC().Truncate(time.Second)}
	if !t.State.Final() {
		return p
	}
	p.NSFW = flagged(t.Results, len(outputs))
	if p.Status == statusCompleted {
		p.Outputs = append([]string{}, outputs...)
	}
	if p.Status == statusFailed && t.Error != nil {
		p.Error = t.Error.Message
	}
	seconds := taken(t)
	p.ExecutionTime, p.Timings = &seconds, &timings{seconds}
	return p
}

// flagged says of each output whether a check of its provider found it unfit. The
// API has no word for what nobody looked at: that is false, too.
func flagged(results []taskhook.Artifact, outputs int) []bool {
	list := make([]bool, 0, outputs)
	for _, a := range results {
		if !a.Removed && len(list) < outputs {
			list = append(list, a.Safety == taskhook.SafetyFlagged)
		}
	}
	return list
}

// taken is for how many seconds a task ran.
func taken(t *taskhook.Task) float64 {
	if t.StartedAt.IsZero() {
		return 0 // cancelled before
	}
	// Times are kept to the millisecond; so the webhook, which is made before, says
	// the same as the result.
	return float64(max(t.FinishedAt.UnixMilli()-t.StartedAt.UnixMilli(), 0)) / 1000
}

// render shows a task in an answer.
func (f *Face) render(t *taskhook.Task) prediction {
	var outputs []string
	if t.State == taskhook.TaskSucceeded {
		for _, a := range t.Results {
			if !a.Removed {
				outputs = append(outputs, f.Links.Permanent(a))
			}
		}
	}
	p := newPrediction(f.BaseURL, t, outputs)
	p.Cost = costOf(t)
	return p
}

// prediction answers GET /predictions/{id}/result.
func (f *Face) prediction(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	t, err := f.Tasks.Task(r.Context(), who.AccountID, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return f.render(&t), nil
}

// cancel answers POST /predictions/{id}/cancel.
func (f *Face) cancel(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	t, err := f.Tasks.Cancel(r.Context(), who.AccountID, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return f.render(&t), nil
}

// predictionList is a part of a list, newest first.
type predictionList struct {
	Predictions []prediction `json:"predictions"`
	Cursor      string       `json:"cursor,omitempty"` // of the next part; absent at the end
}

// The limits of lists.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// listPredictions answers GET /predictions.
func (f *Face) listPredictions(_ http.ResponseWriter, r *http.Request, who taskhook.Identity) (any, error) {
	page := taskhook.Page{Limit: defaultLimit, Cursor: queryValue(r.URL.RawQuery, "cursor")}
	if page.Cursor != "" && !taskhook.HasIDForm(taskhook.PrefixTask, page.Cursor) {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, inQuery+"cursor", "cursor must be the one that the list before answered with.")
	}
	if text := queryValue(r.URL.RawQuery, "limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, inQuery+"limit", "limit must be a whole number from 1 to %d.", maxLimit)
		}
		page.Limit = n
	}
	list, err := f.Tasks.Tasks(r.Context(), taskhook.TaskFilter{AccountID: who.AccountID, Page: page})
	if err != nil {
		return nil, err
	}
	answer := predictionList{Predictions: make([]prediction, len(list.Items))}
	for i := range list.Items {
		answer.Predictions[i] = f.render(&list.Items[i])
	}
	if list.More {
		answer.Cursor = list.Next
	}
	return answer, nil
}
