package task

import (
	"testing"
	"time"
)

// bought counts what was asked of both vendors.
func (h *house) bought() int { return len(h.paid.begun()) + len(h.other.begun()) }

// TestMoreSlots: files that allow more are in force at once, though nothing ends.
func TestMoreSlots(t *testing.T) {
	inHouse(t, func(h *house) {
		h.stop()
		h.paid.slots = 1
		h.paid.set(asked(5 * time.Minute))
		h.start()
		for range 3 {
			h.create("acc_a", "paid")
		}
		pass(time.Second)
		h.paid.slots = 3
		h.node.Renew()
		pass(time.Second)
		if n := h.bought(); n != 3 {
			t.Errorf("%d go on", n)
		}
	})
}

// TestAccountsPart: a vendor that gets a key of its own does not share slots any more,
// and its limit is not that of the other key.
func TestAccountsPart(t *testing.T) {
	inHouse(t, func(h *house) {
		h.stop()
		h.paid.account, h.other.account, h.paid.slots, h.other.slots = "key", "key", 1, 1
		h.paid.set(asked(5 * time.Minute))
		h.other.set(asked(5 * time.Minute))
		h.start()
		for range 3 {
			h.create("acc_a", "paid")
		}
		pass(time.Second)
		h.other.account, h.other.slots = "key2", 2
		h.node.Renew()
		for range 3 {
			h.create("acc_a", "cheap")
		}
		pass(time.Second)
		if paid, other := len(h.paid.begun()), len(h.other.begun()); paid != 1 || other != 2 {
			t.Errorf("%d and %d go on, want 1 and 2", paid, other)
		}
	})
}
