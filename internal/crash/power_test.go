package crash

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/powerfs"
)

var cuts = flag.Int("cuts", 8, "how often the power is cut")

// power cuts the power of a file system by turns wholly and so that a part of what
// was not durable survives, and counts what that took.
type power struct {
	fs          *powerfs.FS
	rand        *rand.Rand
	cuts        int
	bytes       int64 // written, not durable and lost, but for the memory that processes share
	names       int   // changes of names likewise
	took        int   // cuts that took any
	tookFromLog int   // cuts that took bytes of the database's log
}

func (p *power) cut() error {
	cut := p.fs.Cut
	if p.cuts%2 == 1 {
		cut = func() (powerfs.Loss, error) { return p.fs.CutTorn(p.rand) }
	}
	loss, err := cut()
	p.cuts++
	before := p.bytes
	for name, n := range loss.Bytes {
		if strings.HasSuffix(name, "-shm") {
			continue
		}
		p.bytes += n
		if strings.HasSuffix(name, "-wal") {
			p.tookFromLog++
		}
	}
	p.names += loss.Names
	if p.bytes > before || loss.Names > 0 {
		p.took++
	}
	return err
}

func (p *power) trial(t *testing.T, rounds int) *Trial {
	return &Trial{Dir: directory(t), Rounds: rounds, Data: p.fs.Dir(), Cut: p.cut}
}

// TestPowerCuts holds the promises against cuts of power: whenever a server has
// ended, the next one finds what was durable, and of the rest nothing or a random
// part.
func TestPowerCuts(t *testing.T) {
	fs := powerfs.Need(t, nil)
	if fs == nil {
		return
	}
	seed := rand.Uint64()
	p := &power{fs: fs, rand: rand.New(rand.NewPCG(seed, 0))}
	hold(t, p.trial(t, *cuts))
	t.Logf("%d cuts (seed %d), of which %d took something and %d bytes of the log; lost were %d bytes and %d changes of names, none of them durable",
		p.cuts, seed, p.took, p.tookFromLog, p.bytes, p.names)
	if p.took == 0 {
		t.Error("no cut took anything, so nothing is proven")
	}
}
