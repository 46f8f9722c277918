package powerfs

import "math/rand/v2"

// sector is what a disk writes wholly or not at all, in bytes.
const sector = 512

// content is the bytes of a file.
type content struct {
	now     []byte
	durable []byte
	since   []write // what makes now of durable, in order
}

// write is one change of the bytes: data at an offset, or, without data, another
// size.
type write struct {
	offset int64
	data   []byte
	size   int64
}

func (w write) apply(b []byte) []byte {
	if w.data == nil {
		return resize(b, w.size)
	}
	if end := w.offset + int64(len(w.data)); end > int64(len(b)) {
		b = resize(b, end)
	}
	copy(b[w.offset:], w.data)
	return b
}

// resize cuts b, or fills it up with zeros.
func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}

func (c *content) change(w write) {
	c.now = w.apply(c.now)
	c.since = append(c.since, w)
}

func (c *content) sync() {
	for _, w := range c.since {
		c.durable = w.apply(c.durable)
	}
	c.since = nil
}

// cut forgets what is not durable, but for what rest lets survive, and returns how
// many written bytes are lost.
func (c *content) cut(rest *rand.Rand) (lost int64) {
	chance := survival(rest)
	for _, w := range c.since {
		if w.data == nil {
			if survives(rest, chance) {
				c.durable = w.apply(c.durable)
			}
			continue
		}
		for _, piece := range w.sectors() {
			if survives(rest, chance) {
				c.durable = piece.apply(c.durable)
			} else {
				lost += int64(len(piece.data))
			}
		}
	}
	c.now, c.since = append([]byte(nil), c.durable...), nil
	return lost
}

// sectors splits data where the disk may tear it.
func (w write) sectors() (pieces []write) {
	for done := int64(0); done < int64(len(w.data)); {
		at := w.offset + done
		n := min(sector-at%sector, int64(len(w.data))-done)
		pieces = append(pieces, write{offset: at, data: w.data[done : done+n]})
		done += n
	}
	return pieces
}

// survival draws how likely each of some changes survives, so that a cut now and
// then takes all or nothing of them.
func survival(rest *rand.Rand) float64 {
	if rest == nil {
		return 0
	}
	return rest.Float64()*1.5 - 0.25
}

func survives(rest *rand.Rand, chance float64) bool {
	return rest != nil && rest.Float64() < chance
}
