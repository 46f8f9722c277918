package taskhook_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestIDsSortByTime(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	var ids []string
	for i := range 100 {
		ids = append(ids, taskhook.NewID(taskhook.PrefixTask, start.Add(time.Duration(i*i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids do not sort by time: %v", ids)
	}
	for _, id := range ids {
		if len(id) != len("task_")+26 || !taskhook.HasIDForm(taskhook.PrefixTask, id) {
			t.Errorf("%q has not the form of an id", id)
		}
	}
}

func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	now, seen := time.Unix(1, 0), map[string]bool{}
	for range 10_000 {
		seen[taskhook.NewID(taskhook.PrefixEvent, now)] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("of 10000 ids %d differ", len(seen))
	}
}

// TestFloorID holds that it is the bound of a range by creation time, to the
// millisecond.
func TestFloorID(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_736_937_000_123)
	floor := taskhook.FloorID(taskhook.PrefixTask, at)
	for range 1000 {
		if id := taskhook.NewID(taskhook.PrefixTask, at); id < floor {
			t.Fatalf("%s is below the floor %s of its own time", id, floor)
		}
		if id := taskhook.NewID(taskhook.PrefixTask, at.Add(-time.Millisecond)); id >= floor {
			t.Fatalf("%s is of the millisecond before, but not below the floor %s", id, floor)
		}
	}
	if got, want := taskhook.FloorID("x_", time.Time{}), "x_"+strings.Repeat("0", 26); got != want {
		t.Errorf("the floor of all times is %s, want %s", got, want)
	}
}

func TestIDTime(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_736_937_000_123).UTC()
	for _, id := range []string{taskhook.NewID(taskhook.PrefixTask, at), taskhook.FloorID(taskhook.PrefixTask, at)} {
		if got := taskhook.IDTime(taskhook.PrefixTask, id); got != at {
			t.Errorf("%s was made at %s, want %s", id, got, at)
		}
	}
	for _, id := range []string{"", "task_", "task_1", "task_!!", "wh_" + strings.Repeat("0", 26), "task_" + strings.Repeat("0", 27)} {
		if got := taskhook.IDTime(taskhook.PrefixTask, id); !got.IsZero() {
			t.Errorf("%q was made at %s", id, got)
		}
	}
}

func TestHasIDForm(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"task_0":                             true,
		"task_01h455vb4pex5vsknk084sn02q":    true,
		"task_" + strings.Repeat("a", 64):    true,
		"task_" + strings.Repeat("a", 65):    false,
		"":                                   false,
		"task_":                              false,
		"task":                               false,
		"wh_01h455vb4pex5vsknk084sn02q":      false,
		" task_0":                            false,
		"task_0 ":                            false,
		"task_0\x00":                         false,
		"TASK_0":                             false,
		"task_A":                             false,
		"task_a.b":                           false,
		"task_../../etc/passwd":              false,
		"task_' OR 1=1; --":                  false,
		"task_é":                             false,
		"task_task_0":                        false,
		"task_0\n":                           false,
		"task_%00":                           false,
		"task_01h455vb4pex5vsknk084sn02q.md": false,
	} {
		if got := taskhook.HasIDForm(taskhook.PrefixTask, id); got != want {
			t.Errorf("HasIDForm(%q) = %t", id, got)
		}
	}
}

func FuzzHasIDForm(f *testing.F) {
	for _, seed := range []string{"task_0", "task_", "wh_0", "task_\xff", "task_0/..", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !taskhook.HasIDForm(taskhook.PrefixTask, s) {
			return
		}
		rest := strings.TrimPrefix(s, taskhook.PrefixTask)
		if rest == s || rest == "" || len(rest) > 64 || strings.Trim(rest, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q passes for an id", s)
		}
	})
}

func TestOriginLane(t *testing.T) {
	t.Parallel()
	lanes := map[string]bool{}
	for _, of := range [][2]string{{"acc_a", "https://x"}, {"acc_b", "https://x"}, {"acc_a", "https://y"}, {"acc_a", "http://x"}, {"acc_ah", "ttps://x"}} {
		lane := taskhook.OriginLane(of[0], of[1])
		if lane != taskhook.OriginLane(of[0], of[1]) || !taskhook.HasIDForm(taskhook.PrefixLane, lane) {
			t.Errorf("the lane of %v is %q", of, lane)
		}
		lanes[lane] = true
	}
	if len(lanes) != 5 {
		t.Errorf("5 origins have %d lanes", len(lanes))
	}
}

func TestIDNumber(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 3, 1, 9, 30, 0, 500_000, time.UTC)
	number := taskhook.IDNumber(taskhook.PrefixKey, taskhook.NewID(taskhook.PrefixKey, made))
	if want := (made.UnixMilli()-time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())<<12 + 2048; number != want {
		t.Errorf("the number is %d, want %d", number, want)
	}
	for _, later := range []time.Duration{250 * time.Nanosecond, time.Millisecond, 60 * 365 * 24 * time.Hour} {
		if next := taskhook.IDNumber(taskhook.PrefixKey, taskhook.NewID(taskhook.PrefixKey, made.Add(later))); next <= number || next > 1<<53 {
			t.Errorf("%s later the number is %d after %d", later, next, number)
		}
	}
	for _, id := range []string{"", "key_", "key_1", "key_!"} {
		if n := taskhook.IDNumber(taskhook.PrefixKey, id); n != 0 {
			t.Errorf("%q has the number %d", id, n)
		}
	}
}
