package bench

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Figure is one thing that was measured, in every round.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit,omitempty"`
	Median float64   `json:"median"`
	Rounds []float64 `json:"rounds"`
	// Target is what it is to reach, at least or AtMost; 0: none.
	Target float64 `json:"target,omitzero"`
	AtMost bool    `json:"at_most,omitzero"`
}

// figure is a Figure of one round.
type figure struct {
	name, unit string
	value      float64
}

// String returns it as in "ratio 0.31".
func (f figure) String() string {
	text := f.name + " " + number(f.value)
	if f.unit != "" {
		text += " " + f.unit
	}
	return text
}

// figures are what a round brought, the most telling first.
type figures []figure

func (f *figures) add(name, unit string, value float64) {
	*f = append(*f, figure{name, unit, value})
}

// addBytes and addTime add what could be read; on systems where it can't be, the
// figure is missing in all rounds.
func (f *figures) addBytes(name string, bytes int64, ok bool) {
	if ok {
		f.add(name, "MiB", float64(bytes)/(1<<20))
	}
}

func (f *figures) addTime(name string, d time.Duration) {
	f.add(name, "ms", float64(d.Microseconds())/1000)
}

// perSecond is a rate.
func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// micros is a cost of each of n, in microseconds.
func micros(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }

// merge puts the rounds beside each other. What not all of them have is left out.
func merge(rounds []figures) []Figure {
	var merged []Figure
	for _, f := range rounds[0] {
		m := Figure{Name: f.name, Unit: f.unit}
		for _, r := range rounds {
			if i := slices.IndexFunc(r, func(o figure) bool { return o.name == f.name }); i >= 0 {
				m.Rounds = append(m.Rounds, r[i].value)
			}
		}
		if len(m.Rounds) == len(rounds) {
			m.Median = median(m.Rounds)
			merged = append(merged, m)
		}
	}
	return merged
}

// median of an even number of values is the higher of the two in the middle.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// number writes a value with all digits before the point, at least three in all.
func number(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}
