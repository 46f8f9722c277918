package apitest_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/api/apitest"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// queue is how many unfinished tasks an account may have. All scenarios of a target
// run side by side and share an account.
const queue = 16

// TestFaces runs the list against the whole program, as an operator of a server for
// production sets it up, at every address that a face has, and through a proxy.
func TestFaces(t *testing.T) {
	t.Parallel()
	receiver := program.NewReceiver(t)
	s := program.Start(t, func(c *config.Config) {
		c.Dev, c.Allow, c.MaxQueuedTasks = false, []string{receiver.URL}, queue
		c.ModelHunter.Listen, c.ModelsLab.Listen, c.Muapi.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
		c.ModelHunter.Hosts, c.ModelsLab.Hosts, c.Muapi.Hosts = []string{"modelhunter.test"}, []string{"modelslab.test"}, []string{"muapi.test"}
	})
	hop := proxy(t, s.URL)
	for _, face := range faces() {
		for address, target := range map[string]apitest.Target{
			"shared":    {URL: s.URL, Shared: true},
			"base path": {URL: hop + "/" + face.Name},
			"host name": {URL: s.URL, Host: face.Name + ".test:8080"},
			"listener":  {URL: s.FaceURL(face.Name)},
		} {
			name := face.Name + " by " + address
			target.Site, target.Receiver, target.Queue, target.Keys = s.URL, receiver, queue, keys(t, s, name, true)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				apitest.Run(t, target, face)
			})
		}
	}
}

// TestTwoHops runs the list against a server whose models are run by another one,
// asked by each of the APIs in turn.
func TestTwoHops(t *testing.T) {
	t.Parallel()
	receiver := program.NewReceiver(t)
	far := program.Start(t, nil)
	s := program.Behind(t, far, func(c *config.Config) {
		c.Dev, c.Allow, c.MaxQueuedTasks = false, []string{receiver.URL, far.URL}, queue
	})
	for _, face := range faces() {
		t.Run(face.Name, func(t *testing.T) {
			t.Parallel()
			own := keys(t, s, face.Name, false)
			own.Live = ""
			apitest.Run(t, apitest.Target{URL: s.URL + "/" + face.Name, Site: s.URL, Receiver: receiver, Queue: queue, Keys: own,
				Blame: "The provider answered: ", Steering: program.FarSandbox}, face)
		})
	}
}

func faces() []apitest.Face {
	return []apitest.Face{apitest.ModelHunter(), apitest.ModelsLab(), apitest.Muapi()}
}

// proxy returns the URL of one in front of a server.
func proxy(t *testing.T, to string) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	hop := httptest.NewServer(httputil.NewSingleHostReverseProxy(target))
	t.Cleanup(hop.Close)
	return hop.URL
}

// keys makes accounts that no other target has, for tests or not.
func keys(t *testing.T, s *program.Server, name string, test bool) apitest.Keys {
	t.Helper()
	key := func(account string, test bool) string {
		return s.NewKey(t, name+" "+account, taskhook.NewKey{Name: account, Test: test})
	}
	k := apitest.Keys{Own: key("own", test), Foreign: key("foreign", test), Full: key("full", test), Live: key("live", false)}
	reader, err := client.New(s.URL, k.Own).CreateKey(t.Context(), client.NewKey{Name: "reader", Permissions: map[string]bool{"tasks:read": true}})
	if err != nil {
		t.Fatal(err)
	}
	k.Reader = reader.Key
	return k
}

// What a face lacks its documents say in these words.
func TestLacksAreDocumented(t *testing.T) {
	t.Parallel()
	for _, face := range faces() {
		for scenario, words := range face.Lacks {
			text, err := os.ReadFile(filepath.Join("../../..", filepath.FromSlash(words.Document)))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), words.Sentence) {
				t.Errorf("%s: %s does not say %q of %s", face.Name, words.Document, words.Sentence, scenario)
			}
		}
	}
}
