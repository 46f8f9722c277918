package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const lines = `{"scenario":"burst","database":"sqlite","at":"2026-01-02T00:00:00Z","machine":{"cores":2,"fsync_us":200},"figures":[{"name":"ratio to the raw sender","median":9,"rounds":[9]}]}
{"scenario":"burst","database":"sqlite","at":"2026-01-02T00:00:00Z","machine":{"cores":2,"fsync_us":300,"load":9},"figures":[{"name":"ratio to the raw sender","median":0.3,"rounds":[0.3,0.2],"target":0.4}]}
{"scenario":"burst","database":"postgres","version":"17.1","machine":{"cores":2,"fsync_us":100},"figures":[{"name":"ratio to the raw sender","median":0.31,"rounds":[0.31],"target":0.3},{"name":"CPU of PostgreSQL","unit":"µs/webhook","median":101.2,"rounds":[101.2]}],"notes":["so it was"]}
`

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	results, page := filepath.Join(dir, "results.jsonl"), filepath.Join(dir, "page.md")
	for path, text := range map[string]string{results: lines, page: "before\n" + begin + "old\n" + end + "\nafter\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(results, page, dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"before\n", end + "\nafter\n", "fsync 100 to 300 µs, PostgreSQL 17.1", "(a load of up to 9)",
		"| burst | ratio to the raw sender | ≥0.4 | **0.30** | ≥0.3 | 0.31 |",
		"| burst | ratio to the raw sender | 0.30 (0.20 to 0.30) | 0.31 |", "| burst | CPU of PostgreSQL, µs/webhook |  | 101 |", "burst on postgres: so it was"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	if strings.Contains(string(text), "old") || strings.Contains(string(text), "9.00") {
		t.Errorf("what was measured before is in\n%s", text)
	}
	if svg, err := os.ReadFile(filepath.Join(dir, "ratio.svg")); err != nil || !strings.Contains(string(svg), "<svg") {
		t.Errorf("the plot: %v", err)
	}
}

func TestPageWithoutMarks(t *testing.T) {
	if _, err := fill([]byte("nothing"), "x"); err == nil {
		t.Error("a page without marks is written")
	}
}
