package config

import (
	"encoding"
	"testing"
	"time"
)

func TestAgesAndSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		into encoding.TextUnmarshaler
		want string // printed; empty: refused
	}{
		{"30d", new(Age), "30d"}, {"0", new(Age), "0"}, {"36h", new(Age), "36h0m0s"}, {"48h", new(Age), "2d"}, {"0d", new(Age), "0"},
		{"-1d", new(Age), ""}, {"-1h", new(Age), ""}, {"d", new(Age), ""}, {"30", new(Age), ""}, {"999999d", new(Age), ""}, {"1w", new(Age), ""}, {"", new(Age), ""},
		{"20GB", new(Size), "20GB"}, {"0", new(Size), "0"}, {"1500", new(Size), "1500"}, {"1500MB", new(Size), "1500MB"}, {"2000 GB", new(Size), "2TB"},
		{"-1", new(Size), ""}, {"1.5GB", new(Size), ""}, {"GB", new(Size), ""}, {"9999999999TB", new(Size), ""}, {"", new(Size), ""},
	} {
		err := c.into.UnmarshalText([]byte(c.text))
		if (err == nil) != (c.want != "") {
			t.Errorf("%T %q: %v", c.into, c.text, err)
		}
		if c.want == "" {
			continue
		}
		if got, err := c.into.(encoding.TextMarshaler).MarshalText(); err != nil || string(got) != c.want {
			t.Errorf("%T %q is printed %q, want %q: %v", c.into, c.text, got, c.want, err)
		}
	}
	if a := new(Age); a.UnmarshalText([]byte("2d")) != nil || time.Duration(*a) != 48*time.Hour {
		t.Errorf("2d is %s", time.Duration(*a))
	}
}
