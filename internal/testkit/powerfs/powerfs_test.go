package powerfs

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// place is a directory on a mounted file system, whose doings must succeed.
type place struct {
	t *testing.T
	*FS
}

// mounted mounts a file system; ok is false where that can't be done. Persists is of
// Need.
func mounted(t *testing.T, persists func(name string) bool) (p place, ok bool) {
	t.Helper()
	f := Need(t, persists)
	return place{t, f}, f != nil
}

// must ends the test on an error.
func (p place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p place) path(name string) string { return filepath.Join(p.Dir(), name) }

// write writes a file, and syncs it if that is asked for.
func (p place) write(name, text string, flags int, sync bool) {
	p.t.Helper()
	f, err := os.OpenFile(p.path(name), os.O_WRONLY|flags, 0o640)
	p.must(err)
	_, err = f.WriteString(text)
	p.must(err)
	if sync {
		p.must(f.Sync())
	}
	p.must(f.Close())
}

// sync makes the names of a directory durable.
func (p place) sync(dir string) {
	p.t.Helper()
	f, err := os.Open(p.path(dir))
	p.must(err)
	p.must(f.Sync())
	p.must(f.Close())
}

// keep writes a file that outlives cuts.
func (p place) keep(name, text string) {
	p.t.Helper()
	p.write(name, text, os.O_CREATE, true)
	p.sync(filepath.Dir(name))
}

// tree lists files and their texts, and directories with a slash.
func (p place) tree() (list []string) {
	p.t.Helper()
	p.must(fs.WalkDir(os.DirFS(p.Dir()), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case e.IsDir():
			list = append(list, name+"/")
			return nil
		}
		text, err := os.ReadFile(p.path(name))
		list = append(list, name+"="+string(text))
		return err
	}))
	return list
}

func TestWhatIsDurable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		do     func(place)
		before string // the tree, in words
		after  string
	}{
		{"nothing synced", func(p place) { p.write("a", "text", os.O_CREATE, false) }, "a=text", ""},
		{"bytes without their name", func(p place) { p.write("a", "text", os.O_CREATE, true) }, "a=text", ""},
		{"a name without its bytes", func(p place) {
			p.write("a", "text", os.O_CREATE, false)
			p.sync(".")
		}, "a=text", "a="},
		{"both", func(p place) { p.keep("a", "text") }, "a=text", "a=text"},
		{"bytes after the sync", func(p place) {
			p.keep("a", "text")
			p.write("a", "more", os.O_APPEND, false)
		}, "a=textmore", "a=text"},
		{"bytes over others", func(p place) {
			p.keep("a", "text")
			p.write("a", "TE", 0, false)
		}, "a=TExt", "a=text"},
		{"a truncation", func(p place) {
			p.keep("a", "text")
			p.must(os.Truncate(p.path("a"), 1))
		}, "a=t", "a=text"},
		{"a truncation that was synced", func(p place) {
			p.keep("a", "text")
			p.must(os.Truncate(p.path("a"), 1))
			p.write("a", "T", 0, true)
		}, "a=T", "a=T"},
		{"a removal", func(p place) {
			p.keep("a", "text")
			p.must(os.Remove(p.path("a")))
		}, "", "a=text"},
		{"a removal that was synced", func(p place) {
			p.keep("a", "text")
			p.must(os.Remove(p.path("a")))
			p.sync(".")
		}, "", ""},
		{"a rename", func(p place) {
			p.keep("a", "new")
			p.keep("b", "old")
			p.must(os.Rename(p.path("a"), p.path("b")))
		}, "b=new", "a=new b=old"},
		{"a rename that was synced", func(p place) {
			p.keep("a", "new")
			p.keep("b", "old")
			p.must(os.Rename(p.path("a"), p.path("b")))
			p.sync(".")
		}, "b=new", "b=new"},
		{"a link", func(p place) {
			p.write("a", "text", os.O_CREATE, true)
			p.must(os.Link(p.path("a"), p.path("b")))
			p.must(os.Remove(p.path("a")))
			p.sync(".")
		}, "b=text", "b=text"},
		{"a directory", func(p place) {
			p.must(os.Mkdir(p.path("d"), 0o700))
			p.keep("d/a", "text")
		}, "d/ d/a=text", ""},
		{"a directory and its directory", func(p place) {
			p.must(os.Mkdir(p.path("d"), 0o700))
			p.sync(".")
			p.keep("d/a", "text")
		}, "d/ d/a=text", "d/ d/a=text"},
		{"a move of which one half was synced", func(p place) {
			p.must(os.Mkdir(p.path("d"), 0o700))
			p.keep("a", "text")
			p.must(os.Rename(p.path("a"), p.path("d/a")))
			p.sync("d")
		}, "d/ d/a=text", "a=text d/ d/a=text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, ok := mounted(t, nil)
			if !ok {
				return
			}
			c.do(p)
			if got := strings.Join(p.tree(), " "); got != c.before {
				t.Errorf("before the cut there is %q, want %q", got, c.before)
			}
			for range 2 { // the second cut has nothing to take
				_, err := p.Cut()
				p.must(err)
				if got := strings.Join(p.tree(), " "); got != c.after {
					t.Errorf("after the cut there is %q, want %q", got, c.after)
				}
			}
		})
	}
}

func TestLoss(t *testing.T) {
	t.Parallel()
	p, ok := mounted(t, nil)
	if !ok {
		return
	}
	p.keep("a", "text")
	p.write("a", "more", os.O_APPEND, false)
	p.write("b", "text", os.O_CREATE, false)
	loss, err := p.Cut()
	p.must(err)
	if loss.Bytes["a"] != 4 || loss.Bytes["b"] != 4 || loss.Names != 1 {
		t.Errorf("lost %+v, want 4 bytes each of a and b, and one name", loss)
	}
}

// TestDishonestDisk shows a disk that says that it has written and has not.
func TestDishonestDisk(t *testing.T) {
	t.Parallel()
	p, ok := mounted(t, func(name string) bool { return name != "a" })
	if !ok {
		return
	}
	p.write("a", "text", os.O_CREATE, true)
	p.write("b", "text", os.O_CREATE, true)
	p.sync(".")
	_, err := p.Cut()
	p.must(err)
	if got := strings.Join(p.tree(), " "); got != "a= b=text" {
		t.Errorf("after the cut there is %q, want the bytes of b alone", got)
	}
}

// TestFailAt lets the power go at the second sync.
func TestFailAt(t *testing.T) {
	t.Parallel()
	p, ok := mounted(t, nil)
	if !ok {
		return
	}
	p.write("a", "text", os.O_CREATE, false)
	p.sync(".")
	var killed atomic.Int64
	p.FailAt(2, func() { killed.Add(1) })
	p.write("a", "TEXT", 0, true)
	if killed.Load() != 0 {
		t.Error("the power went at the first sync")
	}
	file, err := os.OpenFile(p.path("a"), os.O_WRONLY, 0)
	p.must(err)
	_, err = file.WriteString("lost")
	p.must(err)
	if err := file.Sync(); !errors.Is(err, unix.EIO) || killed.Load() != 1 {
		t.Errorf("at the second sync kill was called %d times, and the error is %v", killed.Load(), err)
	}
	if _, err := file.WriteString("late"); !errors.Is(err, unix.EIO) {
		t.Errorf("writing without power: %v", err)
	}
	p.must(file.Close())
	loss, err := p.Cut()
	p.must(err)
	if got := p.tree(); !slices.Equal(got, []string{"a=TEXT"}) || loss.Bytes["a"] != 4 {
		t.Errorf("after the cut there is %q, and lost is %+v", got, loss)
	}
	p.write("a", "text", 0, true) // the power stays
}

// TestTornCuts shows that any part of what was not durable may survive, in whole
// sectors, and that what was durable always does.
func TestTornCuts(t *testing.T) {
	t.Parallel()
	p, ok := mounted(t, nil)
	if !ok {
		return
	}
	r := rand.New(rand.NewPCG(1, 2))
	old, new := bytes.Repeat([]byte("o"), 8*sector), bytes.Repeat([]byte("n"), 8*sector)
	all, none, some, renamed := 0, 0, 0, 0
	for range 60 {
		p.write("a", string(old), os.O_CREATE|os.O_TRUNC, true)
		p.write("from", "text", os.O_CREATE|os.O_TRUNC, true)
		os.Remove(p.path("to"))
		p.sync(".")
		p.write("a", string(new[100:]), 0, false)
		p.must(os.Rename(p.path("from"), p.path("to")))
		_, err := p.CutTorn(r)
		p.must(err)
		got, err := os.ReadFile(p.path("a"))
		p.must(err)
		kept := 0
		for piece := range slices.Chunk(got[:7*sector], sector) {
			switch {
			case bytes.Equal(piece, new[:sector]):
				kept++
			case !bytes.Equal(piece, old[:sector]):
				t.Fatalf("a sector is torn: %q", piece)
			}
		}
		switch kept {
		case 7:
			all++
		case 0:
			none++
		default:
			some++
		}
		_, errFrom := os.Stat(p.path("from"))
		text, errTo := os.ReadFile(p.path("to"))
		if (errFrom == nil) == (errTo == nil) || errTo == nil && string(text) != "text" {
			t.Errorf("the rename is half made: %v, %v", errFrom, errTo)
		}
		if errTo == nil {
			renamed++
		}
	}
	if all == 0 || none == 0 || some == 0 || renamed == 0 || renamed == 60 {
		t.Errorf("of 60 cuts %d left all sectors, %d none and %d some, and %d the rename: each is to be seen", all, none, some, renamed)
	}
}

// TestWhatProgramsExpect goes through what a program may rely on beside durability.
func TestWhatProgramsExpect(t *testing.T) {
	t.Parallel()
	p, ok := mounted(t, nil)
	if !ok {
		return
	}
	p.write("a", "text", os.O_CREATE, false)
	if info, err := os.Stat(p.path("a")); err != nil || info.Mode() != 0o640 || info.Size() != 4 {
		t.Errorf("a is %+v, %v", info, err)
	}
	p.must(os.Chmod(p.path("a"), 0o600))
	if info, err := os.Stat(p.path("a")); err != nil || info.Mode() != 0o600 {
		t.Errorf("a is %+v, %v", info, err)
	}
	if _, err := os.OpenFile(p.path("a"), os.O_CREATE|os.O_EXCL, 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("making a again: %v", err)
	}
	if err := os.Link(p.path("a"), p.path("a")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("linking a to itself: %v", err)
	}
	p.must(os.Mkdir(p.path("d"), 0o700))
	p.write("d/a", "text", os.O_CREATE, false)
	if err := os.Remove(p.path("d")); !errors.Is(err, unix.ENOTEMPTY) {
		t.Errorf("removing a directory with a file: %v", err)
	}
	p.must(os.RemoveAll(p.path("d")))

	one, err := os.OpenFile(p.path("a"), os.O_RDWR, 0)
	p.must(err)
	two, err := os.OpenFile(p.path("a"), os.O_RDWR, 0)
	p.must(err)
	p.must(unix.Flock(int(one.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	if err := unix.Flock(int(two.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != unix.EWOULDBLOCK {
		t.Errorf("a second lock: %v", err)
	}
	p.must(one.Close())
	p.must(unix.Flock(int(two.Fd()), unix.LOCK_EX|unix.LOCK_NB))
	p.must(os.Remove(p.path("a"))) // it can be used until it is closed
	if _, err := two.WriteAt([]byte("more"), 10); err != nil {
		t.Errorf("writing to a removed file: %v", err)
	}
	got := make([]byte, 14)
	if _, err := two.ReadAt(got, 0); err != nil || string(got) != "text\x00\x00\x00\x00\x00\x00more" {
		t.Errorf("a removed file reads %q, %v", got, err)
	}
	p.must(two.Close())
	if got := p.tree(); len(got) > 0 {
		t.Errorf("%v is left", got)
	}
}

func TestListingWhileItChanges(t *testing.T) {
	t.Parallel()
	p, ok := mounted(t, nil)
	if !ok {
		return
	}
	const files = 1000
	for i := range files {
		p.write(strings.Repeat("x", 100)+string(rune('a'+i%26))+strings.Repeat("y", i/26), "", os.O_CREATE, false)
	}
	dir, err := os.Open(p.Dir())
	p.must(err)
	defer dir.Close()
	seen := 0
	for {
		entries, err := dir.ReadDir(10)
		if len(entries) == 0 {
			break
		}
		p.must(err)
		for _, e := range entries {
			seen++
			p.must(os.Remove(p.path(e.Name())))
		}
	}
	if seen != files {
		t.Errorf("the listing tells of %d files, want %d", seen, files)
	}
}
