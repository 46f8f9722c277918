package catalogue

import (
	"fmt"
	"testing"
)

func TestProbe(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(len(c.Models()), c.Providers())
	for _, m := range c.Models() {
		fmt.Println(m.Provider, m.Name, m.Capability, m.Medium, m.Estimate, m.Timeout, m.loose != nil, len(m.Schema))
	}
	m, _ := c.Lookup("kling", "image-to-video", "kling-v3")
	fmt.Println(string(m.Schema))
	m, _ = c.Lookup("modelslab", "text-to-speech", "")
	fmt.Println(string(m.Schema))
	_, err = m.AdapterFor(false, false)
	fmt.Println(err)
	for _, a := range [][3]string{{"vidoo", "text-to-video", "x"}, {"vidu", "text-to-song", "x"}, {"vidu", "text-to-video", "viduq3pro"}, {"seedance", "text-to-video", "seedance-1-0-lite-i2v"}, {"muapi", "", "flux-dev-imag"}, {"kling", "", "kling-v3"}, {"modelslab", "text-to-image", "*"}, {"modelslab", "text-to-vide", "*"}} {
		_, err := c.Lookup(a[0], a[1], a[2])
		fmt.Println(err)
	}
}
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		Load()
	}
}
