package pull

import (
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// expectUnfetched holds that a task has ended because no worker came.
func (h *house) expectUnfetched(k taskhook.Task, says string) {
	h.Helper()
	if k = h.read(k); k.State != taskhook.TaskFailed || k.Error.Code != taskhook.TaskErrorNoWorker || !strings.Contains(k.Error.Message, says) {
		h.Errorf("the task is %s: %+v", k.State, k.Error)
	}
}

func (h *house) expectWaiting(k taskhook.Task) {
	h.Helper()
	if k = h.read(k); k.State != taskhook.TaskPending {
		h.Errorf("the task is %s: %+v", k.State, k.Error)
	}
}

// TestNobodyComes holds that tasks wait for workers as long as they may, and no longer.
func TestNobodyComes(t *testing.T) {
	inHouse(t, func(h *house) {
		h.none(worker("w1")) // or nothing could be pinned to it
		var crowd []taskhook.Task
		for range expireBite + 5 {
			crowd = append(crowd, h.submit("acc_a", "draw"))
		}
		pinned := h.submit("acc_b", "draw", func(n *taskhook.NewTask) { n.Pin = "worker=w1" })
		patient, soon := h.submit("acc_a", "patient"), h.submit("acc_a", "soon")
		pass(88 * time.Second)
		h.expectWaiting(soon)
		pass(4 * time.Second)
		h.expectUnfetched(soon, "in the 90 seconds that")
		pass(3*time.Minute - 94*time.Second)
		h.expectWaiting(crowd[0])
		pass(4 * time.Second)
		for _, k := range crowd {
			h.expectUnfetched(k, "workers for draw.")
		}
		h.expectUnfetched(pinned, "workers for draw with the label worker=w1.")
		pass(time.Minute)
		h.expectWaiting(patient)
	})
}

// TestWaitBeginsAnew holds that it does for a task that was given back, and that it does
// not go on while a worker has the task.
func TestWaitBeginsAnew(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "soon")
		pass(80 * time.Second)
		j := h.lease(worker("w1"))
		pass(20 * time.Second)
		h.must(h.service.Release(h.Context(), j.ID))
		pass(80 * time.Second)
		h.expectWaiting(k)
		pass(15 * time.Second)
		h.expectUnfetched(k, "90 seconds")
	})
}

// TestServerAwayTooLong holds that workers get a moment to come back when the server was
// away.
func TestServerAwayTooLong(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		pass(time.Second)
		late := h.submit("acc_a", "draw")
		h.stop()
		pass(3 * time.Hour)
		h.start()
		pass(3*time.Minute - 5*time.Second)
		j := h.lease(worker("w1"))
		h.must(h.service.Complete(h.Context(), j.ID, []Result{h.send(j, 0, "good")}))
		pass(10 * time.Second)
		if got := h.read(k); got.State != taskhook.TaskSucceeded {
			t.Errorf("what a worker came for is %s", got.State)
		}
		h.expectUnfetched(late, "in the 3 minutes that")
	})
}
