//go:build unix

package main

import (
	"slices"
	"strings"
)

// How narrow an elastic column may be made: to keep optional ones, and if it
// must be.
const (
	goodColumn = 24
	minColumn  = 12
)

// column is one of a table.
type column struct {
	title    string
	elastic  bool // may be cut to fit a terminal
	optional bool // may be left out there; the last ones first
	state    bool // is coloured by what it says
}

// table is a list for people. What is put into it is escaped.
type table struct {
	columns []column
	rows    [][]string
}

// add appends a row, of one text for each column.
func (t *table) add(texts ...string) {
	row := make([]string, len(t.columns))
	for i := range row {
		row[i] = "-"
		if texts[i] != "" {
			row[i] = safe(texts[i])
		}
	}
	t.rows = append(t.rows, row)
}

// print writes the table in lines that fit the screen, if they can.
func (t *table) print(s *screen) error {
	widths := t.fit(s.width)
	var b strings.Builder
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	t.line(&b, titles, widths, func(_ int, text string) string { return s.paint(dim, text) })
	for _, row := range t.rows {
		t.line(&b, row, widths, func(i int, text string) string {
			if t.columns[i].state {
				return s.paint(colourOf(row[i]), text)
			}
			return text
		})
	}
	return s.print(b.String())
}

// line appends a row; a column of width 0 is left out.
func (t *table) line(b *strings.Builder, row []string, widths []int, paint func(column int, text string) string) {
	gap := 0
	for i, text := range row {
		if widths[i] == 0 {
			continue
		}
		text = cut(text, widths[i])
		b.WriteString(strings.Repeat(" ", gap) + paint(i, text))
		gap = 2 + widths[i] - cells(text)
	}
	b.WriteByte('\n')
}

// fit returns the widths of the columns: optional ones go, from the last, until
// the others have room; then the widest is cut until all fit.
func (t *table) fit(screen int) []int {
	widths := t.widths()
	if screen == 0 {
		return widths
	}
	for i, c := range slices.Backward(t.columns) {
		if lineWidth(t.least(widths, goodColumn)) <= screen {
			break
		}
		if c.optional {
			widths[i] = 0
		}
	}
	least := t.least(widths, minColumn)
	for lineWidth(widths) > screen {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break // an id is never cut
		}
		widths[widest]--
	}
	return widths
}

// widths returns what the columns need to show everything.
func (t *table) widths() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = cells(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], cells(row[i]))
		}
	}
	return widths
}

// least returns the widths with elastic columns cut to limit.
func (t *table) least(widths []int, limit int) []int {
	least := slices.Clone(widths)
	for i, c := range t.columns {
		if c.elastic {
			least[i] = min(least[i], limit)
		}
	}
	return least
}

func lineWidth(widths []int) (sum int) {
	for _, w := range widths {
		if w > 0 {
			sum += w + 2
		}
	}
	return sum - 2
}
