package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestRetention starts the program over what has grown old meanwhile, and over what is
// as old and in flight.
func TestRetention(t *testing.T) { onEach(t, testRetention) }

func testRetention(t *testing.T, on database) {
	s := program.Start(t, on)
	ctx := t.Context()
	r := program.NewReceiver(t)
	ask := submission(quick(""))
	ask.WebhookURL = r.URL
	done, err := s.Submit(ctx, "seedream", "text-to-image", ask)
	if err != nil {
		t.Fatal(err)
	}
	link := linkIn(t, r.Wait(t, 1)[0].Body)
	settled(t, s, client.DeliveryQuery{}, 1)
	paused, err := s.CreateWebhook(ctx, client.NewWebhook{URL: r.URL, Events: []string{"task.completed"}})
	if err == nil {
		_, err = s.UpdateWebhook(ctx, paused.ID, client.WebhookChange{Active: new(false)})
	}
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Submit(ctx, "seedream", "text-to-image", submission(quick("")))
	if err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "it is owed", func() bool {
		list, err := s.Deliveries(ctx, client.DeliveryQuery{State: "pending"})
		return err == nil && len(list.Items) == 1
	})
	s.Stop(t)
	s.Config.Retention = config.Retention{Events: config.Age(time.Millisecond), Attempts: config.Age(time.Millisecond), Artifacts: config.Age(time.Millisecond)}
	s = program.Run(t, s.Config)
	t.Cleanup(func() { s.Stop(t) })
	link = s.URL + link[strings.Index(link, "/results/"):]
	testkit.Until(t, "the result is removed", func() bool { status, _ := fetch(t, "GET", link); return status == http.StatusGone })
	if _, body := fetch(t, "GET", link); !bytes.Contains(body, []byte("its retention time is over")) {
		t.Errorf("the link says %s", body)
	}
	if k, err := s.Task(ctx, done.ID); err != nil || k.Status != "expired" {
		t.Errorf("the task is %s: %v", k.Status, err)
	}
	expired := func() bool {
		_, err := s.Client.Feed(ctx, client.FeedQuery{After: "0"})
		bad, ok := errors.AsType[*client.Error](err)
		return ok && bad.Status == http.StatusGone && bad.Code == "CURSOR_EXPIRED" && bad.Details.OldestCursor == "1"
	}
	testkit.Until(t, "a cursor has expired", expired)
	page, err := s.Client.Feed(ctx, client.FeedQuery{})
	if err != nil || len(page.Events) != 1 { // that of the task whose webhook is paused
		t.Errorf("the feed has %d events: %v", len(page.Events), err)
	}
	k, err := s.Task(ctx, held.ID)
	if err != nil || k.Status != "succeeded" {
		t.Fatalf("a task whose webhook is held is %s: %v", k.Status, err)
	}
	if status, _ := fetch(t, "GET", k.Result[0].URL); status != http.StatusOK {
		t.Errorf("its result answers %d", status)
	}
}

// linkIn is the link to the first result in the body of a webhook.
func linkIn(t *testing.T, body []byte) string {
	t.Helper()
	var event struct {
		Data struct {
			Task struct {
				Result []struct{ URL string }
			}
		}
	}
	if err := json.Unmarshal(body, &event); err != nil || len(event.Data.Task.Result) == 0 {
		t.Fatalf("%s: %v", body, err)
	}
	return event.Data.Task.Result[0].URL
}

// TestErase erases a user while a task of theirs runs and a webhook is held.
func TestErase(t *testing.T) { onEach(t, testErase) }

func testErase(t *testing.T, on database) {
	const marker, other = "marker-d41d8c", "somebody-else"
	s := program.Start(t, on)
	ctx := t.Context()
	r := program.NewReceiver(t, 500)
	submit := func(whose, seconds string) client.AcceptedTask {
		t.Helper()
		k, err := s.Submit(ctx, "seedream", "text-to-image", client.Submission{Model: "seedream-4-0", WebhookURL: r.URL + "/" + whose,
			Input: json.RawMessage(`{"prompt":"` + strings.Repeat(whose+" ", 300) + `","width":64,"height":64,"sandbox":{"seconds":` + seconds + `}}`), Metadata: json.RawMessage(`{"user":"` + whose + `"}`)})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	ended := submit(marker, "0")
	r.Wait(t, 1)
	settled(t, s, client.DeliveryQuery{}, 1)
	kept := submit(other, "0")
	r.Wait(t, 2)
	if _, err := s.CreateWebhook(ctx, client.NewWebhook{URL: "http://127.0.0.1:9/", Events: []string{"*"}, Description: "for all"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(ctx, client.NewEvent{Type: "user.seen", Data: json.RawMessage(`{"user":"` + marker + `"}`)}); err != nil {
		t.Fatal(err)
	}
	running := submit(marker, "3600")
	testkit.Until(t, "it runs", func() bool {
		k, err := s.Task(ctx, running.ID)
		return err == nil && k.Status == "running"
	})
	e := erased(t, s, taskhook.Subject{Kind: taskhook.SubjectMetadata, Name: "user=" + marker})
	if e.Counts["tasks"] != 2 || e.Counts["artifacts"] != 1 || e.Counts["events"] != 2 || e.Counts["attempts"] == 0 || strings.Contains(e.Subject.Name, marker) {
		t.Errorf("the receipt is %+v", e)
	}
	for _, k := range []client.AcceptedTask{ended, running} {
		_, err := s.Task(ctx, k.ID)
		refused(t, "a task that was erased", err, http.StatusNotFound, "TASK_NOT_FOUND")
	}
	if k, err := s.Task(ctx, kept.ID); err != nil || k.Status != "succeeded" {
		t.Errorf("the task of another is %s: %v", k.Status, err)
	}
	page, err := s.Client.Feed(ctx, client.FeedQuery{After: "0"})
	if err != nil || len(page.Events) != 1 {
		t.Errorf("the feed has %d events: %v", len(page.Events), err)
	}
	s.Stop(t)
	left := stored(t, s.Config.Data)
	if bytes.Contains(left, []byte(marker)) || on == nil && !bytes.Contains(left, []byte(other)) {
		t.Errorf("in %d bytes the marker is there %d times, what is kept %d times", len(left), bytes.Count(left, []byte(marker)), bytes.Count(left, []byte(other)))
	}
	next := program.Run(t, s.Config)
	defer next.Stop(t)
	if list, err := next.Tasks(ctx, client.TaskQuery{}); err != nil || len(list.Items) != 1 {
		t.Errorf("after a restart there are %d tasks: %v", len(list.Items), err)
	}
}

// erased orders an erasure as the command does, and waits for the receipt.
func erased(t *testing.T, s *program.Server, subject taskhook.Subject) (e taskhook.Erasure) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: s.Config.Data, URL: s.Config.DatabaseURL.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Now()
	if e, err = db.OrderErasure(t.Context(), taskhook.Erasure{ID: taskhook.NewID(taskhook.PrefixErasure, now), Subject: subject, By: "ann", CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the receipt is there", func() bool {
		e, err = db.Erasure(t.Context(), e.ID)
		return err != nil || !e.FinishedAt.IsZero()
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// stored is all that is in the files of a directory.
func stored(t *testing.T, dir string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		part, err := os.ReadFile(path)
		all = append(all, part...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
