package apitest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

// keyless makes a call without a key. Where a server has several APIs and the path may
// be any one's, the primary one answers.
func (v *visit) keyless(c Call) {
	v.Helper()
	if !v.Shared {
		v.refused(NoKey, c)
	} else if got := v.do(c); got.status != http.StatusUnauthorized && got.status != http.StatusNotFound {
		v.Errorf("%s %s without a key: %d %s", c.Method, c.Path, got.status, got.body)
	}
}

// badKeys: nobody gets in without a key, or with one that is none.
func badKeys(v *visit) {
	id := v.submit(v.Keys.Own, Job{})
	for _, call := range []Call{v.Submit("", Job{}), v.Poll("", id), v.Cancel("", id)} {
		v.keyless(call)
	}
	for _, key := range []string{"x", "thk_live_unknown_unknown_unknown_unknown", strings.Repeat("k", 5000), "' OR 1=1 --"} {
		for _, call := range []Call{v.Submit(key, Job{}), v.Poll(key, id), v.Cancel(key, id)} {
			v.refused(BadKey, call)
		}
	}
	if got := v.ended(v.Keys.Own, id); got.State != Succeeded {
		v.Errorf("it ended as %+v", got)
	}
}

func permissions(v *visit) {
	id := v.submit(v.Keys.Own, Job{})
	v.refused(NotAllowed, v.Submit(v.Keys.Reader, Job{}))
	v.refused(NotAllowed, v.Cancel(v.Keys.Reader, id))
	if got := v.ended(v.Keys.Reader, id); got.State != Succeeded {
		v.Errorf("it ended as %+v", got)
	}
}

// foreignIDs: what belongs to another account can't be told from what is not there.
func foreignIDs(v *visit) {
	const none = "task_0000000000000000000000000"
	id := v.submit(v.Keys.Own, Job{Seconds: 600})
	defer func() { v.do(v.Cancel(v.Keys.Own, id)) }()
	for _, call := range []func(key, id string) Call{v.Poll, v.Cancel} {
		foreign := v.refused(NotFound, call(v.Keys.Foreign, id))
		if unknown := v.refused(NotFound, call(v.Keys.Foreign, none)); unknown.body != strings.ReplaceAll(foreign.body, id, none) {
			v.Errorf("a foreign id gets %s, an unknown one %s", foreign.body, unknown.body)
		}
		for _, odd := range []string{"1", "task_", strings.Repeat("x", 300), "task_%00"} {
			v.refused(NotFound, call(v.Keys.Own, odd))
		}
	}
	if got := v.read(v.Poll(v.Keys.Own, id)); got.State != Unfinished {
		v.Errorf("after all that its own account sees %+v", got)
	}
}

// badRequests: what can't be carried out is refused, and nothing comes of it.
func badRequests(v *visit) {
	before := v.count()
	for _, body := range []string{"{", "[]", "x=1", `{"a":1,"a":2}`, "{} {}", "{\"a\":\"\xff\"}"} {
		v.refused(Malformed, v.Send(v.Keys.Foreign, body))
	}
	v.refused(TooLarge, v.Send(v.Keys.Foreign, `{"prompt":"`+strings.Repeat("x", 2<<20)+`"}`))
	v.refused(Missing, v.Submit(v.Keys.Foreign, Job{NoPrompt: true}))
	for _, url := range []string{"nonsense", "ftp://receiver.example/", "http://receiver.example/", "https://10.0.0.1/", "https://user:word@receiver.example/"} {
		v.refused(BadWebhook, v.Submit(v.Keys.Foreign, Job{Webhook: url}))
	}
	if after := v.count(); after != before {
		v.Errorf("%d tasks were made", after-before)
	}
}

// count says how many tasks the foreign account has, which no scenario submits with.
func (v *visit) count() int {
	v.Helper()
	p, err := client.New(v.Site, v.Keys.Foreign).Tasks(v.Context(), client.TaskQuery{})
	if err != nil {
		v.Fatal(err)
	}
	return p.Total
}

// fullQueue: an account has so many unfinished tasks and no more, until one has ended.
func fullQueue(v *visit) {
	slow := v.Submit(v.Keys.Full, Job{Seconds: 600})
	var ids []string
	defer func() {
		for _, id := range ids {
			v.do(v.Cancel(v.Keys.Full, id))
		}
	}()
	for range v.Queue {
		ids = append(ids, v.read(slow).ID)
	}
	full := v.refused(Full, slow)
	if wait, err := strconv.Atoi(full.header.Get("Retry-After")); err != nil || wait < 1 {
		v.Errorf("a client is to wait %q", full.header.Get("Retry-After"))
	}
	v.do(v.Cancel(v.Keys.Full, ids[0]))
	ids[0] = v.admitted(slow)
}

// admitted repeats a submission, as clients do that were told to wait, until there is
// room for the task.
func (v *visit) admitted(c Call) string {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if got := v.do(c); got.status != v.Refusals[Full].Status {
			return v.understand(c, got).ID
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			v.Fatalf("there is no room within %s", patience)
		}
	}
}

// testKeys: made-up results are for keys that are made for tests, cost nothing, and
// say what they are.
func testKeys(v *visit) {
	id := v.submit(v.Keys.Own, Job{})
	v.ended(v.Keys.Own, id)
	if k, err := client.New(v.Site, v.Keys.Own).Task(v.Context(), id); err != nil || !k.Sandbox || k.Cost.String() != "0" {
		v.Errorf("what a test key has made is %+v, %v", k, err)
	}
	v.refused(NoProvider, v.Submit(v.Keys.Live, Job{}))
}
