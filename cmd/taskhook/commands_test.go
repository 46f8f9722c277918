//go:build unix

package main

import (
	"testing"

	"github.com/alecthomas/kong"
)

// TestEveryCommandRuns looks at all subcommands, for the grammar is read at run
// time.
func TestEveryCommandRuns(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{}, kong.Vars{"scenarios": ""})
	if err != nil {
		t.Fatal(err)
	}
	leaves := parser.Model.Leaves(false)
	if len(leaves) == 0 {
		t.Fatal("there are no commands")
	}
	for _, leaf := range leaves {
		if _, ok := leaf.Target.Addr().Interface().(runner); !ok {
			t.Errorf("taskhook %s has no Run", leaf.Path())
		}
	}
}
