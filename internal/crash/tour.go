package crash

import (
	"math/rand/v2"
	"slices"
)

// tour goes round all points in random order, and comes back once in a round to
// each that was missed.
type tour struct {
	points []string
	ahead  []string
	again  map[string]bool // missed in this round already
	reach  map[string]int  // how many visits of a server's life can be expected
}

func newTour(points []string) *tour { return &tour{points: points, reach: map[string]int{}} }

// next returns a point and the visit of it at which the server is to die.
func (t *tour) next() (point string, visit int) {
	if len(t.ahead) == 0 {
		t.ahead, t.again = slices.Clone(t.points), map[string]bool{}
		rand.Shuffle(len(t.ahead), func(i, j int) { t.ahead[i], t.ahead[j] = t.ahead[j], t.ahead[i] })
	}
	point, t.ahead = t.ahead[0], t.ahead[1:]
	return point, 1 + rand.IntN(max(t.reach[point], 1))
}

// maxReach is the latest visit at which a server dies.
const maxReach = 64

// came notes whether a server died at the point. The first death there is at the
// first visit; the next may be later, as long as servers come so far.
func (t *tour) came(point string, died bool) {
	reach := max(t.reach[point], 1)
	if died {
		t.reach[point] = min(2*reach, maxReach)
		return
	}
	t.reach[point] = reach / 2
	if !t.again[point] {
		t.again[point] = true
		t.ahead = append(t.ahead, point)
	}
}
