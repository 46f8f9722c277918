package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a scenario brought.
type Report struct {
	Scenario    string    `json:"scenario"`
	Database    string    `json:"database"`          // "sqlite" or "postgres"
	Version     string    `json:"version,omitempty"` // of PostgreSQL
	At          time.Time `json:"at"`
	Machine     Machine   `json:"machine"`
	Publishes   int       `json:"publishes"`
	Connections int       `json:"connections"`
	BodyBytes   int       `json:"body_bytes"`
	Figures     []Figure  `json:"figures"`
	Notes       []string  `json:"notes,omitempty"` // what else is to be known of it
}

// WriteJSON writes the report as one line.
func (r *Report) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "%s on %s: %d publishes of %d bytes over %d connections\n%s\n", r.Scenario, strings.TrimSpace(r.Database+" "+r.Version),
		r.Publishes, r.BodyBytes, r.Connections, r.Machine)
	for _, note := range r.Notes {
		fmt.Fprintln(w, "note: "+note)
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FIGURE\tMEDIAN\tUNIT\tTARGET\tROUNDS")
	for _, f := range r.Figures {
		rounds := make([]string, len(f.Rounds))
		for i, v := range f.Rounds {
			rounds[i] = number(v)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.Name, number(f.Median), f.Unit, f.verdict(), strings.Join(rounds, "  "))
	}
	return table.Flush()
}
