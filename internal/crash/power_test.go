package crash

import (
	"flag"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/powerfs"
)

var cuts = flag.Int("cuts", 8, "how often the power is cut")

// power cuts the power of a file system by turns wholly and so that a part of what
// was not durable survives, and counts what that took.
type power struct {
	*powerfs.FS
	rand        *rand.Rand // nil: nothing survives that was not durable
	liar        bool       // after the first cut the disk begins to lie
	lies        atomic.Bool
	cuts        int
	bytes       int64 // written, not durable and lost, but for the memory that processes share
	names       int   // changes of names likewise
	took        int   // cuts that took any
	tookFromLog int   // cuts that took bytes of the database's log
}

// Cut is Power's.
func (p *power) Cut() error {
	cut := p.FS.Cut
	if p.rand != nil && p.cuts%2 == 1 {
		cut = func() (powerfs.Loss, error) { return p.CutTorn(p.rand) }
	}
	loss, err := cut()
	p.cuts++
	p.lies.Store(p.liar)
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
	return &Trial{Dir: directory(t), Rounds: rounds, Data: p.Dir(), Power: p}
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
	p := &power{FS: fs, rand: rand.New(rand.NewPCG(seed, 0))}
	trial := p.trial(t, *cuts)
	hold(t, trial)
	atSync := 0
	for _, l := range trial.lives {
		if l.End == powerGone {
			atSync++
		}
	}
	t.Logf("%d cuts (seed %d), %d at a sync; %d took something and %d bytes of the log; lost were %d bytes and %d changes of names, none of them durable",
		p.cuts, seed, atSync, p.took, p.tookFromLog, p.bytes, p.names)
	if p.took == 0 {
		t.Error("no cut took anything, so nothing is proven")
	}
}

// TestLostWritesAreFound shows that the judge would see it if commits were not
// synced: after the first cut the disk says that it wrote the database's log, and
// has not.
func TestLostWritesAreFound(t *testing.T) {
	p := &power{}
	if p.FS = powerfs.Need(t, func(name string) bool { return !p.lies.Load() || !strings.HasSuffix(name, "-wal") }); p.FS == nil {
		return
	}
	p.liar = true
	verdict := try(t, p.trial(t, 5))
	losses := 0
	for _, violation := range verdict.Violations {
		if strings.HasPrefix(violation, "L1: ") {
			losses++
		}
	}
	t.Logf("%d of the violations are losses", losses)
	if losses == 0 {
		t.Error("no loss was found")
	}
}
