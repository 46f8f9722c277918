package modelhunter

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// publish answers POST /events. It is the one route that is called as often as
// webhooks are sent, and avoids work that does not show elsewhere.
func (f *Face) publish(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	events, batch, err := decodeEvents(body)
	if err != nil {
		return err
	}
	published, err := f.Publisher.Publish(r.Context(), who.AccountID, events)
	if err != nil {
		return err
	}
	f.writeBody(w, r, http.StatusAccepted, appendPublished(published, batch))
	return nil
}

// decodeEvents reads one event, or a batch of them.
func decodeEvents(body []byte) (events []taskhook.Publish, batch bool, err error) {
	var one taskhook.Publish
	var many json.RawMessage
	err = decodeObject(body, func(name string) any {
		switch name {
		case "type":
			return &one.Type
		case "data":
			return &one.Data
		case "events":
			return &many
		}
		return nil
	})
	normal := make([]byte, 0, len(body))
	switch {
	case err != nil:
		return nil, false, err
	case many == nil:
		_, err := checkEvent(normal, &one)
		return []taskhook.Publish{one}, false, err
	case one.Type != "" || one.Data != nil:
		return nil, true, taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "Send either events, or type and data of one event.")
	}
	events, err = decodeBatch(many, normal)
	return events, true, err
}

// decodeBatch reads the events of a batch.
func decodeBatch(array json.RawMessage, normal []byte) ([]taskhook.Publish, error) {
	if array[0] != '[' {
		return nil, wrongType("events", "a list of events")
	}
	var events []taskhook.Publish
	err := elements(array, func(value []byte) (err error) {
		if len(events) == client.MaxEvents {
			return taskhook.FieldErrorf(taskhook.CodeTooLarge, "events", "events must have at most %d entries. Send the rest in another request.", client.MaxEvents)
		}
		var e taskhook.Publish
		if normal, err = decodeEvent(normal, value, &e); err != nil {
			return taskhook.Below(fmt.Sprintf("events[%d]", len(events)), err)
		}
		events = append(events, e)
		return nil
	})
	if err == nil && len(events) == 0 {
		return nil, taskhook.FieldErrorf(taskhook.CodeInvalid, "events", "events must have at least one entry.")
	}
	return events, err
}

// decodeEvent reads one event of a batch, its data appended to normal.
func decodeEvent(normal, value []byte, e *taskhook.Publish) ([]byte, error) {
	if value[0] != '{' {
		return normal, taskhook.Errorf(taskhook.CodeInvalid, "an event must be an object with type and data.")
	}
	err := decodeObject(value, func(name string) any {
		switch name {
		case "type":
			return &e.Type
		case "data":
			return &e.Data
		}
		return nil
	})
	if err != nil {
		return normal, err
	}
	return checkEvent(normal, e)
}

// checkEvent makes sure that an event is whole, and puts its data into
// JavaScript's form, appended to normal.
func checkEvent(normal []byte, e *taskhook.Publish) ([]byte, error) {
	switch {
	case e.Type == "":
		return normal, missing("type")
	case e.Data == nil:
		return normal, missing("data")
	}
	start := len(normal)
	normal, err := jsjson.NormalizeObject(normal, e.Data)
	if err != nil {
		return normal, wrongType("data", "an object")
	}
	e.Data = normal[start:len(normal):len(normal)]
	return normal, nil
}

// appendPublished returns the answer: a client.PublishedEvent in the envelope, or
// client.PublishedEvents for a batch.
func appendPublished(events []taskhook.Event, batch bool) []byte {
	out := make([]byte, 0, 64+128*len(events))
	out = append(out, `{"success":true,"data":`...)
	if batch {
		out = append(out, `{"events":[`...)
	}
	for i := range events {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"id":`...)
		out = jsjson.AppendString(out, events[i].ID)
		out = append(out, `,"type":`...)
		out = jsjson.AppendString(out, events[i].Type)
		out = append(out, `,"created_at":`...)
		out = append(appendTime(out, events[i].CreatedAt), '}')
	}
	if batch {
		out = append(out, `]}`...)
	}
	return append(out, "}\n"...)
}
