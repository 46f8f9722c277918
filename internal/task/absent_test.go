package task

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/provider"
)

// without starts a node that has no adapter of the first vendor, but that of the other.
func (h *house) without(t *testing.T) {
	t.Helper()
	adapters, err := provider.NewRegistry(h.one, h.other, &script{name: catalogue.Sandbox})
	if err != nil {
		t.Fatal(err)
	}
	h.options.Adapters = adapters
	h.start()
}

// TestVendorVanishes: a run whose vendor is no longer configured comes to an end all the
// same, but not before an operator who has made a mistake had the time to mend it.
func TestVendorVanishes(t *testing.T) {
	tests := map[string]struct {
		model string
		act   act
		code  string // of its end; empty: it goes to the other
	}{
		"not asked":                 {"paid", nil, taskhook.TaskErrorNoProvider},
		"not asked, of several":     {"sold", nil, ""},
		"taken on":                  {"paid", asked(time.Minute), taskhook.TaskErrorNoProvider},
		"taken on, of several":      {"sold", asked(time.Minute), taskhook.TaskErrorNoProvider},
		"perhaps asked":             {"paid", asking, taskhook.TaskErrorSubmissionUnknown},
		"perhaps asked, of several": {"sold", asking, taskhook.TaskErrorSubmissionUnknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				if h.paid.set(tt.act); tt.act == nil {
					h.paid.wait = never
				}
				k := h.create("acc_a", tt.model)
				pass(time.Second)
				h.crash()
				h.without(t)
				pass(absentFor / 2)
				if got := h.read(k); got.State.Final() {
					t.Errorf("it is %s at once", got.State)
				}
				pass(absentFor)
				if tt.code == "" {
					h.expect(k, taskhook.TaskSucceeded)
				} else if k = h.expect(k, taskhook.TaskFailed); k.Error.Code != tt.code {
					t.Errorf("the user is told %+v", k.Error)
				}
				if h.logs.Count("not configured") == 0 {
					t.Error("the operator is told nothing")
				}
			})
		})
	}
}

// TestVendorComesBack: who configures it again loses nothing.
func TestVendorComesBack(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asked(10 * time.Second))
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.stop()
		h.without(t)
		pass(absentFor / 2)
		with, err := provider.NewRegistry(h.paid)
		if err != nil {
			t.Fatal(err)
		}
		h.options.Adapters.Renew(with)
		h.node.Renew()
		pass(2 * time.Minute)
		h.expect(k, taskhook.TaskSucceeded)
		same(t, "calls", h.paid.handles(), []string{"", "job_1"})
	})
}

// TestModelVanishes: work that was asked for is waited for though its model is gone.
func TestModelVanishes(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(asked(time.Minute))
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.stop()
		h.options.Catalogue = bareCatalogue(t)
		h.start()
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
	})
}
