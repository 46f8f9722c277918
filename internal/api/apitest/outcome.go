package apitest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
	"github.com/taskhook/taskhook/webhook"
)

func submitAndPoll(v *visit) {
	id := v.submit(v.Keys.Own, Job{})
	got := v.ended(v.Keys.Own, id)
	if got.State != Succeeded || got.Reason != "" {
		v.Errorf("it ended as %+v", got)
	}
	v.opens(got.Links)
}

// outcomeArrives: the receiver that was given with a task learns what polling shows,
// and can verify it by the keys that the server publishes.
func outcomeArrives(v *visit) {
	place := v.place()
	id := v.submit(v.Keys.Own, Job{Webhook: place})
	got, told := v.told(place)
	polled := v.ended(v.Keys.Own, id)
	if told.ID != id || told.State != Succeeded || polled.State != Succeeded || len(told.Links) != len(polled.Links) {
		v.Errorf("the webhook tells of %+v, polling of %+v", told, polled)
	}
	v.opens(told.Links)
	v.verify(got)
}

// verify checks the signature of a webhook to a receiver that has no secret.
func (v *visit) verify(got program.Request) {
	v.Helper()
	keys, err := webhook.ParseJWKS([]byte(v.get(v.Site + "/.well-known/jwks.json").body))
	if err != nil {
		v.Fatal(err)
	}
	verifier, err := webhook.NewJobVerifier(keys...)
	if err != nil {
		v.Fatal(err)
	}
	if err := verifier.Verify(got.Header, got.Body, time.Now()); err != nil {
		v.Errorf("the webhook is refused: %v", err)
	}
	if got.Header.Get("X-Webhook-Signature") != "" || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("webhook-id") == "" {
		v.Errorf("the webhook has the headers %v", got.Header)
	}
}

func failureArrives(v *visit) {
	const sentence = "the image could not be <made> & read"
	place := v.place()
	id := v.submit(v.Keys.Own, Job{Fail: sentence, Webhook: place})
	got, told := v.told(place)
	v.verify(got)
	for name, a := range map[string]Answer{"the webhook": told, "polling": v.ended(v.Keys.Own, id)} {
		if a.ID != id || a.State != Failed || a.Reason != v.Blame+sentence || len(a.Links) > 0 {
			v.Errorf("%s tells of %+v", name, a)
		}
	}
}

func comesBack(v *visit) {
	const mine = `order "17" <é> & co`
	place := v.place()
	v.submit(v.Keys.Own, Job{Webhook: place, Echo: mine})
	if _, told := v.told(place); told.Echo != mine {
		v.Errorf("%q came back for %q", told.Echo, mine)
	}
}

// registeredWebhook: whatever API a task came through, the receivers that the account
// has registered learn of it in the form of the primary API, signed with their secret.
func registeredWebhook(v *visit) {
	primary, place := client.New(v.Site, v.Keys.Own), v.place()
	hook, err := primary.CreateWebhook(v.Context(), client.NewWebhook{URL: place, Events: []string{"task.completed"}})
	if err != nil {
		v.Fatal(err)
	}
	id := v.submit(v.Keys.Own, Job{})
	path := strings.TrimPrefix(place, v.Receiver.URL)
	got := v.Receiver.WaitFor(v.T, 1, func(r program.Request) bool { return r.Path == path && strings.Contains(string(r.Body), id) })[0]
	if told, err := readTaskEvent(got.Body); err != nil || told.ID != id || told.State != Succeeded {
		v.Errorf("the registered receiver is told of %+v, %v: %s", told, err, got.Body)
	}
	verifier, err := webhook.NewVerifier(hook.Secret)
	if err != nil {
		v.Fatal(err)
	}
	if err := verifier.Verify(got.Header, got.Body, time.Now()); err != nil {
		v.Errorf("the webhook is refused: %v", err)
	}
	if err := primary.DeleteWebhook(v.Context(), hook.ID); err != nil {
		v.Error(err)
	}
}

// shownByAll: a task is one task, under one id, whichever API shows it.
func shownByAll(v *visit) {
	id := v.submit(v.Keys.Own, Job{})
	v.ended(v.Keys.Own, id)
	primary := client.New(v.Site, v.Keys.Own)
	if k, err := primary.Task(v.Context(), id); err != nil || k.Status != "succeeded" || len(k.Result) != 1 {
		v.Errorf("the primary API shows %+v, %v", k, err)
	}
	ask := client.Submission{Model: "seedream-4-0", Input: []byte(object{"width": 64, "height": 64}.steered(Job{}).text())}
	made, err := primary.Submit(v.Context(), "seedream", "text-to-image", ask)
	if err != nil {
		v.Fatal(err)
	}
	if got := v.ended(v.Keys.Own, made.ID); got.State != Succeeded || len(got.Links) != 1 {
		v.Errorf("a task of the primary API is shown as %+v", got)
	}
}

// cancel: a cancelled task ends as such, once, and no receiver is told. That it is not
// is seen by a later task, of which the same receiver is.
func cancel(v *visit) {
	place := v.place()
	id := v.submit(v.Keys.Own, Job{Seconds: 600, Webhook: place})
	defer func() { v.do(v.Cancel(v.Keys.Own, id)) }() // for a test that does not get so far
	if got := v.do(v.Cancel(v.Keys.Own, id)); got.status != http.StatusOK {
		v.Fatalf("cancel: %d %s", got.status, got.body)
	}
	if got := v.ended(v.Keys.Own, id); got.State != Cancelled || got.Reason != "" || len(got.Links) > 0 {
		v.Errorf("it ended as %+v", got)
	}
	v.refused(Ended, v.Cancel(v.Keys.Own, id))
	later := v.submit(v.Keys.Own, Job{Webhook: place})
	if _, told := v.told(place); told.ID != later {
		v.Errorf("the receiver was told of %+v", told)
	}
}

// sameKeySameTask lets several clients send one submission at one moment.
func sameKeySameTask(v *visit) {
	once := v.place() // nobody else has it
	ids := make(chan string)
	const clients = 8
	for range clients {
		go func() { ids <- v.again(once) }()
	}
	var got []string
	for range clients {
		got = append(got, <-ids)
	}
	if one := slices.Compact(got); len(one) != 1 || one[0] == "" {
		v.Fatalf("one key stands for the tasks %v", one)
	}
	v.refused(Repeated, v.Submit(v.Keys.Own, Job{Once: once, Seconds: 0.5}))
	if again := v.again(once); again != got[0] {
		v.Errorf("later the key stands for %s, not for %s", again, got[0])
	}
}

// again submits under an idempotency key; the task may have ended already. It returns
// nothing if that is refused, for it may not end the test from a goroutine.
func (v *visit) again(once string) string {
	c := v.Submit(v.Keys.Own, Job{Once: once})
	got, err := v.try(c)
	if err != nil || got.status >= http.StatusBadRequest {
		v.Errorf("submit: %d %s, %v", got.status, got.body, err)
		return ""
	}
	a, err := v.Face.Answer([]byte(got.body))
	if err != nil {
		v.Errorf("submit: %v: %s", err, got.body)
	}
	return a.ID
}
