// Command benchdoc writes what `taskhook bench --results` measured into the documents:
// a table into a marked block of a page, and plots beside it. It is a module of its own,
// so that the product is not built from what draws.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// result is a line of what was measured: see internal/bench.Report.
type result struct {
	Scenario  string  `json:"scenario"`
	Database  string  `json:"database"`
	Version   string  `json:"version"`
	At        string  `json:"at"`
	Machine   machine `json:"machine"`
	Publishes int     `json:"publishes"`
	BodyBytes int     `json:"body_bytes"`
	Figures   []figure
	Notes     []string
}

type machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Kernel string  `json:"kernel"`
	Go     string  `json:"go"`
	Commit string  `json:"commit"`
	Fsync  int64   `json:"fsync_us"`
	Load   float64 `json:"load"`
}

type figure struct {
	Name   string
	Unit   string
	Median float64
	Rounds []float64
	Target float64
	AtMost bool `json:"at_most"`
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: benchdoc RESULTS PAGE FOLDER-OF-PLOTS")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "benchdoc:", err)
		os.Exit(1)
	}
}

func write(results, page, plots string) error {
	file, err := os.Open(results)
	if err != nil {
		return err
	}
	defer file.Close()
	found, err := read(file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err = fill(text, table(found))
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	if err := os.WriteFile(page, text, 0o644); err != nil {
		return err
	}
	return errors.Join(plotRatios(found, filepath.Join(plots, "ratio.svg")), plotLatency(found, filepath.Join(plots, "latency.svg")))
}

// read returns the last result of each scenario on each database, in order.
func read(r io.Reader) (found []result, err error) {
	place := map[string]int{}
	for d := json.NewDecoder(r); ; {
		var one result
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the results: %w", err)
		}
		name := one.Scenario + " " + one.Database
		if i, ok := place[name]; ok {
			found[i] = one
			continue
		}
		place[name] = len(found)
		found = append(found, one)
	}
}

const (
	begin = "<!-- measured: written by make benchdoc -->\n"
	end   = "<!-- end of what was measured -->"
)

// fill puts a text between the marks.
func fill(page []byte, text string) ([]byte, error) {
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return nil, fmt.Errorf("it lacks the marks %q and %q", begin, end)
	}
	return []byte(before + begin + text + end + after), nil
}

func find(found []result, scenario, database string) *result {
	for i := range found {
		if found[i].Scenario == scenario && found[i].Database == database {
			return &found[i]
		}
	}
	return nil
}

func (r *result) figure(name string) (figure, bool) {
	if r == nil {
		return figure{}, false
	}
	for _, f := range r.Figures {
		if f.Name == name {
			return f, true
		}
	}
	return figure{}, false
}
