package archtest

import (
	"path"
	"testing"
)

// exception lets one place do what a rule forbids. The place is a package or a
// file and may be a pattern of path.Match.
type exception struct {
	place string
	why   string
}

// exceptions are those of one rule. It notes which of them are used.
type exceptions struct {
	list []exception
	used map[string]bool
}

func except(list ...exception) *exceptions {
	return &exceptions{list: list, used: map[string]bool{}}
}

// allow reports whether f is an exception.
func (e *exceptions) allow(f *file) bool {
	for _, x := range e.list {
		inPackage, _ := path.Match(x.place, f.pkg)
		inFile, _ := path.Match(x.place, f.path)
		if inPackage || inFile {
			e.used[x.place] = true
			return true
		}
	}
	return false
}

// check fails for exceptions that nothing needs.
func (e *exceptions) check(t *testing.T) {
	t.Helper()
	for _, x := range e.list {
		if !e.used[x.place] {
			t.Errorf("the exception of %s (%s) is not needed: remove it", x.place, x.why)
		}
	}
}
