package crash

import (
	"strings"
	"time"

	"github.com/taskhook/taskhook/internal/store"
)

// Points lists the points at which a server can be made to die: those of the store
// and the steps of the program between them.
func Points() []string {
	return append(store.FaultPoints(), "delivery:sent", "run:done", "artifact:stored")
}

// unreachable says why no work of this build leads to a kind of write; empty: some
// does. A server that comes there all the same has broken a rule.
func unreachable(point string) string {
	switch kindOf(point) {
	case "sweep_lanes":
		return "the net below the lane protocol writes only when that has lost a wake-up"
	case "credit_account", "make_postpaid", "set_bucket", "remove_bucket":
		return "a command of the operator writes it, never a server"
	}
	return ""
}

// elsewhere says why a kind of write is not gone to on the tour of points; empty: it is.
func elsewhere(point string) string {
	switch kindOf(point) {
	case "renew_node", "remove_dead":
		return "servers write it that share a database, which TestFaultsOnNodes kills at random times"
	case "sending_run", "sent_run":
		return "only upstream APIs lead to it: TestPaidKills"
	case "remove", "order_erasure", "finish_erasure", "erase", "close_account":
		return "it takes away what the judge looks for: TestErasureKills"
	case "note_worker", "drain_worker", "lease_runs", "renew_lease", "end_lease", "add_part", "remove_parts":
		return "servers write it for workers, which TestWorkerKills goes to"
	case "claim_poster", "settle_poster", "claim_copy", "settle_copy":
		return "only videos, and accounts with a bucket of their own, lead to it: TestPosterKills, TestCopyKills"
	}
	return ""
}

// kindOf returns what a point stands before or after.
func kindOf(point string) string {
	kind, _, _ := strings.Cut(point, ":")
	return kind
}

// scene is what surrounds the life of one server, so that it comes to its point.
type scene struct {
	favour string        // the action that leads to the point, done more often
	life   time.Duration // how long the server may take to come there
	stop   bool          // it is asked to stop at a random time, as by an operator
	calm   bool          // a server without work for the lanes to fall idle goes before
	down   bool          // the receiver refuses everything
	fresh  bool          // it is the first start of another server
	sync   int           // the power goes at this one of its syncs; 0: it does not
}

// The lives of servers.
const (
	shortLife = 400 * time.Millisecond
	fullLife  = 3 * time.Second
	calmLife  = 2 * time.Second // longer than a lane takes to be marked idle
)

// sceneOf returns the scene of a point.
func sceneOf(point string) scene {
	s := scene{life: fullLife}
	switch kindOf(point) {
	case "create_account":
		s.fresh = true
	case "create_key", "revoke_key":
		s.favour = "keys"
	case "create_endpoint", "update_endpoint", "delete_endpoint", "settle_lane", "drop_deliveries":
		s.favour = "webhooks"
	case "create_replay", "change_replay", "advance_replay":
		s.favour = "bulk"
	case "note_endpoint", "raise_epoch": // the lane rests until somebody has seen to it
		s.favour = "gone"
	case "cancel_orphans":
		s.favour = "backlog"
	case "collect_lanes":
		s.calm = true
	case "progress", "tell":
		s.favour = "long task"
	case "release_run":
		s.favour, s.stop = "long task", true
	case "leave":
		s.stop = true
	case "cancel_task":
		s.favour = "cancel"
	case "create_workflow", "update_workflow", "delete_workflow", "create_execution", "cancel_execution", "settle_execution", "finish_execution", "fail_step":
		s.favour = "workflows"
	case "create_batch", "finish_batch", "stop_batch", "stop_tasks":
		s.favour = "batches"
	case "create_file", "record_upload", "complete_file", "delete_file", "delete_unfinished":
		s.favour = "files"
	}
	return s
}
