package task

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

type act = func(context.Context, provider.Request, provider.Sink) error

// ends is an adapter's act that ends at once.
func ends(err error) act {
	return func(context.Context, provider.Request, provider.Sink) error { return err }
}

// inTurn does one thing after the other, the last for ever.
func inTurn(acts ...act) act {
	n := 0
	return func(ctx context.Context, r provider.Request, sink provider.Sink) error {
		next := acts[min(n, len(acts)-1)]
		n++
		return next(ctx, r, sink)
	}
}

// accepted takes the work on and then ends so.
func accepted(err error) act {
	return func(ctx context.Context, r provider.Request, sink provider.Sink) error {
		if r.Handle == "" {
			if err := sink.Sent(ctx, "job_1"); err != nil {
				return err
			}
		}
		return err
	}
}

func refusal() error {
	return &provider.Failure{Code: taskhook.TaskErrorProvider, Message: "No.", Untaken: true}
}

func failure() error { return provider.Permanent(taskhook.TaskErrorProvider, "It broke.") }

func busy(d time.Duration) error { return &provider.Refused{After: d, Err: errors.New("status 429")} }

func unclear() error { return &provider.Unclear{Err: errors.New("connection reset")} }

func unreached() error { return &provider.Unreached{Err: errors.New("connection refused")} }

// TestVendors: the next vendor is asked after a certain refusal, and after nothing else.
func TestVendors(t *testing.T) {
	tests := map[string]struct {
		repeatable   bool
		first, other act
		asked, then  int // how often each was asked
		code         string
		by           string
	}{
		"busy":                     {false, ends(busy(time.Hour)), nil, 1, 1, "", "http:other"},
		"refused for good":         {false, ends(refusal()), nil, 1, 1, "", "http:other"},
		"not reached":              {false, ends(unreached()), nil, 1, 1, "", "http:other"},
		"it is not known":          {false, ends(unclear()), nil, 1, 0, taskhook.TaskErrorSubmissionUnknown, "http:paid"},
		"failed at work":           {false, accepted(failure()), nil, 1, 0, taskhook.TaskErrorProvider, "http:paid"},
		"failed without a handle":  {false, ends(failure()), nil, 1, 0, taskhook.TaskErrorProvider, "http:paid"},
		"busy at work":             {false, inTurn(accepted(busy(0)), accepted(nil)), nil, 2, 0, taskhook.TaskErrorProvider, "http:paid"},
		"refused by all":           {false, ends(refusal()), ends(refusal()), 1, 1, taskhook.TaskErrorProvider, "http:other"},
		"refused, then busy":       {false, ends(refusal()), inTurn(ends(busy(time.Minute)), asked(0)), 1, 2, "", "http:other"},
		"both busy":                {false, ends(busy(time.Hour)), inTurn(ends(busy(time.Minute)), asked(0)), 1, 2, "", "http:other"},
		"nobody reached":           {false, ends(unreached()), ends(unreached()), 3, 3, taskhook.TaskErrorProvider, "http:other"},
		"then it is not known":     {false, ends(busy(time.Hour)), ends(unclear()), 1, 1, taskhook.TaskErrorSubmissionUnknown, "http:other"},
		"doubt, then busy":         {true, inTurn(ends(unclear()), ends(busy(time.Second)), asked(0)), nil, 3, 0, "", "http:paid"},
		"doubt, then refused":      {true, inTurn(ends(unclear()), ends(refusal())), nil, 2, 0, taskhook.TaskErrorProvider, "http:paid"},
		"doubt, then not reached":  {true, inTurn(ends(unclear()), ends(unreached()), asked(0)), nil, 3, 0, "", "http:paid"},
		"doubt, busy, not reached": {true, inTurn(ends(unclear()), ends(busy(time.Second)), ends(unreached()), ends(refusal())), nil, 4, 0, taskhook.TaskErrorProvider, "http:paid"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.paid.repeatable = tt.repeatable
				h.paid.set(tt.first)
				h.other.set(tt.other)
				k := h.create("acc_a", "sold")
				pass(30 * time.Minute)
				want := taskhook.TaskSucceeded
				if tt.code != "" {
					want = taskhook.TaskFailed
				}
				if k = h.expect(k, want); tt.code != "" && k.Error.Code != tt.code {
					t.Errorf("the user is told %+v", k.Error)
				}
				if k.Adapter != tt.by || len(h.paid.begun()) != tt.asked || len(h.other.begun()) != tt.then {
					t.Errorf("it is by %s, asked %d and %d times; want %s, %d, %d", k.Adapter, len(h.paid.begun()), len(h.other.begun()), tt.by, tt.asked, tt.then)
				}
			})
		})
	}
}

// TestRestBetweenMilliseconds: runs wait for a vendor's rest to end, though they are due
// at the whole millisecond before.
func TestRestBetweenMilliseconds(t *testing.T) {
	inHouse(t, func(h *house) {
		pass(time.Millisecond / 2)
		h.paid.set(ends(unreached()))
		h.other.set(ends(unreached()))
		k := h.create("acc_a", "sold")
		pass(30 * time.Minute)
		h.expect(k, taskhook.TaskFailed)
	})
}

// TestVendorCrashes: what the first may have heard of is never asked of the other.
func TestVendorCrashes(t *testing.T) {
	for name, repeatable := range map[string]bool{"once": false, "repeatable": true} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.paid.repeatable = repeatable
				h.paid.set(asking)
				k := h.create("acc_a", "sold")
				pass(time.Second)
				h.crash()
				h.paid.set(inTurn(ends(busy(time.Second)), ends(unreached()), asked(time.Second)))
				h.start()
				pass(time.Hour)
				if !repeatable {
					h.unknown(k)
				} else {
					h.expect(k, taskhook.TaskSucceeded)
				}
				same(t, "calls of the other", h.other.handles(), nil)
			})
		})
	}
}

// TestVendorOutlivesACrash: a run that has gone to the other stays there, and by its
// handle, though the first would be chosen again.
func TestVendorOutlivesACrash(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(ends(refusal()))
		h.other.set(asked(time.Minute))
		k := h.create("acc_a", "sold")
		pass(time.Second)
		h.crash()
		h.paid.set(nil)
		h.start()
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
		same(t, "calls of the first", h.paid.handles(), []string{""})
		same(t, "calls of the other", h.other.handles(), []string{"", "job_1"})
		if got := h.paid.begun()[0].request.Model + " " + h.other.begun()[0].request.Model; got != "paid-1 sold" {
			t.Errorf("asked for %s", got)
		}
	})
}

// TestVendorChoice: by order, by price, by how they have done; not one that rests.
func TestVendorChoice(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(inTurn(accepted(failure()), asked(0)))
		h.other.set(asked(0))
		by := func(model string) string {
			k := h.create("acc_a", model)
			pass(time.Second)
			return h.read(k).Adapter
		}
		for i, tt := range [][2]string{{"cheap", "http:other"}, {"sound", "http:paid"}, {"sound", "http:other"}, {"sold", "http:paid"}} {
			if got := by(tt[0]); got != tt[1] {
				t.Errorf("%d: %s went to %s, want %s", i, tt[0], got, tt[1])
			}
		}
		h.paid.set(inTurn(ends(busy(time.Minute)), asked(0)))
		for i, want := range []string{"http:other", "http:other"} {
			if got := by("sold"); got != want {
				t.Errorf("%d while the first is busy: %s", i, got)
			}
		}
		pass(time.Minute)
		if got := by("sold"); got != "http:paid" {
			t.Errorf("when it is no longer busy: %s", got)
		}
	})
}

// TestAttachToTheVendorThatWasAsked waits where the work is.
func TestAttachToTheVendorThatWasAsked(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(ends(refusal()))
		h.other.set(ends(unclear()))
		k := h.create("acc_a", "sold")
		pass(time.Second)
		h.unknown(k)
		h.other.set(asked(time.Minute))
		again, err := h.service.Retry(h.Context(), taskhook.Identity{AccountID: "acc_a"}, k.ID, "job_9")
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		h.expect(again, taskhook.TaskSucceeded)
		same(t, "calls of the other", h.other.handles(), []string{"", "job_9"})
	})
}

// TestAccountsShareSlots: adapters that have one account with their provider.
func TestAccountsShareSlots(t *testing.T) {
	inHouse(t, func(h *house) {
		h.stop()
		h.paid.account, h.other.account, h.paid.slots, h.other.slots = "key", "key", 1, 1
		h.paid.set(asked(time.Minute))
		h.other.set(asked(time.Minute))
		h.start()
		for _, model := range []string{"paid", "cheap", "paid", "cheap"} {
			h.create("acc_a", model)
		}
		for i := 1; i <= 4; i++ {
			pass(time.Minute + time.Second)
			if got := len(h.paid.begun()) + len(h.other.begun()); got != min(i+1, 4) {
				t.Errorf("after %d minutes %d have begun", i, got)
			}
		}
	})
}
