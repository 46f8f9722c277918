package modelhunter

import (
	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// NoticeBody writes the webhook body of a notice about an endpoint, an extension.
func NoticeBody(n *taskhook.EndpointNotice) []byte {
	b := appendHead(make([]byte, 0, 512), n.EventID, n.EventType, n.At)
	b = append(b, `{"webhook_id":`...)
	b = jsjson.AppendString(b, n.ID)
	b = append(b, `,"url":`...)
	b = jsjson.AppendString(b, n.URL)
	b = append(b, `,"reason":`...)
	b = jsjson.AppendString(b, n.Reason())
	b = append(b, `,"failing_since":`...)
	b = appendTime(b, n.Since)
	if n.Disables() {
		b = append(b, `,"disabled_at":`...)
		b = appendTime(b, n.At)
	} else {
		b = append(b, `,"disables_at":`...)
		b = appendTime(b, n.DisablesAt)
	}
	b = append(b, `,"last_failure":{"at":`...)
	b = appendTime(b, n.Last.At)
	b = append(b, `,"class":`...)
	b = jsjson.AppendString(b, string(n.Last.Class))
	b = append(b, `,"status_code":`...)
	b = jsjson.AppendNumber(b, float64(n.Last.Status))
	b = append(b, `,"error":`...)
	b = jsjson.AppendString(b, n.Last.Error)
	b = append(b, `,"hint":`...)
	b = jsjson.AppendString(b, n.Last.Hint())
	return append(b, `}}}`...)
}
