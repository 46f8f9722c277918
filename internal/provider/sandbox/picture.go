package sandbox

import (
	"image"
	"image/color"
	"strings"
)

// The palette: shades of a gradient, then ink and paper of the captions.
const (
	shades = 48
	ink    = shades
	paper  = shades + 1
)

// picture draws the frames of an order: rings around a point that the seed
// chooses, the prompt, and the stamp.
type picture struct {
	width, height int
	centre        image.Point
	zoom          int // pixels squared per shade
	colours       color.Palette
	caption       string
}

// newPicture returns picture number n of an order.
func newPicture(o order, n, width, height int) *picture {
	r := o.random(n)
	from, to := [3]int{r.IntN(256), r.IntN(256), r.IntN(256)}, [3]int{r.IntN(256), r.IntN(256), r.IntN(256)}
	colours := make(color.Palette, 0, shades+2)
	for i := range shades {
		blend := func(c int) uint8 { return uint8(from[c] + (to[c]-from[c])*i/(shades-1)) }
		colours = append(colours, color.RGBA{blend(0), blend(1), blend(2), 255})
	}
	colours = append(colours, color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255})
	return &picture{
		width: width, height: height,
		centre:  image.Pt(r.IntN(width), r.IntN(height)),
		zoom:    (width*width+height*height)/400 + 1,
		colours: colours,
		caption: o.model + ": " + o.prompt,
	}
}

// frame draws the picture when the rings have moved outward by phase shades.
func (p *picture) frame(phase int) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, p.width, p.height), p.colours)
	for y := range p.height {
		row := m.Pix[y*m.Stride:]
		dy := y - p.centre.Y
		for x := range p.width {
			dx := x - p.centre.X
			ring := ((dx*dx+dy*dy)/p.zoom - phase) % (2 * shades)
			if ring < 0 {
				ring += 2 * shades
			}
			row[x] = uint8(min(ring, 2*shades-1-ring)) // to and fro, without a seam
		}
	}
	scale := max(1, p.width/minSide)
	p.write(m, strings.ToUpper(stamp), p.height-(glyphHeight+4)*scale, scale)
	p.write(m, p.caption, 0, max(1, scale/2))
	return m
}

// write draws one line of text on a band of paper at height y. What does not fit
// is left out.
func (p *picture) write(m *image.Paletted, text string, y, scale int) {
	for i := y * m.Stride; i < (y+(glyphHeight+4)*scale)*m.Stride; i++ {
		m.Pix[i] = paper
	}
	x := 3 * scale
	for _, letter := range text {
		if x+glyphWidth*scale > p.width {
			return
		}
		for row, dots := range glyph(letter) {
			for column, inked := range dots {
				if inked {
					dot(m, x+column*scale, y+(row+2)*scale, scale)
				}
			}
		}
		x += (glyphWidth + 1) * scale
	}
}

func dot(m *image.Paletted, x, y, size int) {
	for dy := range size {
		for dx := range size {
			m.SetColorIndex(x+dx, y+dy, ink)
		}
	}
}
