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
// was not durable survives, and counts what that took. Every fourth server ends
// alone: what it wrote and did not sync is there for the next one, which may take it
// for durable.
type power struct {
	*powerfs.FS
	rand        *rand.Rand // nil: nothing survives that was not durable
	lies        atomic.Bool
	liar        bool        // after the first cut the disk begins to lie
	gone        atomic.Bool // the power went at a sync
	ends        int         // of servers
	cuts        int
	atSync      int   // cuts at a sync
	took        int   // cuts that took something
	tookFromLog int   // cuts that took bytes of the database's log
	bytes       int64 // written, not durable and lost, but for the memory that processes share
	names       int   // changes of names likewise
}

// FailAt is Power's.
func (p *power) FailAt(n int, kill func()) {
	p.FS.FailAt(n, func() {
		p.gone.Store(true)
		kill()
	})
}

// Cut is Power's.
func (p *power) Cut() error {
	p.ends++
	if gone := p.gone.Swap(false); gone {
		p.atSync++
	} else if p.ends%4 == 0 {
		p.FS.FailAt(0, nil)
		return nil
	}
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

// TestPowerCuts holds the promises against cuts of power: when a server has ended,
// the next one finds what was durable, and of the rest nothing or a random part.
func TestPowerCuts(t *testing.T) {
	fs := powerfs.Need(t, nil)
	if fs == nil {
		return
	}
	seed := rand.Uint64()
	p := &power{FS: fs, rand: rand.New(rand.NewPCG(seed, 0))}
	hold(t, p.trial(t, *cuts+*cuts/3))
	t.Logf("%d cuts (seed %d), %d at a sync; %d took something and %d bytes of the log; lost were %d bytes and %d changes of names, none of them durable",
		p.cuts, seed, p.atSync, p.took, p.tookFromLog, p.bytes, p.names)
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
