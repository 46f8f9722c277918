package task

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// A link to a file is stored as a reference, of which the provider gets a fresh
// link.
func TestFilesOfInputs(t *testing.T) {
	inHouse(t, func(h *house) {
		n := newTask("one")
		n.Input = json.RawMessage(`{"prompt":"link:x"}`)
		k, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		h.expect(k, taskhook.TaskSucceeded)
		if got := string(h.read(k).Input); got != `{"prompt":"file:x"}` {
			t.Errorf("stored as %s", got)
		}
		if runs := h.one.begun(); len(runs) != 1 || string(runs[0].request.Input) != `{"prompt":"fresh:acc_a:x"}` {
			t.Errorf("the provider got %+v", runs)
		}
		n.Input = json.RawMessage(`{"prompt":"link:foreign"}`)
		if _, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n); taskhook.ErrorCode(err) != taskhook.CodeInvalid {
			t.Errorf("a foreign file: %v", err)
		}
	})
}

// A task whose file is gone fails with a sentence, without asking the provider.
func TestFileOfInputIsGone(t *testing.T) {
	inHouse(t, func(h *house) {
		n := newTask("one")
		n.Input = json.RawMessage(`{"prompt":"link:gone"}`)
		k, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		k = h.expect(k, taskhook.TaskFailed)
		if k.Error == nil || !strings.Contains(k.Error.Message, "file is gone") || len(h.one.begun()) != 0 {
			t.Errorf("failed with %+v after %d calls", k.Error, len(h.one.begun()))
		}
	})
}
