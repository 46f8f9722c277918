package interop

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/jsjson"
)

// documents is how many random texts are compared.
const documents = 3000

// TestJavaScript compares jsjson with JavaScript on random texts, most of them
// JSON and some of them broken.
func TestJavaScript(t *testing.T) {
	t.Parallel()
	if !needPackages(t) { // which the oracle loads
		return
	}
	o := newOracle(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	g := generator{rand: rand.New(rand.NewPCG(seed, 0))}
	for _, m := range metadata {
		compare(t, o, m)
	}
	for range documents {
		text := g.document()
		compare(t, o, text)
		compare(t, o, g.damage(text))
	}
}

func compare(t *testing.T, o oracle, text string) {
	t.Helper()
	want, thrown := o.ask(question{Ask: "normalize", Text: text})
	got, err := jsjson.Normalize(nil, []byte(text))
	switch {
	case err != nil && thrown == "" && !strings.Contains(err.Error(), "number"):
		// Of what JavaScript reads only numbers beyond a float's range are refused.
		t.Fatalf("Normalize(%q): %v, but JavaScript reads it", text, err)
	case err == nil && thrown != "":
		t.Fatalf("Normalize(%q) = %s, but JavaScript says: %s", text, got, thrown)
	case err == nil && string(got) != want:
		t.Fatalf("Normalize(%q) = %s, but JavaScript makes %s", text, got, want)
	}
	if err != nil {
		return
	}
	if again, err := jsjson.Normalize(nil, got); err != nil || !bytes.Equal(again, got) {
		t.Fatalf("Normalize changes its own output %s to %s (%v)", got, again, err)
	}
}
