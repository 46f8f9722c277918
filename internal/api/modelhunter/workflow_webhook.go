package modelhunter

import (
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// WorkflowBody returns the body for the webhook of an execution, in the form of
// ModelsLab's documents, the only ones that tell of one.
func WorkflowBody(o taskhook.WorkflowOutcome) []byte {
	b := append(make([]byte, 0, 512+len(o.Execution.Input)+len(o.Output)), `{"event":`...)
	b = jsjson.AppendString(b, o.EventType)
	b = append(b, ',')
	return append(appendExecution(b, &o), '}')
}

// WorkflowEventBody returns the body of the event of an ended execution, with the
// same in the envelope of all events.
func WorkflowEventBody(o taskhook.WorkflowOutcome) []byte {
	b := make([]byte, 0, 512+len(o.Execution.Input)+len(o.Output))
	b = append(appendHead(b, o.EventID, o.EventType, o.CreatedAt), '{')
	return append(appendExecution(b, &o), "}}"...)
}

// appendExecution appends the members workflow and execution. The input and the
// output of the outcome are in JavaScript's form already.
func appendExecution(b []byte, o *taskhook.WorkflowOutcome) []byte {
	x := &o.Execution
	b = append(b, `"workflow":{"id":`...)
	b = jsjson.AppendString(b, x.WorkflowID)
	b = append(b, `,"name":`...)
	b = jsjson.AppendString(b, x.WorkflowName)
	b = append(b, `,"user_id":`...)
	b = jsjson.AppendNumber(b, float64(x.AccountNumber))
	b = append(b, `},"execution":{"id":`...)
	b = jsjson.AppendString(b, x.ID)
	b = append(b, `,"status":`...)
	b = jsjson.AppendString(b, string(x.State))
	b = append(b, `,"started_at":`...)
	b = appendTimeOrNull(b, x.StartedAt)
	b = append(b, `,"completed_at":`...)
	b = appendTimeOrNull(b, x.FinishedAt)
	b = append(b, `,"execution_time":`...)
	b = jsjson.AppendNumber(b, x.Took().Seconds())
	b = append(b, `,"input_data":`...)
	b = append(b, x.Input...)
	b = append(b, `,"output_data":`...)
	if o.Output == nil {
		b = append(b, "null"...)
	}
	b = append(b, o.Output...)
	if x.Error != nil {
		b = append(b, `,"error":`...)
		b = jsjson.AppendString(b, x.Error.Message)
	}
	return append(b, '}')
}

func appendTimeOrNull(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return appendTime(b, t)
}
