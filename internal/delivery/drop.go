package delivery

import "context"

// DropHeld cancels what is owed to an endpoint that is paused or disabled, and returns
// how many deliveries that were. When ctx ends before, it can be asked for again.
func (s *Service) DropHeld(ctx context.Context, account, id string) (dropped int64, err error) {
	if err := noEndpoint(id); err != nil {
		return 0, err
	}
	for {
		n, err := s.Held.DropDeliveries(ctx, s.Now(), account, id)
		if dropped += n; err != nil || n == 0 {
			return dropped, err
		}
	}
}
