package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
)

// stamp is what every result says of itself.
const stamp = "SANDBOX, no model ran"

// order is what a run was asked to make.
type order struct {
	model  string
	prompt string
	input  map[string]any // without the steering object; numbers are json.Number
	seed   [sha256.Size]byte
}

// newOrder reads a request. The seed depends on the model and on what the input
// means, not on how it is written.
func newOrder(r provider.Request) (order, error) {
	o := order{model: r.Model}
	decoder := json.NewDecoder(strings.NewReader(string(r.Input)))
	decoder.UseNumber()
	if err := decoder.Decode(&o.input); err != nil {
		return order{}, fmt.Errorf("read input: %w", err)
	}
	delete(o.input, provider.Steering)
	canonical, err := json.Marshal(o.input) // members sorted
	if err != nil {
		return order{}, fmt.Errorf("write input: %w", err)
	}
	o.seed = sha256.Sum256(append([]byte(r.Capability+"\n"+r.Model+"\n"), canonical...))
	o.prompt, _ = o.input["prompt"].(string)
	if o.prompt == "" {
		o.prompt, _ = o.input["text"].(string)
	}
	return o, nil
}

// random yields numbers that depend on the seed alone. The parts of one order,
// such as its second image, differ by n.
func (o order) random(n int) *rand.Rand {
	seed := o.seed
	seed[0] += byte(n)
	return rand.New(rand.NewChaCha8(seed))
}

// number returns the first member that is a number, or text such as "5" or "5s".
func (o order) number(names ...string) (float64, bool) {
	for _, name := range names {
		text, ok := o.input[name].(string)
		if n, is := o.input[name].(json.Number); is {
			text, ok = n.String(), true
		}
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSuffix(text, "s"), 64)
		if err == nil && n > 0 && n < 1e6 {
			return n, true
		}
	}
	return 0, false
}

// length is the asked length of sound or video, bounded.
func (o order) length(most time.Duration) time.Duration {
	seconds, ok := o.number("duration", "seconds", "length")
	if !ok {
		seconds = 3
	}
	d := time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond)
	return min(max(d, 500*time.Millisecond), most)
}

// count is how many results are asked for, at most 4.
func (o order) count() int {
	n, ok := o.number("samples", "num_images", "n")
	if !ok {
		return 1
	}
	return min(max(int(n), 1), 4)
}

// minSide leaves room for the stamp.
const minSide = 160

// size is the asked size in pixels, without one the default, scaled down so that
// no side is longer than most.
func (o order) size(width, height, most int) (w, h int) {
	x, y := float64(width), float64(height)
	if a, b, ok := o.pair("size", "xX*×"); ok {
		x, y = a, b
	} else if a, b, ok := o.pair("aspect_ratio", ":"); ok {
		long := max(x, y)
		x, y = long*min(1, a/b), long*min(1, b/a)
	}
	if n, ok := o.number("width"); ok {
		x = n
	}
	if n, ok := o.number("height"); ok {
		y = n
	}
	if long := max(x, y); long > float64(most) {
		x, y = x*float64(most)/long, y*float64(most)/long
	}
	return max(int(x+0.5), minSide), max(int(y+0.5), minSide)
}

// pair reads a member such as "640x480", whose numbers one of the separators
// parts.
func (o order) pair(name, separators string) (a, b float64, ok bool) {
	text, _ := o.input[name].(string)
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
	if len(parts) != 2 {
		return 0, 0, false
	}
	a, errA := strconv.ParseFloat(parts[0], 64)
	b, errB := strconv.ParseFloat(parts[1], 64)
	return a, b, errA == nil && errB == nil && min(a, b) >= 1 && max(a, b) < 1e6
}
