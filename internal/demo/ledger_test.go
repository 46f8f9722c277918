package demo

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func came(id, subject, body string) hook { return hook{id: id, subject: subject, body: []byte(body)} }

func TestLedger(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		owed  []string
		hooks []hook
		twice []string
		want  string // a part of the error; empty: none
	}{
		"nothing":      {},
		"all came":     {owed: []string{"task_1", "evt_2"}, hooks: []hook{came("evt_1", "task_1", "a"), came("evt_2", "evt_2", "b")}},
		"lost":         {owed: []string{"task_1", "evt_2"}, hooks: []hook{came("evt_2", "evt_2", "b")}, want: "1 of 2 acknowledged did not come: task_1"},
		"came early":   {hooks: []hook{came("evt_2", "evt_2", "b")}, want: "1 came that nobody had asked for: evt_2"},
		"twice":        {owed: []string{"task_1"}, hooks: []hook{came("evt_1", "task_1", "a"), came("evt_1", "task_1", "a")}, twice: []string{"evt_1"}},
		"three times":  {owed: []string{"task_1"}, hooks: slices.Repeat([]hook{came("evt_1", "task_1", "a")}, 3), twice: []string{"evt_1"}},
		"other bytes":  {owed: []string{"task_1"}, hooks: []hook{came("evt_1", "task_1", "a"), came("evt_1", "task_1", "b")}, want: "evt_1 came again with another body"},
		"under two":    {owed: []string{"task_1"}, hooks: []hook{came("evt_1", "task_1", "a"), came("evt_2", "task_1", "a")}, want: "task_1 came under two ids, evt_1 and evt_2"},
		"many missing": {owed: []string{"e1", "e2", "e3", "e4"}, want: "4 of 4 acknowledged did not come: e1, e2, e3 …"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			for _, subject := range test.owed {
				l.owe(subject)
			}
			for _, h := range test.hooks {
				l.accept(h)
			}
			r := l.report()
			if !slices.Equal(r.twice, test.twice) {
				t.Errorf("twice came %q, want %q", r.twice, test.twice)
			}
			switch err := r.err(); {
			case test.want == "" && err != nil:
				t.Errorf("the ledger says %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("the ledger says %v, want %s", err, test.want)
			}
		})
	}
}

func TestLedgerRemembersForgeries(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.owe("evt_1")
	l.refuse(errors.New("no signature matches"))
	l.accept(came("evt_1", "evt_1", "a"))
	if err := l.report().err(); err == nil || !strings.Contains(err.Error(), "not valid: no signature matches") {
		t.Errorf("the ledger says %v", err)
	}
}

func TestReportCounts(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for _, subject := range []string{"task_1", "task_2", "evt_3"} {
		l.owe(subject)
	}
	l.accept(came("evt_1", "task_1", "a"))
	if r := l.report(); r.owed != 3 || r.tasks != 2 || r.came() != 1 {
		t.Errorf("the report is %+v", r)
	}
	if got := l.since(1); len(got) != 0 {
		t.Errorf("since the first came %+v", got)
	}
}
