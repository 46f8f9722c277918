package storetest

import (
	"slices"
	"testing"

	"github.com/taskhook/taskhook"
)

// testSubscribers changes the endpoints of an account, in every way and from every
// process, and publishes from all after each: whoever has kept the endpoints as they
// were notices. So do those who saw a change that was then undone.
func testSubscribers(t *testing.T, open OpenFunc) {
	faults := &fault{}
	f := newFixture(t, open(t, Options{Fault: faults.at, Peers: 1}))
	stores := append(slices.Clone(f.Peers), f.Store)
	for _, s := range stores {
		f.Store = s
		f.join()
	}
	account := f.account()
	check := func(what string, want ...string) {
		t.Helper()
		slices.Sort(want)
		for range 2 { // read, and kept
			for _, f.Store = range stores {
				var got []string
				for _, d := range f.publish(account, "a.b").Deliveries {
					got = append(got, d.EndpointID)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Fatalf("%s: sent to %v, want %v", what, got, want)
				}
			}
		}
	}
	wants := func(e taskhook.Endpoint, eventType string) error {
		_, err := f.Store.UpdateEndpoint(f.ctx, f.now, account, e.ID, func(e *taskhook.Endpoint) error {
			e.Events = []string{eventType}
			return nil
		})
		return err
	}
	check("none")
	one := f.endpoint(account, "a.b")
	check("one", one.ID)
	f.Store = stores[0]
	two := f.endpoint(account, "a.b")
	check("two", one.ID, two.ID)
	f.ok(wants(two, "c.d"))
	check("not wanted", one.ID)
	for _, point := range []string{"update_endpoint:after", "commit:before"} {
		faults.arm(point)
		if err := wants(two, "a.b"); err == nil {
			t.Fatalf("no fault at %s", point)
		}
		check("undone", one.ID)
	}
	f.ok(wants(two, "a.b"))
	check("wanted again", one.ID, two.ID)
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, two.ID))
	check("deleted", one.ID)
	f.Store = stores[0]
	_, err := f.Store.CloseAccount(f.ctx, f.now, f.erasure().ID, account)
	f.ok(err)
	check("closed")
}
