package delivery

import (
	"context"

	"github.com/taskhook/taskhook"
)

// DropHeld cancels what is owed to an endpoint that is paused or disabled, and returns
// how many deliveries that were. When ctx ends before, it can be asked for again.
func (s *Service) DropHeld(ctx context.Context, account, id string) (dropped int64, err error) {
	if !taskhook.HasIDForm(taskhook.PrefixEndpoint, id) {
		return 0, noEndpoint(id)
	}
	for {
		n, err := s.Held.DropDeliveries(ctx, s.Now(), account, id)
		if dropped += n; err != nil || n == 0 {
			return dropped, err
		}
	}
}
