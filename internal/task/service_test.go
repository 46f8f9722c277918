package task

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

func TestCreateErrors(t *testing.T) {
	inHouse(t, func(h *house) {
		tests := []struct {
			name   string
			change func(n *taskhook.NewTask)
			code   taskhook.Code
			field  string
			part   string
		}{
			{"provider", func(n *taskhook.NewTask) { n.Provider = "acne" }, taskhook.CodeProviderNotFound, "provider", "acme"},
			{"capability", func(n *taskhook.NewTask) { n.Capability = "text-to-smell" }, taskhook.CodeProviderNotFound, "capability", "text-to-video"},
			{"model", func(n *taskhook.NewTask) { n.Model = "onee" }, taskhook.CodeModelNotFound, "model", "one"},
			{"missing input", func(n *taskhook.NewTask) { n.Input = json.RawMessage(`{}`) }, taskhook.CodeMissing, "input.prompt", "prompt"},
			{"wrong input", func(n *taskhook.NewTask) { n.Input = json.RawMessage(`{"prompt":"x","duration":99}`) }, taskhook.CodeInvalid, "input.duration", "16"},
			{"webhook URL", func(n *taskhook.NewTask) { n.WebhookURL = "http://[" }, taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used"},
			{"no adapter", func(n *taskhook.NewTask) { n.Model = "nobody" }, taskhook.CodeUnavailable, "", "no provider for nobody"},
			{"adapter refuses", func(n *taskhook.NewTask) { n.Model = "picky" }, taskhook.CodeInvalid, "input.prompt", "No cats."},
		}
		for _, tt := range tests {
			n := newTask("one")
			tt.change(&n)
			_, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			e, ok := errors.AsType[*taskhook.Error](err)
			if !ok || e.Code != tt.code || e.Field != tt.field || !strings.Contains(e.Message, tt.part) {
				t.Errorf("%s: got %#v", tt.name, err)
			}
		}
		if list, err := h.service.Tasks(h.Context(), taskhook.TaskFilter{AccountID: "acc_a", Page: taskhook.Page{Limit: 1}}); err != nil || list.Total != 0 {
			t.Errorf("%d tasks were made: %v", list.Total, err)
		}
	})
}

// TestWhoGetsTheSandbox holds that a live key never gets a made-up result unless
// the server is for development.
func TestWhoGetsTheSandbox(t *testing.T) {
	inHouse(t, func(h *house) {
		for _, tt := range []struct {
			model     string
			test, dev bool
			sandbox   bool
		}{{"one", false, false, false}, {"one", false, true, false}, {"one", true, false, true}, {"nobody", true, false, true}, {"nobody", false, true, true}} {
			h.service.Dev = tt.dev
			k, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a", Test: tt.test}, newTask(tt.model))
			if err != nil || k.Sandbox != tt.sandbox || k.Test != tt.test {
				t.Errorf("%+v: sandbox %t: %v", tt, k.Sandbox, err)
			}
		}
		pass(time.Second)
		if n := len(h.one.begun()); n != 2 {
			t.Errorf("the real adapter ran %d times", n)
		}
	})
}

func TestCreateCompletesFromTheCatalogue(t *testing.T) {
	inHouse(t, func(h *house) {
		n := newTask("one")
		n.Metadata = json.RawMessage(`{"a":1}`)
		k, existed, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
		if err != nil || existed || k.State != taskhook.TaskPending || k.Medium != taskhook.MediumVideo || k.Estimated != 7*time.Second ||
			k.Face != "face" || string(k.Metadata) != `{"a":1}` || !taskhook.HasIDForm(taskhook.PrefixTask, k.ID) {
			t.Errorf("created %+v: %v", k, err)
		}
		pass(time.Second)
		if read := h.read(k); read.Model != "one" || string(read.Metadata) != `{"a":1}` || !read.CreatedAt.Equal(k.CreatedAt) {
			t.Errorf("read %+v", read)
		}
	})
}

// TestCreateWantsThePermission holds that what a key may make is asked for on each
// way to a new task.
func TestCreateWantsThePermission(t *testing.T) {
	inHouse(t, func(h *house) {
		who := func(s ...taskhook.Scope) taskhook.Identity {
			return taskhook.Identity{AccountID: "acc_a", Limits: taskhook.Limits{Permissions: s}}
		}
		others := slices.DeleteFunc(taskhook.Scopes(), func(s taskhook.Scope) bool { return s == "video:create" })
		h.one.set(func(context.Context, provider.Request, provider.Sink) error {
			return provider.Permanent(taskhook.TaskErrorProvider, "No.")
		})
		k, _, err := h.service.Create(h.Context(), who("video:create"), newTask("one"))
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if _, _, err := h.service.Create(h.Context(), who(others...), newTask("one")); taskhook.ErrorCode(err) != taskhook.CodeKeyPermission {
			t.Errorf("create: %v", err)
		}
		if _, err := h.service.Retry(h.Context(), who(others...), k.ID, ""); taskhook.ErrorCode(err) != taskhook.CodeKeyPermission {
			t.Errorf("retry: %v", err)
		}
		if _, err := h.service.Retry(h.Context(), who("video:create"), k.ID, ""); err != nil {
			t.Errorf("retry: %v", err)
		}
	})
}

func TestIdempotency(t *testing.T) {
	inHouse(t, func(h *house) {
		submit := func(account, key, hash string) (taskhook.Task, bool, error) {
			n := newTask("one")
			n.IdempotencyKey, n.RequestHash = key, hash
			return h.service.Create(h.Context(), taskhook.Identity{AccountID: account}, n)
		}
		first, existed, err := submit("acc_a", "k", "h")
		if err != nil || existed {
			t.Fatal(existed, err)
		}
		pass(time.Minute)
		if same, existed, err := submit("acc_a", "k", "h"); err != nil || !existed || same.ID != first.ID || same.State != taskhook.TaskSucceeded {
			t.Errorf("the same request: %s, %t, %v", same.ID, existed, err)
		}
		if _, _, err := submit("acc_a", "k", "other"); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("another request under the key: %v", err)
		}
		for _, other := range [][2]string{{"acc_b", "k"}, {"acc_a", "l"}, {"acc_a", ""}, {"acc_a", ""}} {
			if k, existed, err := submit(other[0], other[1], "h"); err != nil || existed || k.ID == first.ID {
				t.Errorf("%v: %s, %t, %v", other, k.ID, existed, err)
			}
		}
		h.stop()
		pass(48 * time.Hour)
		h.start()
		if k, existed, err := submit("acc_a", "k", "other"); err != nil || existed || k.ID == first.ID {
			t.Errorf("the key has expired: %s, %t, %v", k.ID, existed, err)
		}
	})
}

func TestIdempotencyAtTheSameTime(t *testing.T) {
	inHouse(t, func(h *house) {
		var group sync.WaitGroup
		var mu sync.Mutex
		ids, made := map[string]bool{}, 0
		for range 20 {
			group.Go(func() {
				n := newTask("one")
				n.IdempotencyKey, n.RequestHash = "k", "h"
				k, existed, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[k.ID] = true
				if !existed {
					made++
				}
			})
		}
		group.Wait()
		if len(ids) != 1 || made != 1 {
			t.Errorf("%d tasks, %d made", len(ids), made)
		}
		pass(time.Second)
	})
}

// TestCancelAndRetry holds in which states each may be.
func TestCancelAndRetry(t *testing.T) {
	inHouse(t, func(h *house) {
		h.single.set(working(time.Hour))
		h.create("acc_a", "single")
		pass(time.Second)
		pending := h.create("acc_a", "single") // waits behind the other
		succeeded := h.create("acc_a", "one")
		pass(time.Second)
		h.one.set(func(context.Context, provider.Request, provider.Sink) error {
			return provider.Permanent(taskhook.TaskErrorProvider, "No.")
		})
		failed := h.create("acc_a", "one")
		pass(time.Second)
		h.one.set(nil)

		who := taskhook.Identity{AccountID: "acc_a", Test: true}
		for _, tt := range []struct {
			task          taskhook.Task
			state         taskhook.TaskState
			cancel, retry bool
		}{
			{succeeded, taskhook.TaskSucceeded, false, false},
			{failed, taskhook.TaskFailed, false, true},
			{pending, taskhook.TaskPending, true, false},
		} {
			if got := h.read(tt.task).State; got != tt.state {
				t.Fatalf("the task is %s, not %s", got, tt.state)
			}
			again, err := h.service.Retry(h.Context(), who, tt.task.ID, "")
			if (err == nil) != tt.retry || err != nil && taskhook.ErrorCode(err) != taskhook.CodeConflict {
				t.Errorf("retry of a %s task: %v", tt.state, err)
			}
			if err == nil && (again.ID == tt.task.ID || again.RetryOf != tt.task.ID || !again.Test || again.Face != "face" || string(again.Input) != string(tt.task.Input)) {
				t.Errorf("the retry is %+v", again)
			}
			k, err := h.service.Cancel(h.Context(), "acc_a", tt.task.ID)
			if (err == nil) != tt.cancel || err != nil && taskhook.ErrorCode(err) != taskhook.CodeConflict {
				t.Errorf("cancel of a %s task: %v", tt.state, err)
			}
			if err == nil && k.State != taskhook.TaskCancelled {
				t.Errorf("cancelled it is %s", k.State)
			}
		}
		if _, err := h.service.Retry(h.Context(), who, pending.ID, ""); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("retry of a cancelled task: %v", err)
		}
	})
}

// TestForeignTasks holds that ids of another account, of nothing and of a wrong
// form are not found.
func TestForeignTasks(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.create("acc_a", "one")
		pass(time.Second)
		for who, id := range map[string]string{"acc_b": k.ID, "acc_a": "task_0", "acc_c": "task_'; --", "acc_d": "🙂"} {
			_, read := h.service.Task(h.Context(), who, id)
			_, cancel := h.service.Cancel(h.Context(), who, id)
			_, retry := h.service.Retry(h.Context(), taskhook.Identity{AccountID: who}, id, "")
			for what, err := range map[string]error{"read": read, "cancel": cancel, "retry": retry} {
				if taskhook.ErrorCode(err) != taskhook.CodeTaskNotFound {
					t.Errorf("%s of %s by %s: %v", what, id, who, err)
				}
			}
		}
	})
}

func TestModels(t *testing.T) {
	t.Parallel()
	c := bareCatalogue(t)
	if got := NewService(ServiceOptions{Catalogue: c}).Models(); len(got) != len(c.Models()) || len(got) == 0 {
		t.Errorf("%d models", len(got))
	}
}
