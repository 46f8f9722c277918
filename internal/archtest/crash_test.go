package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testName is how a document names a test.
var testName = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")

// TestNamedTestsAreThere holds documents to tests that exist, and each row of the
// table of crashes to one.
func TestNamedTestsAreThere(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, f := range source(t) {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.test && fn.Recv == nil {
				there[fn.Name.Name] = true
			}
		}
	}
	for name, text := range documents(t) {
		for _, m := range testName.FindAllStringSubmatch(text, -1) {
			if !there[m[1]] {
				t.Errorf("%s speaks of %s, which no package has", name, m[1])
			}
		}
	}
	for _, row := range crashes(t) {
		cells := strings.Split(strings.Trim(row, "| "), "|")
		if len(cells) != 4 || !testName.MatchString(cells[3]) {
			t.Errorf("the row %q names no test that shows it", cells[0])
		}
	}
}

// crashes returns the rows of the table of what happens at a crash.
func crashes(t *testing.T) (rows []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n| crash | on disk | then | tests |\n|---|---|---|---|\n")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows = append(rows, strings.TrimSpace(line))
	}
	if !found || len(rows) == 0 {
		t.Fatal("ARCHITECTURE.md has no table of crashes")
	}
	return rows
}
