package dashboard

import (
	"encoding/json"
	"time"

	"github.com/taskhook/taskhook"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// fullWorld has one of everything, and in every text that may be a stranger's the
// text given.
func fullWorld(text string) *world {
	at := noon()
	f := &world{attempts: map[string][]taskhook.Attempt{}, revoked: map[string]bool{}, replays: someReplays(text)}
	quoted, _ := json.Marshal(text)
	for i, state := range append(taskhook.TaskStates(), taskhook.TaskExpired) {
		t := taskhook.Task{ID: "task_" + string(rune('a'+i)), AccountID: "acc_one", Face: "modelhunter", Provider: text, Capability: text, Model: text,
			Input: json.RawMessage(`{"prompt":` + string(quoted) + `}`), Metadata: json.RawMessage(`{"note":` + string(quoted) + `}`),
			WebhookURL: text, Test: true, Sandbox: i%2 == 0, RetryOf: "task_0", State: state, Progress: 40, CreatedAt: at, StartedAt: at.Add(time.Second)}
		if state.Final() {
			t.FinishedAt = at.Add(time.Minute)
		}
		if state == taskhook.TaskFailed {
			t.Error = &taskhook.TaskError{Code: text, Message: text}
		}
		for j, mediaType := range []string{"image/png", "video/mp4", "audio/wav", "model/gltf-binary", text} {
			var poster *taskhook.Artifact
			if mediaType == "video/mp4" {
				poster = &taskhook.Artifact{Name: text, Role: taskhook.RolePoster}
			}
			t.Results = append(t.Results, taskhook.Artifact{Poster: poster, CopyError: text,
				Copied: []taskhook.CopyState{taskhook.CopyUnwanted, taskhook.CopyPending, taskhook.CopyDone, taskhook.CopyFailed}[j%4], Name: text, Format: text, MediaType: mediaType, Size: 1234567, Index: j, Safety: []taskhook.Safety{taskhook.SafetyUnknown, taskhook.SafetySafe, taskhook.SafetyFlagged}[j%3],
				Duration: 3 * time.Second, Removed: state == taskhook.TaskExpired})
		}
		f.tasks = append(f.tasks, t)
	}
	for i, state := range taskhook.DeliveryStates() {
		d := taskhook.Delivery{ID: "dlv_" + string(rune('a'+i)), AccountID: "acc_one", EventID: "evt_a", EventType: text, Subject: "task_d",
			URL: text, State: state, Attempts: 3, LastError: text, LastClass: taskhook.ClassStatus, ReplayOf: "dlv_0", Test: true, DueAt: at, CreatedAt: at.Add(time.Minute)}
		if i > 0 {
			d.EndpointID, d.FinishedAt = "wh_a", at.Add(time.Hour)
		}
		f.deliveries = append(f.deliveries, taskhook.Outgoing{Delivery: d, Body: []byte(`{"text":` + string(quoted) + `}`)})
		f.attempts[d.ID] = []taskhook.Attempt{
			{DeliveryID: d.ID, Number: 1, StartedAt: at.Add(2 * time.Minute), Duration: 30 * time.Second, Class: taskhook.ClassTimeout, Error: text},
			{DeliveryID: d.ID, Number: 2, StartedAt: at.Add(5 * time.Minute), Duration: time.Second, Status: 500, Class: taskhook.ClassStatus,
				Error: text, Response: []byte(text), RetryAfter: time.Minute},
			{DeliveryID: d.ID, Number: 3, StartedAt: at.Add(9 * time.Minute), Duration: time.Second, Status: 200, Class: taskhook.ClassOK, Response: []byte(text)},
		}
	}
	for i, state := range []taskhook.EndpointState{taskhook.EndpointActive, taskhook.EndpointPaused, taskhook.EndpointDisabled} {
		f.endpoints = append(f.endpoints, taskhook.Endpoint{ID: "wh_" + string(rune('a'+i)), AccountID: "acc_one", URL: text, Description: text,
			Events: []string{text, "order.paid"}, State: state, Reason: text, Schedule: taskhook.Schedule{time.Minute, 5 * time.Minute},
			Secrets:   []taskhook.Secret{{Text: "whsec_hidden", PromotedAt: at}, {Text: "whsec_hidden", ExpiresAt: time.Now().Add(time.Hour)}},
			CreatedAt: at, UpdatedAt: at})
	}
	f.workflows, f.executions = sampleFlows(text)
	f.addFleet(text)
	f.deliveries = append(f.deliveries, taskhook.Outgoing{Body: []byte(`{}`), Delivery: taskhook.Delivery{ID: "dlv_x", AccountID: "acc_one",
		EventID: "evt_x", EventType: text, Subject: "exec_b", URL: text, State: taskhook.DeliveryDelivered, Attempts: 1, CreatedAt: at, FinishedAt: at}})
	return f
}

// pages lists every page of fullWorld.
func pages() []string {
	list := []string{"/", "/tasks", "/tasks?state=failed&model=x&provider=y&id=task_", "/deliveries", "/deliveries?state=failed&task=task_d",
		"/deliveries?event=evt_a&endpoint=wh_a", "/endpoints", "/endpoints/new",
		"/deliveries?type=x&class=tls&from=2026-03-01T09:30&to=2026-03-02T00:00"}
	list = append(list, "/workflows", "/workflows/wf_a", "/executions", "/executions?state=failed&workflow=wf_a")
	for _, id := range "abcde" {
		list = append(list, "/executions/exec_"+string(id))
	}
	list = append(list, "/replays", "/replays/new?state=failed", "/replays/new?endpoint=wh_a&since=2026-03-01T12:00")
	for _, id := range "abcd" {
		list = append(list, "/replays/rpl_"+string(id))
	}
	for _, id := range "abcdefg" {
		list = append(list, "/tasks/task_"+string(id))
	}
	for _, id := range "abcdx" {
		list = append(list, "/deliveries/dlv_"+string(id))
	}
	for _, id := range "abc" {
		list = append(list, "/endpoints/wh_"+string(id), "/endpoints/wh_"+string(id)+"/edit")
	}
	return list
}
