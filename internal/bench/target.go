package bench

import "strings"

// target is what a figure is to reach: on SQLite, on PostgreSQL.
type target struct {
	scenario, figure string
	sqlite, postgres float64 // 0: none
	atMost           bool    // a smaller figure is better
}

// targets are those of the product.
func targets() []target {
	const ratio = "ratio to the raw sender"
	return []target{
		{"burst", ratio, 0.40, 0.30, false},
		{"burst", "CPU of taskhook", 100, 110, true},
		{"spread", ratio, 0.40, 0.30, false},
		{"fanout", ratio, 0.60, 0.45, false},
		{"tasks", "modelhunter: " + ratio, 0.12, 0.10, false},
		{"tasks", "modelslab: " + ratio, 0.12, 0.10, false},
		{"tasks", "muapi: " + ratio, 0.12, 0.10, false},
		{"isolation", "1 of 10 hang: 99 % of arrivals against none hanging", 1.2, 1.2, true},
		{"isolation", "100 of 1000 hang: 99 % of arrivals against none hanging", 1.2, 1.2, true},
		{"backlog", ratio, 0.65, 0.45, false},
		{"backlog", "peak memory", 200, 200, true},
		{"history", "rate against the empty database", 0.9, 0.9, false},
		{"history", "slowest list or page", 50, 50, true},
		{"latency", "answered, 99 % within", 5, 8, true},
		{"latency", "arrived, 99 % within", 15, 20, true},
		{"idle", "idle memory", 40, 40, true},
		{"idle", "start to ready", 300, 0, true},
		{"restart", "kill to first delivery", 1000, 2000, true},
		{"nodes", "2 processes: delivered, against one", 0, 0.9, false},
		{"nodes", "3 processes: delivered, against one", 0, 0.9, false},
	}
}

// setTargets says of each figure what it is to reach.
func (r *Report) setTargets() {
	for _, t := range targets() {
		for i := range r.Figures {
			f := &r.Figures[i]
			if t.scenario != r.Scenario || t.figure != f.Name {
				continue
			}
			f.Target, f.AtMost = t.sqlite, t.atMost
			if r.Database != SQLite {
				f.Target = t.postgres
			}
		}
	}
}

// verdict is a figure's target with whether it is reached: "≥0.40 reached".
func (f *Figure) verdict() string {
	if f.Target == 0 {
		return ""
	}
	sign, reached := "≥", f.Median >= f.Target
	if f.AtMost {
		sign, reached = "≤", f.Median <= f.Target
	}
	word := " missed"
	if reached {
		word = " reached"
	}
	text := number(f.Target)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return sign + text + word
}
