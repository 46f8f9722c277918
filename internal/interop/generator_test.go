package interop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// generator makes texts of JSON that are hard to read and print alike.
type generator struct {
	rand *rand.Rand
	text strings.Builder
}

// document returns a random text.
func (g *generator) document() string {
	g.text.Reset()
	g.value(0)
	return g.text.String()
}

// damage returns the text with one byte of ASCII added, removed or replaced.
func (g *generator) damage(text string) string {
	at := g.rand.IntN(len(text))
	for text[at] >= 0x80 || at+1 < len(text) && text[at+1] >= 0x80 {
		if at--; at < 0 {
			return text + "}"
		}
	}
	const with = `{}[]",:\ 0-+.eE1u/t` + "\n\x00\x7f"
	put := with[g.rand.IntN(len(with)):][:1]
	switch g.rand.IntN(3) {
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + put + text[at:]
	default:
		return text[:at] + put + text[at+1:]
	}
}

func (g *generator) value(depth int) {
	kind := g.rand.IntN(8)
	if depth > 4 {
		kind = g.rand.IntN(4)
	}
	g.space()
	switch kind {
	case 0:
		g.text.WriteString([]string{"null", "true", "false", "{}", "[]"}[g.rand.IntN(5)])
	case 1, 2:
		g.number()
	case 3:
		g.string()
	case 4, 5:
		g.list('[', ']', func() { g.value(depth + 1) })
	default:
		g.list('{', '}', func() { g.member(depth + 1) })
	}
	g.space()
}

func (g *generator) list(open, end byte, item func()) {
	g.text.WriteByte(open)
	for i := range g.rand.IntN(7) {
		if i > 0 {
			g.text.WriteByte(',')
		}
		item()
	}
	g.text.WriteByte(end)
}

func (g *generator) member(depth int) {
	g.space()
	switch g.rand.IntN(3) {
	case 0: // looks like an index, or nearly so
		keys := []string{"0", "00", "-0", "1.0", "4294967294", "4294967295", "9007199254740992", "__proto__", "toString"}
		fmt.Fprintf(&g.text, "%q", keys[g.rand.IntN(len(keys))])
	case 1:
		fmt.Fprintf(&g.text, `"%d"`, g.rand.IntN(40))
	default:
		g.string()
	}
	g.space()
	g.text.WriteByte(':')
	g.value(depth)
}

func (g *generator) string() {
	pieces := []string{"a", "Z", "é", "日本", "😀", "\u2028", "\u2029", "\u007f", "\u0085", "\ufeff", "<", ">", "&", "'",
		`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u0000`, `\u001F`, `\u0041`, `\u00e9`, `\u2028`, `\ud83d\ude00`,
		`\ud83d`, `\uDE00`, `\ud83d\ud83d`, `\uFFFF`}
	g.text.WriteByte('"')
	for range g.rand.IntN(6) {
		g.text.WriteString(pieces[g.rand.IntN(len(pieces))])
	}
	g.text.WriteByte('"')
}

func (g *generator) number() {
	switch g.rand.IntN(5) {
	case 0:
		g.text.WriteString(strconv.Itoa(g.rand.IntN(2000) - 1000))
	case 1: // any float there is
		f := math.Float64frombits(g.rand.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			f = 0
		}
		g.text.WriteString(strconv.FormatFloat(f, "eEfgG"[g.rand.IntN(5)], -1, 64))
	case 2: // around the places where the form changes
		fmt.Fprintf(&g.text, "%s%de%+d", []string{"", "-"}[g.rand.IntN(2)], g.rand.IntN(1000), g.rand.IntN(60)-30)
	case 3: // more digits than a float holds
		fmt.Fprintf(&g.text, "%d%d.%019d%d", 1+g.rand.Uint32(), g.rand.Uint64(), g.rand.Uint64()>>1, g.rand.Uint64())
	default:
		g.text.WriteString([]string{"0", "-0", "-0.0", "0e9", "1.0", "1E0", "1e21", "1e-7", "0.000001", "9007199254740993",
			"5e-324", "2e-324", "1.7976931348623157e308", "123456789012345680000", "0.1", "100e-2"}[g.rand.IntN(16)])
	}
}

func (g *generator) space() {
	if g.rand.IntN(4) == 0 {
		g.text.WriteString([]string{" ", "\n", "\t", "\r\n  "}[g.rand.IntN(4)])
	}
}
