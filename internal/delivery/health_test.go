package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

func TestEndpointHealth(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result { return status(503) })
		e := h.endpoint()
		h.publish()
		pass(40 * time.Minute)
		got, err := h.service.EndpointHealth(h.Context(), account, e.ID)
		if err != nil || got.Failures != 4 || got.LastFailure.Class != taskhook.ClassStatus || got.LastFailure.Status != 503 || got.Pending != 0 {
			t.Errorf("health %+v: %v", got, err)
		}
		failed := h.deliveries(taskhook.DeliveryFilter{LastClass: taskhook.ClassStatus})
		if len(failed) != 1 || failed[0].LastClass != taskhook.ClassStatus {
			t.Errorf("failed %+v", failed)
		}
		o, err := h.service.Overview(h.Context(), account)
		if sum := o.Traffic.Sum(); err != nil || sum.GivenUp != 1 || sum.Failed() != 4 {
			t.Errorf("overview %+v: %v", o, err)
		}
		for _, id := range []string{"", "task_1", taskhook.NewID(taskhook.PrefixEndpoint, e.CreatedAt)} {
			if _, err := h.service.EndpointHealth(h.Context(), account, id); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
				t.Errorf("of %q: %v", id, err)
			}
		}
	})
}
