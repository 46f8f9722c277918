package crash

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/bucket"
	"github.com/taskhook/taskhook/internal/testkit/pgtest"
)

var afterKills = flag.Int("afterkills", 3, "how often a server is killed that makes posters, and one that copies results")

// tryLimit is how long one try may take, and rests whose server was killed.
const tryLimit = 4 * time.Second

// after is what is done to results when their task was told of, by a server that is
// killed meanwhile.
type after struct {
	*testing.T
	role       role
	log        io.Writer
	kinds      []string // of its writes
	capability string
	provider   string
	model      string
	input      func() string
	accepted   []string
	lost       int // tasks that were cut short too often
	// done reports whether it was done to a task's results.
	done func(c *client.Client, k *client.Task) error
}

// TestPosterKills kills a server again and again while it makes posters: in the end
// each video has one, and nothing else is left.
func TestPosterKills(t *testing.T) { testPosterKills(t, "") }

// TestPosterKillsOnPostgres does on PostgreSQL.
func TestPosterKillsOnPostgres(t *testing.T) {
	if pgtest.Need(t) {
		testPosterKills(t, pgtest.Database(t))
	}
}

func testPosterKills(t *testing.T, database string) {
	t.Parallel()
	if !testkit.Need(t, "ffmpeg") {
		return
	}
	a := newAfter(t, database, "claim_poster", "settle_poster")
	a.provider, a.capability, a.model = "vidu", "text-to-video", "viduq3-pro"
	a.input = func() string { return `"duration":1,"width":64,"height":64` }
	a.done = func(c *client.Client, k *client.Task) error {
		posters, err := c.Posters(t.Context(), k.ID)
		if err != nil || len(posters) != 1 {
			return fmt.Errorf("it has the posters %+v, %v", posters, err)
		}
		status, size, _, err := fetch(t.Context(), posters[0].URL)
		if err != nil || status != 200 || size != posters[0].SizeBytes {
			return fmt.Errorf("its poster of %d bytes answers %d with %d, %v", posters[0].SizeBytes, status, size, err)
		}
		return nil
	}
	a.run()
	a.beside(func(db *store.Store) error {
		hour := time.Now().Add(time.Hour)
		if video, waits, err := db.ClaimPoster(t.Context(), hour, hour); waits || err != nil {
			t.Errorf("in the end %+v waits for a poster, %v", video, err)
		}
		return nil
	})
}

// TestCopyKills kills a server again and again while it copies results, small ones and
// files, to the bucket of their account: in the end each is there, and nothing else.
func TestCopyKills(t *testing.T) { testCopyKills(t, "") }

// TestCopyKillsOnPostgres does on PostgreSQL.
func TestCopyKillsOnPostgres(t *testing.T) {
	if pgtest.Need(t) {
		testCopyKills(t, pgtest.Database(t))
	}
}

func testCopyKills(t *testing.T, database string) {
	t.Parallel()
	b, ok := bucket.Start(t)
	if !ok {
		return
	}
	a := newAfter(t, database, "claim_copy", "settle_copy")
	a.provider, a.capability, a.model = "seedream", "text-to-image", "seedream-4-0"
	a.input = func() string { return [...]string{`"width":64,"height":64`, `"width":640,"height":640`}[rand.IntN(2)] }
	dir := filepath.Join(b.Dir, "mine")
	a.done = func(_ *client.Client, k *client.Task) error {
		link, _, _ := strings.Cut(k.Result[0].URL, "?")
		there, err := os.Stat(filepath.Join(dir, path.Base(link)))
		if err != nil || there.Size() != k.Result[0].SizeBytes {
			return fmt.Errorf("its copy is %v, %v", there, err)
		}
		return nil
	}
	a.beside(func(db *store.Store) error {
		return account.New(db, keyring.HashKey, 0).SetBucket(t.Context(), time.Now(), "default", taskhook.Bucket{Endpoint: b.Endpoint.String(),
			Name: b.Name, Region: "us-east-1", Prefix: "mine/", AccessKey: b.AccessKey, SecretKey: b.SecretKey})
	})
	results := a.run()
	a.beside(func(db *store.Store) error {
		got, _, err := account.New(db, keyring.HashKey, 0).Bucket(t.Context(), "default")
		if got.Waiting+got.Failed+got.Failures > 0 {
			t.Errorf("in the end the bucket is %+v", got)
		}
		return err
	})
	copied := map[string][32]byte{}
	for name, hash := range hashes(t, dir) {
		copied[filepath.Base(name)] = hash
	}
	if len(copied) != len(results) {
		t.Errorf("in the bucket are %d copies of %d results", len(copied), len(results))
	}
	for name, want := range results {
		if copied[name] != want {
			t.Errorf("the copy %s has other bytes than the result", name)
		}
	}
}

// newAfter makes the database of the servers to come.
func newAfter(t *testing.T, database string, kinds ...string) *after {
	a := &after{T: t, kinds: kinds, role: role{Data: filepath.Join(t.TempDir(), "data"), Listen: freeAddress(t), Key: "river_live_0123456789abcdefghijklmnopqrstuv",
		Database: database, Limit: tryLimit}}
	a.log = serverLog(t)
	s, err := start(a.role, a.log)
	if err != nil || s.addr == "" {
		t.Fatalf("the first server does not start: %v", err)
	}
	s.kill()
	return a
}

// run kills servers, leaves one in peace, and returns the hashes of all results by
// their names.
func (a *after) run() map[string][32]byte {
	points := []string{"artifact:stored", "commit:before", "commit:after"}
	for _, kind := range append(a.kinds, "finish_run") {
		points = append(points, kind+":before", kind+":after")
	}
	tour, died := newTour(points), map[string]int{}
	for kills := range *afterKills {
		if kills%4 == 3 {
			a.life("", 0, rand.N(lifetime))
			continue
		}
		point, visit := tour.next()
		there := a.life(point, visit, fullLife)
		if tour.came(point, there); there {
			died[point]++
		}
	}
	results := a.judge()
	a.Logf("%d kills, at these points: %v; %d tasks were acknowledged, %d given up as cut short too often, %d results are there",
		*afterKills, died, len(a.accepted), a.lost, len(results))
	if len(results) == 0 || a.lost > len(results)/10 {
		a.Error("little was made, so little is proven")
	}
	return results
}

// life runs a server that dies at the point, or is killed after a while, and reports
// which.
func (a *after) life(point string, visit int, limit time.Duration) (died bool) {
	r := a.role
	r.Point, r.Visit = point, visit
	s, err := start(r, a.log)
	if err != nil {
		a.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(a.Context(), limit)
	defer cancel()
	submitted := make(chan struct{})
	go func() {
		defer close(submitted)
		a.submit(ctx, client.New("http://"+r.Listen, r.Key))
	}()
	select {
	case <-s.exited:
	case <-ctx.Done():
	}
	cancel()
	<-submitted
	s.kill()
	return s.died == point
}

// submit asks for some tasks, but not for more than get done.
func (a *after) submit(ctx context.Context, c *client.Client) {
	for made := 0; made < 4 && ctx.Err() == nil; {
		pause()
		open, err := c.Tasks(ctx, client.TaskQuery{Status: "running", PageQuery: client.PageQuery{Limit: 1}})
		if err != nil || len(open.Items) > 0 {
			continue
		}
		k, err := c.Submit(ctx, a.provider, a.capability, client.Submission{Model: a.model,
			Input: json.RawMessage(fmt.Sprintf(`{"prompt":"kill %d","sandbox":{"seconds":0},%s}`, rand.Int64(), a.input()))})
		if err == nil {
			a.accepted = append(a.accepted, k.ID)
			made++
		}
	}
}

// judge lets a server end all, and wants each task to have its result, what is done
// after it to be done, and no file to be left that belongs to nothing.
func (a *after) judge() map[string][32]byte {
	s, err := start(a.role, a.log)
	if err != nil || s.addr == "" {
		a.Fatalf("the last server does not start: %v", err)
	}
	c := client.New("http://"+s.addr, a.role.Key)
	deadline := time.Now().Add(patience)
	until := func(what string, check func() error) {
		err := check()
		for err != nil && time.Now().Before(deadline) {
			pause()
			err = check()
		}
		if err != nil {
			a.Errorf("%s: %v", what, err)
		}
	}
	for _, id := range a.accepted {
		until("task "+id, func() error { return a.ended(c, id) })
	}
	tasks, err := pages(func(p client.PageQuery) (client.Page[client.Task], error) {
		return c.Tasks(a.Context(), client.TaskQuery{PageQuery: p})
	})
	if err != nil {
		a.Fatal(err)
	}
	results := map[string][32]byte{}
	for _, k := range tasks { // those too whose acknowledgement was lost
		until("task "+k.ID, func() error { return a.ended(c, k.ID) })
		k, err := c.Task(a.Context(), k.ID)
		if err == nil && k.Status == "failed" {
			a.lost++
		}
		if err != nil || len(k.Result) != 1 {
			continue // that was said
		}
		until("task "+k.ID, func() error { return a.done(c, &k) })
		status, size, hash, err := fetch(a.Context(), k.Result[0].URL)
		if err != nil || status != 200 || size != k.Result[0].SizeBytes {
			a.Errorf("the result of task %s of %d bytes answers %d with %d, %v", k.ID, k.Result[0].SizeBytes, status, size, err)
		}
		link, _, _ := strings.Cut(k.Result[0].URL, "?")
		results[path.Base(link)] = hash
	}
	until("leftovers", a.clean)
	s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.exited
	if !s.stopped() {
		a.Error("the last server does not stop as one that was asked to")
	}
	return results
}

// ended says what is wrong with a task that is to have succeeded.
func (a *after) ended(c *client.Client, id string) error {
	k, err := c.Task(a.Context(), id)
	if err == nil && k.Status == "failed" && k.Error.Code == taskhook.TaskErrorInterrupted {
		return nil // as is promised after so many kills
	}
	if err == nil && (k.Status != "succeeded" || len(k.Result) != 1) {
		err = fmt.Errorf("it is %s (%+v) with the results %+v", k.Status, k.Error, k.Result)
	}
	return err
}

// clean says what is wrong when there is a file of no result or poster. Where others may
// share the database an unfinished one stays for a day, for it may be theirs.
func (a *after) clean() error {
	var ids []string
	for name := range hashes(a.T, filepath.Join(a.role.Data, "artifacts")) {
		if a.role.Database == "" || filepath.Base(filepath.Dir(name)) != "incoming" {
			ids = append(ids, filepath.Base(name))
		}
	}
	for name := range hashes(a.T, filepath.Join(a.role.Data, "scratch")) {
		return fmt.Errorf("the file %s was left", name)
	}
	var known map[string]bool
	a.beside(func(db *store.Store) (err error) {
		known, err = db.KnownArtifacts(a.Context(), ids)
		return err
	})
	for _, id := range ids {
		if !known[id] {
			return fmt.Errorf("the file %s belongs to nothing", id)
		}
	}
	return nil
}

// beside does something with the database as the command line does.
func (a *after) beside(do func(*store.Store) error) { beside(a.T, a.role, do) }

// hashes reads all files below a folder, by their paths.
func hashes(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	found := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			found[path] = sha256.Sum256(text)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return found
}
