package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
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
)

var eraseKills = flag.Int("erasekills", 6, "how often a server that removes data is killed")

// removalPoints are the points that removing comes to.
func removalPoints() []string {
	points := []string{"commit:before", "commit:after"}
	for _, kind := range []string{"remove", "erase", "finish_erasure", "close_account"} {
		points = append(points, kind+":before", kind+":after")
	}
	return points
}

// TestErasureKills kills a server again and again while it erases subjects and removes
// what is old: in the end nothing of the erased is left in any file, each erasure has
// its receipt, and of the others only the results are gone, which were old.
func TestErasureKills(t *testing.T) {
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := &clearance{T: t, log: log, role: role{Data: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", Key: "river_live_0123456789abcdefghijklmnopqrstuv"}}
	c.populate()
	tour, points := newTour(removalPoints()), map[string]int{}
	for kills := 0; kills < *eraseKills; kills++ {
		c.order(c.users[kills])
		point, visit := tour.next()
		died := c.life(point, visit)
		if tour.came(point, died); died {
			points[point]++
		}
	}
	c.judge()
	t.Logf("%d kills, at these points: %v", *eraseKills, points)
	if t.Failed() {
		text, _ := os.ReadFile(log.Name())
		t.Logf("%s", text)
	}
}

// clearance is a server from which subjects are erased.
type clearance struct {
	*testing.T
	log   io.Writer
	role  role
	users []user // one for each kill, and one that stays
}

// user is a subject: every third has an account of its own, the others are named in
// the metadata of the first account.
type user struct {
	name, key string
	account   string // id; empty: the first
	tasks     []string
}

// owner is the key that sees what a user has.
func (c *clearance) owner(u *user) string {
	if u.key == "" {
		return c.role.Key
	}
	return u.key
}

// populate gives each user tasks that have ended.
func (c *clearance) populate() {
	s, err := start(c.role, c.log)
	if err != nil || s.addr == "" {
		c.Fatalf("the first server does not start: %v", err)
	}
	defer s.kill()
	for i := range *eraseKills + 1 {
		u := user{name: fmt.Sprintf("marker-%d-", i)}
		if i%3 == 2 {
			u.key, u.account = c.newAccount(u.name)
		}
		api := client.New("http://"+s.addr, c.owner(&u))
		for range 3 {
			k, err := api.Submit(c.Context(), "seedream", "text-to-image", client.Submission{Model: "seedream-4-0",
				Input:    json.RawMessage(`{"prompt":"` + strings.Repeat(u.name, 300) + `","width":64,"height":64,"sandbox":{"seconds":0}}`),
				Metadata: json.RawMessage(`{"user":"` + u.name + `"}`)})
			if err != nil {
				c.Fatal(err)
			}
			u.tasks = append(u.tasks, k.ID)
		}
		for _, id := range u.tasks {
			for k, err := api.Task(c.Context(), id); k.Status != "succeeded"; k, err = api.Task(c.Context(), id) {
				if err != nil {
					c.Fatal(err)
				}
				pause()
			}
		}
		c.users = append(c.users, u)
	}
}

// beside does something with the database as the command line does.
func (c *clearance) beside(do func(*store.Store) error) {
	c.Helper()
	beside(c.T, c.role, do)
}

func (c *clearance) newAccount(name string) (key, id string) {
	c.beside(func(db *store.Store) error {
		text, made, err := account.New(db, keyring.HashKey, 0).Create(c.Context(), time.Now(), name, taskhook.NewKey{Name: name})
		key, id = text, made.AccountID
		return err
	})
	return key, id
}

// order asks for a user to be erased.
func (c *clearance) order(u user) {
	now, subject := time.Now(), taskhook.Subject{Kind: taskhook.SubjectMetadata, Name: "user=" + u.name}
	if u.account != "" {
		subject = taskhook.Subject{Kind: taskhook.SubjectAccount, Name: u.account}
	}
	c.beside(func(db *store.Store) error {
		_, err := db.OrderErasure(c.Context(), taskhook.Erasure{ID: taskhook.NewID(taskhook.PrefixErasure, now), Subject: subject, CreatedAt: now})
		return err
	})
}

// life runs a server that removes what is old and dies at the point, and reports
// whether it came there.
func (c *clearance) life(point string, visit int) (died bool) {
	r := c.role
	r.Point, r.Visit, r.Results = point, visit, time.Millisecond
	s, err := start(r, c.log)
	if err != nil {
		c.Fatal(err)
	}
	limit, cancel := context.WithTimeout(c.Context(), shortLife)
	defer cancel()
	select {
	case <-s.exited:
	case <-limit.Done():
	}
	s.kill()
	return s.died == point
}

// judge lets a server end all that is ordered, and looks for what is left.
func (c *clearance) judge() {
	r := c.role
	r.Results = time.Millisecond
	s, err := start(r, c.log)
	if err != nil || s.addr == "" {
		c.Fatalf("the last server does not start: %v", err)
	}
	for deadline := time.Now().Add(patience); !c.cleared(s) && time.Now().Before(deadline); {
		pause()
	}
	for i := range c.users[:*eraseKills] {
		u := &c.users[i]
		for _, id := range u.tasks {
			_, err := client.New("http://"+s.addr, c.owner(u)).Task(c.Context(), id)
			if got := status(err); got != http.StatusNotFound && got != http.StatusUnauthorized {
				c.Errorf("task %s of the erased %s answers %v", id, u.name, err)
			}
		}
	}
	stays := &c.users[*eraseKills]
	for _, id := range stays.tasks {
		k, err := client.New("http://"+s.addr, c.owner(stays)).Task(c.Context(), id)
		if err != nil || k.Status != "expired" || !bytes.Contains(k.Metadata, []byte(stays.name)) {
			c.Errorf("task %s of who stays is %s, %v", id, k.Status, err)
		}
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.exited
	if !s.stopped() {
		c.Error("the last server does not stop as one that was asked to")
	}
	c.search()
}

// cleared reports whether all is done that is to be: no order is open, and the results
// of who stays are removed.
func (c *clearance) cleared(s *server) bool {
	var open []taskhook.Erasure
	c.beside(func(db *store.Store) (err error) {
		open, err = db.UnfinishedErasures(c.Context())
		return err
	})
	stays := &c.users[*eraseKills]
	for _, id := range stays.tasks {
		k, err := client.New("http://"+s.addr, c.owner(stays)).Task(c.Context(), id)
		if err != nil || k.Status != "expired" {
			return false
		}
	}
	return len(open) == 0
}

// search looks for the erased in every file, and for their receipts.
func (c *clearance) search() {
	found := map[string]bool{}
	err := filepath.WalkDir(c.role.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, u := range c.users {
			if bytes.Contains(text, []byte(u.name)) {
				found[u.name] = true
			}
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	for i, u := range c.users {
		if stays := i == *eraseKills; found[u.name] != stays {
			c.Errorf("%s is in the files: %t, want %t", u.name, found[u.name], stays)
		}
	}
	c.beside(func(db *store.Store) error {
		receipts, err := db.Erasures(c.Context())
		for _, e := range receipts {
			if e.FinishedAt.IsZero() || e.Counts["tasks"] != 3 {
				c.Errorf("the receipt is %+v", e)
			}
		}
		if len(receipts) != *eraseKills {
			c.Errorf("%d receipts for %d erasures", len(receipts), *eraseKills)
		}
		return err
	})
}
