package archtest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

var move = regexp.MustCompile(`(?m)^\s+(\w+) --> (\w+)$`)

// pictured returns the moves that the picture under a heading of ARCHITECTURE.md
// shows.
func pictured(t *testing.T, heading string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n### "+heading+"\n")
	_, after, drawn := strings.Cut(after, "```mermaid\n")
	picture, _, ended := strings.Cut(after, "```")
	if !found || !drawn || !ended {
		t.Fatalf("ARCHITECTURE.md has no picture under %s", heading)
	}
	moves := map[string]bool{}
	for _, m := range move.FindAllStringSubmatch(picture, -1) {
		moves[m[1]+" to "+m[2]] = true
	}
	return moves
}

// moves lists those of all pairs of states that are legal.
func moves[S ~string](states []S, legal func(from, to S) bool) map[string]bool {
	list := map[string]bool{}
	for _, from := range states {
		for _, to := range states {
			if legal(from, to) {
				list[string(from)+" to "+string(to)] = true
			}
		}
	}
	return list
}

func TestPicturesShowTheLegalMoves(t *testing.T) {
	t.Parallel()
	legal := map[string]map[string]bool{
		"Task": moves(taskhook.TaskStates(), taskhook.TaskState.CanBecome),
		"Delivery": moves(taskhook.DeliveryStates(), func(from, to taskhook.DeliveryState) bool {
			return !from.Final() && to.Final()
		}),
	}
	for heading, want := range legal {
		if got := pictured(t, heading); !maps.Equal(got, want) {
			t.Errorf("the picture of %s shows %q, the code allows %q", heading,
				slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}
