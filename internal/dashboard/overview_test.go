package dashboard

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

// TestOverviewIsShared has many look at two accounts at the same moment.
func TestOverviewIsShared(t *testing.T) {
	w := fullWorld("x")
	synctest.Test(t, func(t *testing.T) {
		d := newDashboard(t, w, nil)
		var group sync.WaitGroup
		for range 10 {
			for _, key := range []string{keyOne, keyTwo} {
				group.Go(func() {
					b := &browser{t, d, map[string]*http.Cookie{}}
					b.post("/signin", "credential", key)
					page := b.get("/")
					b.sees(page, http.StatusOK, "Overview")
					if of := strings.Contains(page.Body.String(), "/tasks/task_g"); of != (key == keyOne) {
						t.Errorf("%s sees tasks of acc_one: %t", key[:12], of)
					}
				})
			}
		}
		group.Wait()
		if w.overviews != 2 {
			t.Errorf("it was read %d times", w.overviews)
		}
		<-time.After(time.Second)
		signed := &browser{t, d, map[string]*http.Cookie{}}
		signed.post("/signin", "credential", keyOne)
		signed.sees(signed.get("/"), http.StatusOK)
		if w.overviews != 3 {
			t.Errorf("it was read %d times after a second", w.overviews)
		}
	})
}

func TestMemo(t *testing.T) {
	t.Parallel()
	var m memo[int]
	reads := 0
	read := func() (int, error) { reads++; return reads, nil }
	if _, err := m.get("a", func() (int, error) { return 0, errors.New("broken") }); err == nil {
		t.Error("the error is lost")
	}
	for i, key := range []string{"a", "b"} {
		for range 3 {
			if got, err := m.get(key, read); got != i+1 || err != nil {
				t.Errorf("%s is %d, %v", key, got, err)
			}
		}
	}
	for i := range 3 * maxKept {
		if _, err := m.get(strings.Repeat("x", i), read); err != nil {
			t.Fatal(err)
		}
		if len(m.kept) > maxKept {
			t.Fatalf("%d keys are kept", len(m.kept))
		}
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	var d taskhook.DayTraffic
	for i, n := range [][2]int{{0, 0}, {1000, 0}, {0, 1}, {1, 999}, {500, 500}, {999, 1}} {
		d[i].Start = noon().Add(time.Duration(i) * time.Hour)
		d[i].Add(taskhook.ClassOK, n[0], n[0])
		d[i].Add(taskhook.ClassTLS, n[1], 0)
	}
	v := newTrafficView(&d)
	for i, got := range v.Bars {
		if got.BadY < 0 || got.GoodY+got.GoodH != barHeight || got.BadY+got.BadH != got.GoodY || (got.BadH > 0) != (got.Failed > 0) || (got.GoodH > 0) != (got.Succeeded > 0) {
			t.Errorf("bar %d is %+v", i, got)
		}
	}
	if v.Bars[1].From != "13:00" || v.Bars[1].To != "14:00" || v.Bars[23].To != "now" || v.Bars[1].GoodH != barHeight {
		t.Errorf("bars %+v", v.Bars)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	for want, n := range map[string][2]int{"–": {0, 0}, "100 %": {5, 0}, "0.0 %": {0, 5}, "50.0 %": {1, 1}, "99.9 %": {1_000_000, 1}} {
		var tr taskhook.Traffic
		tr.Add(taskhook.ClassOK, n[0], 0)
		tr.Add(taskhook.ClassTLS, n[1], 0)
		if got := rate(&tr); got != want {
			t.Errorf("%v is %s, want %s", n, got, want)
		}
	}
}

// TestTaskCounts holds that the overview says since when it counts: usage has
// whole hours.
func TestTaskCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight of 2000-01-01
		<-time.After(9*time.Hour + 59*time.Minute)
		b := signedIn(t, fullWorld("x"), keyOne)
		b.sees(b.get("/"), http.StatusOK,
			`<strong>1</strong><span class="state succeeded">succeeded</span><span class="span">since 10:00 UTC</span>`,
			`<strong>1</strong><span class="state failed">failed</span><span class="span">since 10:00 UTC</span>`)
	})
}

// TestStorage shows operators what the server keeps, and nobody else.
func TestStorage(t *testing.T) {
	t.Parallel()
	w := fullWorld("x")
	b := signedIn(t, w, operator)
	b.sees(b.get("/"), http.StatusOK, "Storage of this server", `value="75"`, "25.0 GB of 100.0 GB free", "Events and deliveries", ">12345<", ">6.8 MB<", iso(noon()))
	b = signedIn(t, w, keyOne)
	if page := b.get("/").Body.String(); strings.Contains(page, "Storage of") {
		t.Error("an account sees what others have")
	}
}
