package archtest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/modelhunter"
)

// operation is the beginning of a row of the table.
var operation = regexp.MustCompile(`(?m)^\| (GET|POST|PUT|PATCH|DELETE) \|`)

// verdict is what a row says of how the original's call is served.
var verdict = regexp.MustCompile(`^ \| (supported|different: |not supported|extension )`)

// TestAPIDocument compares the table of operations in docs/modelhunter.md with the routes.
func TestAPIDocument(t *testing.T) {
	t.Parallel()
	text := documents(t)["docs/modelhunter.md"]
	routes := modelhunter.New(modelhunter.Config{}).Routes()
	for _, r := range routes {
		row := fmt.Sprintf("\n| %s | `%s` | %s", r.Method, r.Pattern, r.Summary)
		_, after, ok := strings.Cut(text, row)
		line, _, _ := strings.Cut(after, "\n")
		if !ok || !verdict.MatchString(line) || !strings.HasSuffix(line, fmt.Sprintf("| %d |", r.Status)) {
			t.Errorf("docs/modelhunter.md lacks the row of %s %s: %s, %d", r.Method, r.Pattern, r.Summary, r.Status)
		}
	}
	if got := len(operation.FindAllString(text, -1)); got != len(routes) {
		t.Errorf("docs/modelhunter.md has %d operations, the API %d", got, len(routes))
	}
	for _, code := range []string{taskhook.TaskErrorProvider, taskhook.TaskErrorNoProvider, taskhook.TaskErrorTimeout,
		taskhook.TaskErrorInterrupted, taskhook.TaskErrorSubmissionUnknown} {
		if !strings.Contains(text, "`"+code+"`") {
			t.Errorf("docs/modelhunter.md does not tell of the task error %s", code)
		}
	}
}
