package jsjson

// MaxDepth is how many arrays and objects may be nested in one another.
const MaxDepth = 64

// parser reads src once and writes its normal form to out as it goes.
type parser struct {
	src     []byte
	pos     int
	out     []byte
	depth   int
	members []member // of the objects that are open, the innermost last
	scratch []byte   // for objects whose members must move
}

// value reads one value that starts at pos.
func (p *parser) value() error {
	switch c := p.peek(); {
	case c == '"':
		return p.string()
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '-' || isDigit(c):
		return p.number()
	case c == 't':
		return p.literal("true")
	case c == 'f':
		return p.literal("false")
	case c == 'n':
		return p.literal("null")
	}
	return p.unexpected("a value")
}

func (p *parser) array() error {
	if err := p.open('['); err != nil {
		return err
	}
	if p.close(']') {
		return nil
	}
	for {
		if err := p.value(); err != nil {
			return err
		}
		p.skipSpace()
		if p.close(']') {
			return nil
		}
		if err := p.separator(',', `"," or "]"`); err != nil {
			return err
		}
	}
}

func (p *parser) object() error {
	first, start := len(p.members), len(p.out)
	if err := p.open('{'); err != nil {
		return err
	}
	if p.close('}') {
		return nil
	}
	for {
		m, err := p.key()
		if err != nil {
			return err
		}
		m.value = len(p.out)
		if err := p.value(); err != nil {
			return err
		}
		m.end = len(p.out)
		p.members = append(p.members, m)
		p.skipSpace()
		if p.close('}') {
			p.arrange(start, first)
			p.members = p.members[:first]
			return nil
		}
		if err := p.separator(',', `"," or "}"`); err != nil {
			return err
		}
	}
}

// key reads a key and the colon behind it. The member has no value yet.
func (p *parser) key() (member, error) {
	if p.peek() != '"' {
		return member{}, p.unexpected("a key in double quotes")
	}
	start := len(p.out)
	if err := p.string(); err != nil {
		return member{}, err
	}
	end := len(p.out)
	p.skipSpace()
	if err := p.separator(':', `":" after a key`); err != nil {
		return member{}, err
	}
	return member{rank: indexRank(p.out[start+1 : end-1]), key: start, keyEnd: end}, nil
}

// literal reads one of the three names of JSON.
func (p *parser) literal(name string) error {
	rest := p.src[p.pos:]
	if len(rest) < len(name) || string(rest[:len(name)]) != name {
		return p.unexpected("a value")
	}
	p.pos += len(name)
	p.out = append(p.out, name...)
	return nil
}
