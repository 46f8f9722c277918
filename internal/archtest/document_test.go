package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents returns the texts of all Markdown files by their paths below root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			below, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.ToSlash(below)] = string(text)
		}
	}
	return texts
}

var (
	link = regexp.MustCompile(`\]\(([^)#]+)\)`)
	// place is a path in the repository, in code spans: `internal/app/run.go`.
	place = regexp.MustCompile("`((?:cmd|internal|client|webhook|docs|examples|scripts|test|tools|\\.ci)(?:/[a-z0-9_.-]+)*|[a-z]+\\.go)`")
	goal  = regexp.MustCompile("`make ([a-z]+)`")
)

func TestDocumentsSpeakOfWhatIsThere(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1], "://") && !exists(filepath.Join(filepath.Dir(name), m[1])) {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
		for _, m := range place.FindAllStringSubmatch(text, -1) {
			if !exists(m[1]) {
				t.Errorf("%s speaks of %s, which is not there", name, m[1])
			}
		}
		for _, m := range goal.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s speaks of make %s, which the Makefile does not know", name, m[1])
			}
		}
	}
}

func exists(below string) bool {
	_, err := os.Stat(filepath.Join(root, below))
	return err == nil
}
