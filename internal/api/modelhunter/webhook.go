package modelhunter

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// EventBody returns the webhook body of a task's outcome, or of how far it is, in the form of the
// primary API. The receivers' verifier, as ModelHunter.AI documents it, signs
// what it gets by parsing the body and writing it again; so the bytes are what
// JavaScript's JSON.stringify(JSON.parse(body)) returns. The task's metadata must
// be in that form already.
func EventBody(o taskhook.Outcome) []byte {
	b := make([]byte, 0, 512+len(o.Task.Metadata)+256*len(o.Links))
	b = appendHead(b, o.EventID, o.EventType, o.CreatedAt)
	b = append(b, `{"task":`...)
	b = appendTask(b, &o)
	if o.Sequence > 0 {
		b = append(b, `,"sequence":`...)
		b = jsjson.AppendNumber(b, float64(o.Sequence))
	}
	return append(b, "}}"...)
}

// GenericBody returns the webhook body of an event of an account's own. Data must
// be in JavaScript's form.
func GenericBody(eventID, eventType string, createdAt time.Time, data json.RawMessage) []byte {
	b := make([]byte, 0, 128+len(data))
	b = appendHead(b, eventID, eventType, createdAt)
	b = append(b, data...)
	return append(b, '}')
}

// appendHead appends a body up to the value of its data.
func appendHead(b []byte, id, eventType string, createdAt time.Time) []byte {
	b = append(b, `{"id":`...)
	b = jsjson.AppendString(b, id)
	b = append(b, `,"type":`...)
	b = jsjson.AppendString(b, eventType)
	b = append(b, `,"created_at":`...)
	b = appendTime(b, createdAt)
	return append(b, `,"data":`...)
}

// appendTask appends the task in the order of fields of ModelHunter.AI's example.
func appendTask(b []byte, o *taskhook.Outcome) []byte {
	t := &o.Task
	b = append(b, `{"id":`...)
	b = jsjson.AppendString(b, t.ID)
	b = append(b, `,"type":`...)
	b = jsjson.AppendString(b, string(t.Medium))
	b = append(b, `,"status":`...)
	b = jsjson.AppendString(b, string(t.State))
	b = append(b, `,"provider":`...)
	b = jsjson.AppendString(b, t.Provider)
	b = append(b, `,"model":`...)
	b = jsjson.AppendString(b, t.Model)
	switch {
	case o.Sequence > 0: // an extension: ModelHunter.AI tells of outcomes alone
		b = append(b, `,"progress":`...)
		b = jsjson.AppendNumber(b, float64(t.Progress))
	case t.State == taskhook.TaskSucceeded:
		b = appendResults(b, t.Results, o.Links)
	case t.Error != nil:
		b = append(b, `,"error":{"code":`...)
		b = jsjson.AppendString(b, t.Error.Code)
		b = append(b, `,"message":`...)
		b = jsjson.AppendString(b, t.Error.Message)
		b = append(b, '}')
	}
	b = append(b, `,"created_at":`...)
	b = appendTime(b, t.CreatedAt)
	if o.Sequence > 0 {
		b = append(b, `,"started_at":`...)
		b = appendTime(b, t.StartedAt)
	} else {
		b = append(b, `,"completed_at":`...)
		b = appendTime(b, t.FinishedAt)
	}
	if len(t.Metadata) > 0 {
		b = append(b, `,"metadata":`...)
		b = append(b, t.Metadata...)
	}
	if t.Sandbox {
		b = append(b, `,"sandbox":true`...)
	}
	return append(b, '}')
}

func appendResults(b []byte, results []taskhook.Artifact, links []string) []byte {
	b = append(b, `,"result":[`...)
	for i := range min(len(results), len(links)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"url":`...)
		b = jsjson.AppendString(b, links[i])
		if d := results[i].Duration; d > 0 {
			b = append(b, `,"duration":`...)
			b = jsjson.AppendNumber(b, d.Seconds())
		}
		b = append(b, `,"format":`...)
		b = jsjson.AppendString(b, results[i].Format)
		b = append(b, `,"size_bytes":`...)
		b = jsjson.AppendNumber(b, float64(results[i].Size))
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendTime appends a time as the API shows it: "2025-01-15T10:00:45Z".
func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().Truncate(time.Second).AppendFormat(b, time.RFC3339)
	return append(b, '"')
}
