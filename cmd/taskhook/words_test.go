//go:build unix

package main

import (
	"slices"
	"testing"
)

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"python3 gen.py":                {"python3", "gen.py"},
		"  a\t b \n":                    {"a", "b"},
		`a 'b c' "d e"f`:                {"a", "b c", "d ef"},
		`a "" ''`:                       {"a", "", ""},
		`a\ b "c\"d" 'e\f'`:             {"a b", `c"d`, `e\f`},
		`sh -c '{{.Input.prompt}} | x'`: {"sh", "-c", "{{.Input.prompt}} | x"},
		"":                              nil,
	} {
		if got, err := splitWords(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q gives %q, %v", line, got, err)
		}
	}
	for _, line := range []string{`a 'b`, `a "b`, `a \`} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%q gives %q", line, got)
		}
	}
}
