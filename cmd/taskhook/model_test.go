//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

func TestModelList(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	stdout, _ := ask(t, s.URL, 0, "model", "list")
	expect(t, stdout, "PROVIDER", "MODEL", "viduq3-turbo", "text-to-video")
	stdout, _ = ask(t, s.URL, 0, "model", "list", "--provider", "vidu", "--capability", "text-to-video", "--json")
	for line := range strings.Lines(stdout) {
		if m := one[client.Model](t, line); m.Provider != "vidu" || m.Capability != "text-to-video" || len(m.InputSchema) == 0 {
			t.Errorf("listed %s", line)
		}
	}
	_, stderr := ask(t, s.URL, 0, "model", "list", "--provider", "nobody")
	expect(t, stderr, "nothing found")
}

func TestModelRow(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]client.Model{
		"p|c|m|video|yes|30s|0.32 USD":          {Provider: "p", Capability: "c", ID: "m", Type: "video", Available: true, EstimatedSeconds: 30, Cost: "0.32"},
		"p|c|*|image|test keys only|2m|":        {Provider: "p", Capability: "c", ID: "*", Type: "image", EstimatedSeconds: 120},
		"p|c|m|audio|test keys only||0.001 USD": {Provider: "p", Capability: "c", ID: "m", Type: "audio", Cost: "0.001"},
	} {
		if got := strings.Join(modelRow(m), "|"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
