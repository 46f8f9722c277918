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
	At          time.Time `json:"at"`
	Machine     Machine   `json:"machine"`
	Publishes   int       `json:"publishes,omitzero"`
	Connections int       `json:"connections,omitzero"`
	BodyBytes   int       `json:"body_bytes,omitzero"`
	Figures     []Figure  `json:"figures"`
}

// WriteJSON writes the report as one line.
func (r *Report) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprint(w, r.Scenario)
	if r.Publishes > 0 {
		fmt.Fprintf(w, ": %d publishes of %d bytes over %d connections", r.Publishes, r.BodyBytes, r.Connections)
	}
	fmt.Fprintf(w, "\n%s\n\n", r.Machine)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FIGURE\tMEDIAN\tUNIT\tROUNDS")
	for _, f := range r.Figures {
		rounds := make([]string, len(f.Rounds))
		for i, v := range f.Rounds {
			rounds[i] = number(v)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.Name, number(f.Median), f.Unit, strings.Join(rounds, "  "))
	}
	return table.Flush()
}
