package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/taskhook/taskhook"
)

func posterTests() []test {
	return []test{
		{"a poster is shown with its video, and is no result", testPosterShown},
		{"a video is claimed by one at a time, until it is settled", testPosterClaimed},
		{"a poster goes with its video", testPosterGone},
	}
}

// newPoster returns the poster of a video.
func newPoster(video *taskhook.Artifact, now time.Time) taskhook.Artifact {
	return taskhook.Artifact{ID: taskhook.NewID(taskhook.PrefixArtifact, now), TaskID: video.TaskID, Index: video.Index, Role: taskhook.RolePoster,
		Name: video.ID + "-poster.jpg", Format: "jpg", MediaType: "image/jpeg", Size: 3, SHA256: "cd", CreatedAt: now, Inline: true, Content: []byte("jpg")}
}

// videos ends a task of an account with two results, a picture and a video.
func (f *fixture) videos(account string) (picture, video taskhook.Artifact) {
	f.t.Helper()
	n := f.join()
	f.task(account)
	c := f.claimRun(n)
	end := ended(n.id, c, taskhook.TaskSucceeded, f.now)
	picture, video = newArtifact(c.Task.ID, 0, f.now), newArtifact(c.Task.ID, 1, f.now)
	picture.MediaType = "image/png"
	end.Task.Results = []taskhook.Artifact{picture, video}
	f.ok(f.Store.FinishRun(f.ctx, f.now, end))
	return picture, video
}

// settle notes what was made of a video.
func (f *fixture) settle(video string, made *taskhook.Artifact) (stored bool) {
	f.t.Helper()
	stored, err := f.Store.SettlePoster(f.ctx, video, made)
	f.ok(err)
	return stored
}

func testPosterShown(t *testing.T, f *fixture) {
	account := f.account()
	picture, video := f.videos(account)
	f.now = f.now.Add(time.Second)
	poster := newPoster(&video, f.now)
	equal(t, "stored", f.settle(video.ID, &poster), true)
	content, err := f.Store.Content(f.ctx, poster.ID)
	f.ok(err)
	equal(t, "content", string(content), "jpg")
	got, err := f.Store.Task(f.ctx, account, video.TaskID)
	f.ok(err)
	poster.Content, video.Poster = nil, &poster
	if diff := cmp.Diff([]taskhook.Artifact{picture, video}, got.Results); diff != "" {
		t.Fatal(diff)
	}
	byName, err := f.Store.ArtifactByName(f.ctx, poster.Name)
	f.ok(err)
	deepEqual(t, "by name", byName, poster)
	known, err := f.Store.KnownArtifacts(f.ctx, []string{poster.ID})
	f.ok(err)
	equal(t, "known", known[poster.ID], true)
	f.counted()
}

func testPosterClaimed(t *testing.T, f *fixture) {
	_, video := f.videos(f.account())
	claim := func() (taskhook.Artifact, bool) {
		t.Helper()
		a, ok, err := f.Store.ClaimPoster(f.ctx, f.now, f.now.Add(time.Minute))
		f.ok(err)
		return a, ok
	}
	got, ok := claim()
	equal(t, "is claimed", ok, true)
	deepEqual(t, "what is claimed", got, video)
	_, ok = claim()
	equal(t, "is claimed twice", ok, false)
	f.now = f.now.Add(time.Minute)
	_, ok = claim()
	equal(t, "is claimed after its time", ok, true)
	equal(t, "stores nothing", f.settle(video.ID, nil), false)
	f.now = f.now.Add(time.Minute)
	_, ok = claim()
	equal(t, "is claimed when it is settled", ok, false)
	late := newPoster(&video, f.now)
	equal(t, "stored late", f.settle(video.ID, &late), false)
}

func testPosterGone(t *testing.T, f *fixture) {
	account := f.account()
	_, video := f.videos(account)
	poster := newPoster(&video, f.now)
	equal(t, "stored", f.settle(video.ID, &poster), true)
	_, other := f.videos(account)
	_, err := f.Raw.ExecContext(f.ctx, `UPDATE artifacts SET removed = 1 WHERE id = $1`, other.ID)
	f.ok(err)
	late := newPoster(&other, f.now)
	equal(t, "of a removed video", f.settle(other.ID, &late), false)
	_, err = f.Raw.ExecContext(f.ctx, `UPDATE deliveries SET state = 'delivered', finished_at = 0`)
	f.ok(err)
	_, err = f.Store.Remove(f.ctx, taskhook.PartTasks, []string{video.TaskID}, f.now.Add(time.Hour))
	f.ok(err)
	equal(t, "contents", f.count(`SELECT count(*) FROM contents`), 0)
	equal(t, "rows of the task", f.count(`SELECT count(*) FROM artifacts WHERE task = $1`, video.TaskID), 0)
	equal(t, "of an erased video", f.settle(video.ID, &late), false)
}

func posterWrites() map[string]faultWrite {
	finish := func(f *fixture, w *world) { f.ok(f.Store.FinishRun(f.ctx, f.now, w.end)) }
	return map[string]faultWrite{
		"claim_poster": {moves: true, prepare: finish, do: func(f *fixture, w *world) error {
			_, _, err := f.Store.ClaimPoster(f.ctx, f.now, f.now.Add(time.Minute))
			return err
		}},
		"settle_poster": {
			prepare: finish,
			do: func(f *fixture, w *world) error {
				video := &w.end.Task.Results[0]
				poster := newPoster(video, f.now)
				poster.ID = taskhook.FloorID(taskhook.PrefixArtifact, f.now)
				_, err := f.Store.SettlePoster(f.ctx, video.ID, &poster)
				return err
			},
			check: func(f *fixture, w *world) {
				equal(f.t, "posters", f.count(`SELECT count(*) FROM artifacts WHERE position = -1`), 1)
			}},
	}
}
