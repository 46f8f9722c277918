package powerfs

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Loss is what a cut took away.
type Loss struct {
	Bytes map[string]int64 // that were written and not durable, by name of the file
	Names int              // changes of names
}

// cut makes the disk what it is after the loss of power. Of what is not durable the
// draws of rest let a part survive; nil: nothing.
func (d *disk) cut(rest *rand.Rand) Loss {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off, d.syncs, d.kill = false, 0, nil
	loss := Loss{Bytes: map[string]int64{}}
	fate, chance := map[uint64]bool{}, survival(rest)
	survivor := func(deed uint64) bool {
		if _, drawn := fate[deed]; !drawn {
			fate[deed] = survives(rest, chance)
		}
		return fate[deed]
	}
	for _, number := range slices.Sorted(maps.Keys(d.nodes)) {
		n := d.nodes[number]
		if lost := n.content.cut(rest); lost > 0 {
			loss.Bytes[n.name] += lost
		}
		loss.Names += n.names.cut(survivor)
	}
	root := d.nodes[rootNumber]
	d.nodes = map[uint64]*node{}
	d.keep(root)
	root.links = 2
	return loss
}

// keep takes in what can be reached from n.
func (d *disk) keep(n *node) {
	if d.nodes[n.number] == nil {
		d.nodes[n.number] = n
		n.links = 0
		for name, child := range n.names.now {
			d.keep(child.node)
			child.node.name = name
		}
	}
	n.links++
}
