package jsjson

import (
	"bytes"
	"cmp"
	"slices"
)

// member is where a key and its value stand in the output, and how the key
// sorts.
type member struct {
	rank        int // the number that the key is, or notIndex
	key, keyEnd int // with the quotes
	value, end  int
}

// notIndex is the rank of ordinary keys: one more than the largest array index,
// so that they sort behind all indices.
const notIndex = 1<<32 - 1

// indexRank returns the array index that an escaped key spells, else notIndex.
func indexRank(key []byte) int {
	if len(key) == 0 || len(key) > len("4294967294") || key[0] == '0' && len(key) > 1 {
		return notIndex
	}
	n := 0
	for _, c := range key {
		if !isDigit(c) {
			return notIndex
		}
		n = n*10 + int(c-'0')
	}
	return min(n, notIndex)
}

// arrange puts the object that was written from start on, whose members are
// those from first on, into JavaScript's order. Two keys are the same exactly
// if their escaped forms are.
func (p *parser) arrange(start, first int) {
	members := p.members[first:]
	if ascending(members) && !p.anyRepeated(members) {
		return
	}
	kept := p.lastValues(members)
	slices.SortFunc(kept, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.key, b.key))
	})
	object := append(p.scratch[:0], '{')
	for i, m := range kept {
		if i > 0 {
			object = append(object, ',')
		}
		object = append(object, p.keyOf(&m)...)
		object = append(object, ':')
		object = append(object, p.out[m.value:m.end]...)
	}
	object = append(object, '}')
	p.out = append(p.out[:start], object...)
	p.scratch = object
}

// ascending reports whether the ranks are in order.
func ascending(members []member) bool {
	return slices.IsSortedFunc(members, func(a, b member) int { return cmp.Compare(a.rank, b.rank) })
}

// fewMembers is up to how many members comparing each with each is faster than
// sorting them.
const fewMembers = 16

// anyRepeated reports whether two members have the same key.
func (p *parser) anyRepeated(members []member) bool {
	if len(members) > fewMembers {
		sorted := p.sortedByKey(members)
		for i := 1; i < len(sorted); i++ {
			if p.sameKey(&sorted[i-1], &sorted[i]) {
				return true
			}
		}
		return false
	}
	for i := range members {
		for j := range i {
			if p.sameKey(&members[j], &members[i]) {
				return true
			}
		}
	}
	return false
}

// lastValues returns one member for each key: the place of its first
// appearance with the value of its last.
func (p *parser) lastValues(members []member) []member {
	sorted := p.sortedByKey(members)
	kept := sorted[:1]
	for _, m := range sorted[1:] {
		last := &kept[len(kept)-1]
		if p.sameKey(last, &m) {
			last.value, last.end = m.value, m.end
		} else {
			kept = append(kept, m)
		}
	}
	return kept
}

// sortedByKey returns a copy sorted by key, equal keys in order of appearance.
func (p *parser) sortedByKey(members []member) []member {
	sorted := slices.Clone(members)
	slices.SortFunc(sorted, func(a, b member) int {
		return cmp.Or(bytes.Compare(p.keyOf(&a), p.keyOf(&b)), cmp.Compare(a.key, b.key))
	})
	return sorted
}

func (p *parser) sameKey(a, b *member) bool {
	return a.keyEnd-a.key == b.keyEnd-b.key && bytes.Equal(p.keyOf(a), p.keyOf(b))
}

func (p *parser) keyOf(m *member) []byte { return p.out[m.key:m.keyEnd] }
