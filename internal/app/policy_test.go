package app

import (
	"net"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
)

// No webhook goes to any address that the server itself listens at, not even where
// the operator lets some go to this machine.
func TestPolicyRefusesOwnAddresses(t *testing.T) {
	t.Parallel()
	a := &App{Options: Options{Config: config.Default()}}
	a.Config.Listen, a.Config.ModelsLab.Listen, a.Config.Muapi.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	if err := a.bind(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(a.doors) != 3 {
		t.Fatalf("%d addresses are bound", len(a.doors))
	}
	a.Config.Allow, a.Config.Ports = []string{"http://127.0.0.1"}, []int{9}
	for _, d := range a.doors {
		defer d.listener.Close()
		a.Config.Ports = append(a.Config.Ports, d.listener.Addr().(*net.TCPAddr).Port)
	}
	policy, err := a.loadPolicy()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range a.doors {
		if _, err := policy.CheckURL("http://" + d.listener.Addr().String() + "/"); err == nil {
			t.Errorf("a webhook may go to %s, of %q", d.listener.Addr(), d.face)
		}
	}
	if _, err := policy.CheckURL("http://127.0.0.1:9/"); err != nil {
		t.Errorf("elsewhere on this machine: %v", err)
	}
}
