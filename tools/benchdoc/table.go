package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var databases = []string{"sqlite", "postgres"}

// table is the block of the page: where it was measured, targets, all figures.
func table(found []result) string {
	var b strings.Builder
	if len(found) == 0 {
		return ""
	}
	b.WriteString(where(found) + "\n\n")
	b.WriteString("| scenario | figure | SQLite: target | reached | PostgreSQL: target | reached |\n|---|---|---|---|---|---|\n")
	for _, row := range rows(found) {
		if row.target() {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.scenario, row.label(), row.sqlite.pair(), row.postgres.pair())
		}
	}
	b.WriteString("\n<details><summary>All figures, as medians with the least and the most of the rounds</summary>\n\n")
	b.WriteString("| scenario | figure | SQLite | PostgreSQL |\n|---|---|---|---|\n")
	for _, row := range rows(found) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.scenario, row.label(), row.sqlite.spread(), row.postgres.spread())
	}
	b.WriteString("\n</details>\n")
	for _, r := range found {
		for _, note := range r.Notes {
			fmt.Fprintf(&b, "\n%s on %s: %s\n", r.Scenario, r.Database, note)
		}
	}
	return b.String()
}

// where says on what it was measured, and how loaded that was.
func where(found []result) string {
	m := found[0].Machine
	var fsync []int64
	var publishes []int
	load, version := 0.0, ""
	for _, r := range found {
		publishes = append(publishes, r.Publishes)
		fsync, load, version = append(fsync, r.Machine.Fsync), max(load, r.Machine.Load), cmp.Or(version, r.Version)
	}
	slices.Sort(fsync)
	text := fmt.Sprintf("%s, %s, %d cores, kernel %s, %s, commit %s, fsync %d to %d µs", found[0].At[:10], m.CPU, m.Cores, m.Kernel,
		m.Go, cmp.Or(m.Commit, "unknown"), fsync[0], fsync[len(fsync)-1])
	if version != "" {
		text += ", PostgreSQL " + version
	}
	text += fmt.Sprintf(". %d publishes of %d bytes.", slices.Max(publishes), found[0].BodyBytes)
	if least := slices.Min(publishes); least < slices.Max(publishes) {
		text += fmt.Sprintf(" Some scenarios had %d only.", least)
	}
	if load > 2*float64(m.Cores) { // scenarios follow one another, so some of it is their own
		text += fmt.Sprintf(" **The machine had other work to do (a load of up to %.0f): these figures are preliminary.**", load)
	}
	return text
}

// row is a figure on both databases.
type row struct {
	scenario         string
	sqlite, postgres cell
}

type cell struct {
	figure
	known bool
}

func rows(found []result) (all []row) {
	var scenarios []string
	for _, r := range found {
		if !slices.Contains(scenarios, r.Scenario) {
			scenarios = append(scenarios, r.Scenario)
		}
	}
	for _, s := range scenarios {
		var names []string
		for _, database := range databases {
			if r := find(found, s, database); r != nil {
				for _, f := range r.Figures {
					if !slices.Contains(names, f.Name) {
						names = append(names, f.Name)
					}
				}
			}
		}
		for _, name := range names {
			one := row{scenario: s}
			one.sqlite.figure, one.sqlite.known = find(found, s, databases[0]).figure(name)
			one.postgres.figure, one.postgres.known = find(found, s, databases[1]).figure(name)
			all = append(all, one)
		}
	}
	return all
}

func (r *row) target() bool { return r.sqlite.Target != 0 || r.postgres.Target != 0 }

func (r *row) label() string {
	f := r.sqlite.figure
	if !r.sqlite.known {
		f = r.postgres.figure
	}
	if f.Unit == "" {
		return f.Name
	}
	return f.Name + ", " + f.Unit
}

// pair are target and what was reached, bold where it is missed.
func (c cell) pair() string {
	if !c.known || c.Target == 0 {
		return "|"
	}
	sign, missed := "≥", c.Median < c.Target
	if c.AtMost {
		sign, missed = "≤", c.Median > c.Target
	}
	reached := number(c.Median)
	if missed {
		reached = "**" + reached + "**"
	}
	return sign + strconv.FormatFloat(c.Target, 'g', -1, 64) + " | " + reached
}

func (c cell) spread() string {
	if !c.known {
		return ""
	}
	least, most := slices.Min(c.Rounds), slices.Max(c.Rounds)
	if least == most {
		return number(c.Median)
	}
	return fmt.Sprintf("%s (%s to %s)", number(c.Median), number(least), number(most))
}

// number writes a value with three digits, or all before the point.
func number(v float64) string {
	switch {
	case v >= 100 || v == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
