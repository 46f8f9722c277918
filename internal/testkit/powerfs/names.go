package powerfs

import "maps"

// names is what a directory holds.
type names struct {
	now     map[string]link
	durable map[string]link
	since   []naming // what makes now of durable, in order
}

// link is a name's node, and where in a listing the name stands.
type link struct {
	node   *node
	cookie uint64
}

// naming is a change of one name; without a node it goes away. Those with the same
// deed survive together.
type naming struct {
	deed uint64
	name string
	to   link
}

func newNames() names { return names{now: map[string]link{}, durable: map[string]link{}} }

func (n naming) apply(m map[string]link) {
	if n.to.node == nil {
		delete(m, n.name)
		return
	}
	m[n.name] = n.to
}

func (d *names) change(n naming) {
	n.apply(d.now)
	d.since = append(d.since, n)
}

func (d *names) sync() {
	for _, n := range d.since {
		n.apply(d.durable)
	}
	d.since = nil
}

// cut forgets what is not durable and does not survive, and returns how many
// changes are lost.
func (d *names) cut(survives func(deed uint64) bool) (lost int) {
	for _, n := range d.since {
		if survives(n.deed) {
			n.apply(d.durable)
		} else {
			lost++
		}
	}
	d.now, d.since = maps.Clone(d.durable), nil
	return lost
}
