package crash

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

// TestBatches plants what the judge is to find of batches of two tasks.
func TestBatches(t *testing.T) {
	t.Parallel()
	ended := func(state string, c client.BatchCounts) client.Batch {
		return client.Batch{ID: "b", Status: state, Counts: c, CompletedAt: time.Now()}
	}
	done, cut := client.BatchCounts{Total: 2, Succeeded: 1, Failed: 1}, client.BatchCounts{Total: 2, Succeeded: 1, Cancelled: 1}
	tests := map[string]struct {
		batch  client.Batch
		tasks  []string // how they ended
		events []string
		asked  *batch
		want   string // rules, in order
	}{
		"as asked":               {ended("completed", done), []string{"succeeded", "failed"}, []string{"e", "e"}, &batch{}, ""},
		"cancelled as asked":     {ended("cancelled", cut), []string{"succeeded", "cancelled"}, nil, &batch{stopped: true, told: "cancelled"}, ""},
		"cancelled by itself":    {ended("cancelled", cut), []string{"succeeded", "cancelled"}, nil, &batch{}, "L1"},
		"not cancelled as told":  {ended("completed", done), []string{"succeeded", "failed"}, []string{"e"}, &batch{stopped: true, told: "cancelled"}, "L9"},
		"told of twice":          {ended("completed", done), []string{"succeeded", "failed"}, []string{"e", "f"}, &batch{}, "L1"},
		"never told of":          {ended("completed", done), []string{"succeeded", "failed"}, nil, &batch{}, "L1"},
		"told of when cancelled": {ended("cancelled", cut), []string{"succeeded", "cancelled"}, []string{"e"}, &batch{stopped: true}, "L1"},
		"lacks a task":           {ended("completed", done), []string{"succeeded"}, []string{"e"}, &batch{}, "L8"},
		"never ended":            {client.Batch{ID: "b", Status: "running"}, nil, nil, &batch{}, "L1"},
		"asked for by nobody":    {ended("completed", done), []string{"succeeded", "failed"}, []string{"e"}, nil, "L2"},
		"lost":                   {client.Batch{}, nil, nil, &batch{}, "L1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, v := &facts{clientLedger: &clientLedger{batches: map[string]*batch{}}, tasks: map[string]client.Task{}}, &Verdict{}
			var list []client.Batch
			if tt.batch.ID != "" {
				list = []client.Batch{tt.batch}
			}
			if tt.asked != nil {
				f.batches["b"] = tt.asked
			}
			for i, state := range tt.tasks {
				f.tasks[fmt.Sprint(i)] = client.Task{BatchID: "b", Status: state}
			}
			for _, id := range tt.events {
				f.deliveries = append(f.deliveries, client.Delivery{EventType: "batch.completed", Subject: "b", EventID: id})
			}
			f.judgeBatches(v, list)
			if found := v.rules(); found != tt.want {
				t.Errorf("the judge finds %q, want %q: %q", found, tt.want, v.Violations)
			}
		})
	}
}

// TestPassing plants what the judge is to find of what tells of a task on its way. It
// ends in second 1.
func TestPassing(t *testing.T) {
	t.Parallel()
	zero := time.Now()
	got := func(seconds float64, id, eventType, task string, sequence int) *receipt {
		r := &receipt{Path: configuredPath, ID: id, At: zero.Add(time.Duration(seconds * float64(time.Second)))}
		r.says.Type, r.says.Data.Task.ID, r.says.Data.Sequence = eventType, task, sequence
		r.Body, _ = json.Marshal(r.says)
		return r
	}
	end := func() *receipt { return got(1, "end", "task.completed", "known", 0) }
	tests := map[string]struct {
		receipts []*receipt
		listed   string // a type of event
		want     string // rules, in order
	}{
		"before the end":        {[]*receipt{got(0, "a", "task.started", "known", 1), got(0.5, "b", "task.progress", "known", 3), end()}, "task.completed", ""},
		"again, under one id":   {[]*receipt{got(0, "a", "task.started", "known", 1), got(0.1, "a", "task.started", "known", 1)}, "", ""},
		"under way at the end":  {[]*receipt{end(), got(1.5, "a", "task.progress", "known", 1)}, "", ""},
		"after the end":         {[]*receipt{end(), got(2.5, "a", "task.progress", "known", 1)}, "", "L9"},
		"two with one number":   {[]*receipt{got(0, "a", "task.started", "known", 1), got(0.1, "b", "task.progress", "known", 1)}, "", "L3"},
		"of a task of nobody's": {[]*receipt{got(0, "a", "task.started", "unknown", 1)}, "", "L2"},
		"listed in the end":     {nil, "task.progress", "L1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, v := &facts{lives: []life{{}}, receipts: tt.receipts, tasks: map[string]client.Task{"known": {}}}, &Verdict{}
			f.deliveries = []client.Delivery{{EventType: tt.listed}}
			f.setPassingAside()
			f.judgePassing(v)
			if found := v.rules(); found != tt.want {
				t.Errorf("the judge finds %q, want %q: %q", found, tt.want, v.Violations)
			}
		})
	}
}
