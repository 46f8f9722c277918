package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func resultOf(text string) Result {
	sum := sha256.Sum256([]byte(text))
	return Result{Name: "out.txt", Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
}

func TestLifeOfALease(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		if string(j.Input) != `{"prompt":"a cat"}` || j.Claims != 1 || j.Every != 10*time.Second {
			t.Errorf("the job is %+v", j)
		}
		if got := h.read(k); got.State != taskhook.TaskRunning || got.Worker != "w1" {
			t.Errorf("the task is %s, of %q", got.State, got.Worker)
		}
		for range 5 { // longer than a lease
			pass(20 * time.Second)
			if got := h.beat(j, 40); got != GoOn {
				t.Fatalf("standing %s", got)
			}
		}
		if got := h.read(k).Progress; got != 40 {
			t.Errorf("progress %d", got)
		}
		results := []Result{h.send(j, 0, "first"), h.send(j, 1, "second")}
		results[1].Safety = taskhook.SafetyFlagged
		h.must(h.service.Complete(h.Context(), j.ID, results))
		h.must(h.service.Complete(h.Context(), j.ID, results)) // its answer was lost
		if got := h.beat(j, 0); got != Ended {
			t.Errorf("standing %s after the end", got)
		}
		k = h.expect(k, taskhook.TaskSucceeded)
		if len(k.Results) != 2 || h.content(k.Results[0]) != "first" || h.content(k.Results[1]) != "second" || k.Results[1].Safety != taskhook.SafetyFlagged {
			t.Errorf("results %+v", k.Results)
		}
		h.code("failing what succeeded", h.service.Fail(h.Context(), j.ID, "no", true), taskhook.CodeConflict)
	})
}

// TestLostWorker holds that the task of a worker that falls silent goes to another, and
// that what the first one then says changes nothing.
func TestLostWorker(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		old := h.lease(worker("w1"))
		result := h.send(old, 0, "late")
		pass(29 * time.Second)
		h.none(worker("w2"))
		pass(3 * time.Second)
		if got := h.read(k); got.State != taskhook.TaskPending || got.Worker != "" {
			t.Errorf("the task is %s, of %q", got.State, got.Worker)
		}
		next := h.lease(worker("w2"))
		if next.Claims != 2 {
			t.Errorf("try %d", next.Claims)
		}
		if got := h.beat(old, 90); got != Lost {
			t.Errorf("standing %s", got)
		}
		h.code("late completion", h.service.Complete(h.Context(), old.ID, []Result{result}), taskhook.CodeConflict)
		h.code("late failure", h.service.Fail(h.Context(), old.ID, "no", true), taskhook.CodeConflict)
		h.code("late release", h.service.Release(h.Context(), old.ID), taskhook.CodeConflict)
		_, err := h.service.Receive(h.Context(), old.ID, 1, 0, strings.NewReader("more"))
		h.code("late upload", err, taskhook.CodeConflict)
		if got := h.read(k); got.State != taskhook.TaskRunning || got.Worker != "w2" || got.Progress != 0 {
			t.Errorf("the task is %s, of %q, at %d", got.State, got.Worker, got.Progress)
		}
		h.must(h.service.Complete(h.Context(), next.ID, []Result{h.send(next, 0, "good")}))
		if k = h.expect(k, taskhook.TaskSucceeded); h.content(k.Results[0]) != "good" {
			t.Error("the result is not that of the second worker")
		}
	})
}

func TestTriesEnd(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		for range maxTries {
			h.lease(worker("w1"))
			pass(32 * time.Second)
		}
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorWorkerLost || !strings.Contains(k.Error.Message, "w1") {
			t.Errorf("error %+v", k.Error)
		}
		k = h.submit("acc_a", "once")
		w := worker("w1")
		w.Pool = "big"
		h.none(worker("w1"))
		h.lease(w)
		pass(32 * time.Second)
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorWorkerLost {
			t.Errorf("error of a model that is run once: %+v", k.Error)
		}
	})
}

func TestFail(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		h.must(h.service.Fail(h.Context(), j.ID, "out of memory", false))
		h.none(worker("w1")) // it waits a little
		pass(5 * time.Second)
		j = h.lease(worker("w1"))
		h.must(h.service.Fail(h.Context(), j.ID, "the prompt\nis \x00 bad", true))
		h.must(h.service.Fail(h.Context(), j.ID, "the prompt is bad", true))
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorProvider || k.Error.Message != "the prompt is   bad" {
			t.Errorf("error %+v", k.Error)
		}
		k = h.submit("acc_a", "draw")
		for range maxTries {
			h.must(h.service.Fail(h.Context(), h.lease(worker("w1")).ID, "", false))
			pass(time.Minute * 2)
		}
		h.expect(k, taskhook.TaskFailed)
	})
}

// TestServerAway holds that nobody is lost because the server was not there to hear.
func TestServerAway(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		h.stop()
		pass(5 * time.Minute)
		h.start()
		pass(25 * time.Second)
		if got := h.beat(j, 10); got != GoOn {
			t.Fatalf("standing %s", got)
		}
		pass(25 * time.Second)
		h.must(h.service.Complete(h.Context(), j.ID, []Result{h.send(j, 0, "good")}))
		h.expect(k, taskhook.TaskSucceeded)
	})
}

func TestModelsTime(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		for range 60 {
			pass(10 * time.Second)
			if h.beat(j, 10) != GoOn {
				break
			}
		}
		if got := h.beat(j, 10); got == GoOn {
			t.Errorf("standing %s after the model's time", got)
		}
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != taskhook.TaskErrorTimeout {
			t.Errorf("error %+v", k.Error)
		}
	})
}

func TestCancel(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		result := h.send(j, 0, "in vain")
		_, err := h.tasks.Cancel(h.Context(), "acc_a", k.ID)
		h.must(err)
		if got := h.beat(j, 50); got != Cancelled {
			t.Errorf("standing %s", got)
		}
		h.code("completion", h.service.Complete(h.Context(), j.ID, []Result{result}), taskhook.CodeConflict)
		h.expect(k, taskhook.TaskCancelled)
	})
}

// TestWaiting holds that one who waits gets a task when there is one, or none when its
// time is over, the server stops, or it is drained, and that none is given to one who
// has hung up.
func TestWaiting(t *testing.T) {
	inHouse(t, func(h *house) {
		wait := func(patience time.Duration) (tasks int, took time.Duration, draining bool) {
			began := time.Now()
			jobs, draining, err := h.service.Lease(h.Context(), taskhook.Limits{}, worker("w1"), 1, patience)
			h.must(err)
			return len(jobs), time.Since(began), draining
		}
		time.AfterFunc(1500*time.Millisecond, func() { h.submit("acc_a", "draw") })
		if n, took, _ := wait(time.Minute); n != 1 || took != 1500*time.Millisecond {
			t.Errorf("%d tasks after %s", n, took)
		}
		if n, took, _ := wait(7 * time.Second); n != 0 || took != 7*time.Second {
			t.Errorf("%d tasks after %s", n, took)
		}
		time.AfterFunc(time.Second, func() { h.must(h.service.Drain(context.Background(), "w1")) })
		if n, took, draining := wait(time.Minute); n != 0 || took != time.Second || !draining {
			t.Errorf("%d tasks after %s, draining %t", n, took, draining)
		}
		asked, hangUp := context.WithCancel(h.Context())
		submitted := make(chan struct{})
		time.AfterFunc(1500*time.Millisecond, func() { // between two looks
			hangUp()
			h.submit("acc_a", "draw")
			close(submitted)
		})
		jobs, _, err := h.service.Lease(asked, taskhook.Limits{}, worker("gone"), 1, time.Minute)
		if h.must(err); len(jobs) > 0 {
			t.Errorf("%d tasks for one who has gone", len(jobs))
		}
		<-submitted
		if n, _, draining := wait(time.Minute); n != 0 || !draining {
			t.Errorf("%d tasks, draining %t", n, draining)
		}
		again := worker("w1")
		again.Session = "new"
		h.lease(again)
		time.AfterFunc(time.Second, h.service.Stop)
		began := time.Now()
		if _, _, err := h.service.Lease(h.Context(), taskhook.Limits{}, again, 1, time.Minute); err != nil || time.Since(began) != time.Second {
			t.Errorf("a stop lets go after %s: %v", time.Since(began), err)
		}
	})
}

func TestWhoTakesWhat(t *testing.T) {
	inHouse(t, func(h *house) {
		gpu := worker("w1")
		gpu.Labels = []string{"gpu=a100"}
		h.none(gpu)
		pinned := h.submit("acc_a", "draw", func(n *taskhook.NewTask) { n.Pin = "gpu=a100" })
		urgent := h.submit("acc_a", "draw", func(n *taskhook.NewTask) { n.Pin, n.Priority = "worker=w1", 10 })
		h.none(worker("w2"))
		_, _, err := h.service.Lease(h.Context(), taskhook.Limits{Models: []string{"paint"}}, gpu, 1, 0)
		h.must(err)
		if j := h.lease(gpu); j.Task.ID != urgent.ID {
			t.Errorf("got %s first", j.Task.ID)
		}
		if j := h.lease(gpu); j.Task.ID != pinned.ID {
			t.Errorf("got %s then", j.Task.ID)
		}
		for what, n := range map[string]taskhook.NewTask{
			"a label that nobody has":        {Model: "draw", Pin: "gpu=h100"},
			"no label":                       {Model: "draw", Pin: "a100"},
			"a model that no worker fetches": {Model: "own", Pin: "gpu=a100"},
			"a priority above all":           {Model: "draw", Priority: 11},
		} {
			n.Provider, n.Capability, n.Input = "acme", "text-to-video", []byte(`{"prompt":"a cat"}`)
			_, _, err := h.tasks.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			h.code(what, err, taskhook.CodeInvalid)
		}
		for what, w := range map[string]taskhook.Worker{"no name": {}, "a bad name": worker("a b"), "a bad label": {Name: "w", Labels: []string{"x"}}} {
			if _, _, err := h.service.Lease(h.Context(), taskhook.Limits{}, w, 1, 0); err == nil {
				t.Errorf("%s is taken", what)
			}
		}
	})
}

func TestInputs(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit("acc_a", "draw", func(n *taskhook.NewTask) { n.Input = []byte(`{"prompt":"a cat","image":"file:x","sandbox":{}}`) })
		if j := h.lease(worker("w1")); string(j.Input) != `{"image":"link:acc_a:x","prompt":"a cat"}` {
			t.Errorf("input %s", j.Input)
		}
		k := h.submit("acc_a", "draw", func(n *taskhook.NewTask) { n.Input = []byte(`{"prompt":"a cat","image":"file:gone"}`) })
		h.none(worker("w1"))
		if k = h.expect(k, taskhook.TaskFailed); k.Error.Message != "The file is gone." {
			t.Errorf("error %+v", k.Error)
		}
	})
}

// broken is a connection that breaks.
type broken struct{ r io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = errors.New("connection reset")
	}
	return n, err
}

func TestUploadGoesOn(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		whole := strings.Repeat("0123456789abcdef", partSize/16+1000) // more than a piece
		cut := partSize + 500
		have, err := h.service.Receive(h.Context(), j.ID, 0, 0, broken{strings.NewReader(whole[:cut])})
		h.code("an upload that breaks off", err, taskhook.CodeMalformed)
		if have != int64(cut) {
			t.Fatalf("%d bytes of %d are kept", have, cut)
		}
		_, err = h.service.Receive(h.Context(), j.ID, 0, 0, strings.NewReader(whole))
		h.code("from the start again", err, taskhook.CodeConflict)
		h.code("completion of a part", h.service.Complete(h.Context(), j.ID, []Result{resultOf(whole)}), taskhook.CodeInvalid)
		if have, err = h.service.Received(h.Context(), j.ID, 0); err != nil || have != int64(cut) {
			t.Fatalf("%d bytes: %v", have, err)
		}
		for range 3 { // what is under way is not tidied
			pass(tidyEvery / 2)
			h.beat(j, 1)
		}
		if have, err = h.service.Receive(h.Context(), j.ID, 0, have, strings.NewReader(whole[have:])); err != nil || have != int64(len(whole)) {
			t.Fatalf("%d bytes: %v", have, err)
		}
		wrong := resultOf(whole)
		wrong.SHA256 = strings.Repeat("0", 64)
		h.code("other bytes", h.service.Complete(h.Context(), j.ID, []Result{wrong}), taskhook.CodeInvalid)
		if have, _ = h.service.Received(h.Context(), j.ID, 0); have != 0 {
			t.Errorf("%d bytes of a damaged output are kept", have)
		}
		h.must(h.service.Complete(h.Context(), j.ID, []Result{h.send(j, 0, whole)}))
		if k = h.expect(k, taskhook.TaskSucceeded); h.content(k.Results[0]) != whole {
			t.Error("the result is not what was sent")
		}
	})
}

// TestReload holds what becomes of work when the catalogue changes: that of a worker goes
// on by its new terms, and what waits is fetched as long as the model is there.
func TestReload(t *testing.T) {
	inHouse(t, func(h *house) {
		reload := func(models string) {
			source, err := catalogue.Parse("test.yaml", []byte("models: {acme: {"+models+"}}"))
			h.must(err)
			known, err := catalogue.Load(source)
			h.must(err)
			h.options.Catalogue.Replace(known)
		}
		const video = ", capabilities: {text-to-video: vidu-q3}}"
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		waits := h.submit("acc_a", "draw")
		reload("draw: {adapter: worker, lease: 3s" + video)
		pass(10 * time.Second)
		answer, err := h.service.Heartbeat(h.Context(), j.ID, 1)
		h.must(err)
		if answer.Standing != GoOn || answer.Every != time.Second {
			t.Errorf("with a shorter lease: %+v", answer)
		}
		reload(`draw: {adapter: "http:acme"` + video)
		second := h.lease(worker("w2"))
		reload(`other: {adapter: "http:acme"` + video)
		if got := h.beat(j, 2); got != GoOn {
			t.Errorf("of a model that is gone: %s", got)
		}
		h.must(h.service.Complete(h.Context(), j.ID, []Result{h.send(j, 0, "cat")}))
		h.expect(k, taskhook.TaskSucceeded)
		h.beat(second, 1)
		pass(2 * time.Minute)
		if waits = h.read(waits); waits.Error == nil || waits.Error.Code != taskhook.TaskErrorNoProvider {
			t.Errorf("lost with a model that is gone: %s, %+v", waits.State, waits.Error)
		}
	})
}

func TestRefusedOutputs(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		h.code("no outputs", h.service.Complete(h.Context(), j.ID, nil), taskhook.CodeInvalid)
		h.code("too many", h.service.Complete(h.Context(), j.ID, make([]Result, MaxOutputs+1)), taskhook.CodeInvalid)
		h.code("an output that was not sent", h.service.Complete(h.Context(), j.ID, []Result{resultOf("x")}), taskhook.CodeInvalid)
		h.code("an empty one", h.service.Complete(h.Context(), j.ID, []Result{resultOf("")}), taskhook.CodeInvalid)
		_, err := h.service.Receive(h.Context(), j.ID, MaxOutputs, 0, strings.NewReader("x"))
		h.code("one of too high a number", err, taskhook.CodeInvalid)
		for _, id := range []string{"", "lease_", "lease_0", "x", "run_0"} {
			if got, err := h.service.Heartbeat(h.Context(), id, 0); got.Standing != Lost || err != nil {
				t.Errorf("lease %q: %s, %v", id, got.Standing, err)
			}
		}
		h.must(h.service.Release(h.Context(), j.ID))
		if got := h.read(k); got.State != taskhook.TaskPending {
			t.Errorf("given back it is %s", got.State)
		}
		if j = h.lease(worker("w2")); j.Claims != 1 {
			t.Errorf("try %d after one that was given back", j.Claims)
		}
	})
}

// TestUploadAtAStop holds that a stop ends an upload, and what had arrived is not lost.
func TestUploadAtAStop(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		body, sender := io.Pipe()
		go func() {
			sender.Write([]byte("first"))
			h.service.Stop()
			sender.Write([]byte("second")) // read by nobody, or the last
			sender.Close()
		}()
		have, err := h.service.Receive(h.Context(), j.ID, 0, 0, body)
		body.Close()
		h.code("an upload at a stop", err, taskhook.CodeUnavailable)
		whole := "firstsecond"
		if have < 5 {
			t.Fatalf("%d bytes are kept", have)
		}
		h.stop()
		h.start()
		_, err = h.service.Receive(h.Context(), j.ID, 0, have, strings.NewReader(whole[have:]))
		h.must(err)
		h.must(h.service.Complete(h.Context(), j.ID, []Result{resultOf(whole)}))
		if k = h.expect(k, taskhook.TaskSucceeded); h.content(k.Results[0]) != whole {
			t.Error("the result is not what was sent")
		}
	})
}

// TestPiecesThatAreGone holds that a worker is asked for a result again whose pieces
// were left behind.
func TestPiecesThatAreGone(t *testing.T) {
	inHouse(t, func(h *house) {
		k := h.submit("acc_a", "draw")
		j := h.lease(worker("w1"))
		result := h.send(j, 0, "made")
		for id, err := range h.files.IDs(h.Context()) {
			h.must(errors.Join(err, h.files.Remove(h.Context(), id)))
		}
		h.code("completion", h.service.Complete(h.Context(), j.ID, []Result{result}), taskhook.CodeInvalid)
		h.must(h.service.Complete(h.Context(), j.ID, []Result{h.send(j, 0, "made")}))
		h.expect(k, taskhook.TaskSucceeded)
	})
}

// TestFairTurns holds that one account's crowd does not hold up another's task.
func TestFairTurns(t *testing.T) {
	inHouse(t, func(h *house) {
		for range 20 {
			h.submit("acc_crowd", "draw", func(n *taskhook.NewTask) { n.Priority = 10 })
		}
		h.submit("acc_small", "draw", func(n *taskhook.NewTask) { n.Priority = -10 })
		var order []string
		for range 2 {
			order = append(order, h.lease(worker("w1")).Task.AccountID)
		}
		if !slices.Contains(order, "acc_small") {
			t.Errorf("turns %v", order)
		}
	})
}
