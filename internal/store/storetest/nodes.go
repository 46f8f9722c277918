package storetest

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func nodeTests() []test {
	return []test{
		{"a node lives until its lease ends", testLease},
		{"nodes are listed with what they have", testNodeStates},
		{"what is brought to the lane of another node is marked for it", testNews},
		{"a change of an endpoint is marked for the owner of its lane", testNewsOfEndpoint},
	}
}

// addNode adds another node, whose lease ends at a time by the database's clock.
func (f *fixture) addNode(id string, expires int64) {
	f.t.Helper()
	_, err := f.Raw.ExecContext(f.ctx, `INSERT INTO nodes (id, started_at, expires_at) VALUES ($1, 1, $2)`, id, expires)
	f.ok(err)
}

func (f *fixture) setLease(node string, expires int64) {
	f.t.Helper()
	_, err := f.Raw.ExecContext(f.ctx, `UPDATE nodes SET expires_at = $1 WHERE id = $2`, expires, node)
	f.ok(err)
}

// give makes a node the owner of a lane.
func (f *fixture) give(lane, node string) {
	f.t.Helper()
	_, err := f.Raw.ExecContext(f.ctx, `UPDATE lanes SET owner = $1, epoch = epoch + 1 WHERE id = $2`, node, lane)
	f.ok(err)
}

// never is a time to come by the clock of any database.
var never = time.Now().Add(24 * time.Hour).UnixMilli()

func testLease(t *testing.T, f *fixture) {
	n := f.join()
	e := f.endpoint(f.account(), "a.b")
	f.publish(e.AccountID, "a.b")
	f.addNode("node_other", never)
	f.give(e.LaneID, "node_other")
	ok, err := f.Store.RenewNode(f.ctx, n.id)
	f.ok(err)
	equal(t, "renewed", ok, true)
	dead, _, err := f.Store.RemoveDead(f.ctx, n.id, nil)
	f.ok(err)
	equal(t, "dead while the lease goes on", len(dead), 0)
	equal(t, "lanes to be had", len(f.claimAll(n)), 0)
	f.setLease("node_other", 1)
	f.setLease(n.id, 1)
	dead, _, err = f.Store.RemoveDead(f.ctx, n.id, nil)
	f.ok(err)
	deepEqual(t, "dead", dead, []string{"node_other"})
	equal(t, "lanes that came free", len(f.claimAll(n)), 1)
	found := f.nodes()
	deepEqual(t, "those that are left", len(found), 1)
	deepEqual(t, "the node", found[0].Node, n.row(f.now))
}

func (f *fixture) nodes() []taskhook.NodeState {
	f.t.Helper()
	found, err := f.Store.Nodes(f.ctx)
	f.ok(err)
	return found
}

func testNodeStates(t *testing.T, f *fixture) {
	n := f.join()
	a := f.account()
	e, other := f.endpoint(a, "a.b"), f.endpoint(a, "a.b")
	f.addNode("node_other", 5000)
	f.give(e.LaneID, "node_other")
	f.give(other.LaneID, "node_other")
	f.task(a)
	f.claimRun(n)
	found := f.nodes()
	equal(t, "nodes", len(found), 2)
	mine, theirs := found[0], found[1]
	deepEqual(t, "this node", mine.Node, n.row(f.now))
	deepEqual(t, "what it has", []int{mine.Lanes, mine.Runs}, []int{0, 1})
	equal(t, "it has a lease", mine.LeaseUntil.IsZero(), !f.Store.Shared())
	equal(t, "it is gone", mine.Gone, false)
	deepEqual(t, "what the other has", []int{theirs.Lanes, theirs.Runs}, []int{2, 0})
	equal(t, "the end of its lease", theirs.LeaseUntil.UnixMilli(), 5000)
	equal(t, "it is gone", theirs.Gone, true)
	f.setLease("node_other", never)
	equal(t, "gone without a session", f.nodes()[1].Gone, f.Store.Shared())
}

// news reads what there is for a node since a mark.
func (f *fixture) news(node string, after int64) taskhook.News {
	f.t.Helper()
	news, err := f.Store.News(f.ctx, f.now, node, after)
	f.ok(err)
	return news
}

func testNews(t *testing.T, f *fixture) {
	n := f.join()
	account := f.account()
	mine, other := f.endpoint(account, "a.b"), f.endpoint(account, "a.b", "c.d")
	f.addNode("node_other", never)
	f.give(mine.LaneID, n.id)
	f.give(other.LaneID, "node_other")
	equal(t, "at first", len(f.news("node_other", 0).Lanes), 0)
	f.publish(account, "a.b")
	first := f.news("node_other", 0)
	deepEqual(t, "for the other", first.Lanes, []taskhook.LaneNews{{Lane: other.LaneID}})
	equal(t, "for the node itself", len(f.news(n.id, 0).Lanes), 0)
	equal(t, "claimed", f.count(`SELECT count(*) FROM deliveries WHERE claim <> 0`), 0)
	equal(t, "a second time", len(f.news("node_other", first.Mark).Lanes), 0)
	f.publish(account, "c.d")
	second := f.news("node_other", first.Mark)
	deepEqual(t, "later", second.Lanes, []taskhook.LaneNews{{Lane: other.LaneID}})
	if second.Mark <= first.Mark {
		t.Fatalf("mark %d follows %d", second.Mark, first.Mark)
	}
	equal(t, "something free", second.Free, false)
	f.setLease("node_other", 1)
	_, _, err := f.Store.RemoveDead(f.ctx, n.id, nil)
	f.ok(err)
	equal(t, "something free from the dead", f.news(n.id, second.Mark).Free, true)
}

func testNewsOfEndpoint(t *testing.T, f *fixture) {
	n := f.join()
	account := f.account()
	e := f.endpoint(account, "a.b")
	f.addNode("node_other", never)
	f.give(e.LaneID, "node_other")
	mark := int64(0)
	for what, change := range map[string]func(){
		"paused":  func() { f.setState(e, taskhook.EndpointPaused) },
		"resumed": func() { f.setState(e, taskhook.EndpointActive) },
		"asked for": func() {
			d := taskhook.NewDelivery(&taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, f.now), AccountID: account}, &e, nil, f.now)
			f.ok(f.Store.Publish(f.ctx, f.now, &taskhook.Publication{Rouse: true, Deliveries: []taskhook.Outgoing{d}}))
		},
	} {
		change()
		news := f.news("node_other", mark)
		deepEqual(t, what, news.Lanes, []taskhook.LaneNews{{Lane: e.LaneID, Changed: true}})
		mark = news.Mark
	}
	f.publish(account, "a.b")
	news := f.news("node_other", mark)
	deepEqual(t, "afterwards", news.Lanes, []taskhook.LaneNews{{Lane: e.LaneID}})
	f.ok(f.Store.DeleteEndpoint(f.ctx, f.now, account, e.ID))
	equal(t, "deleted", f.news("node_other", news.Mark).Lanes[0].Changed, true)
	equal(t, "told itself", len(f.news(n.id, 0).Lanes), 0)
}
