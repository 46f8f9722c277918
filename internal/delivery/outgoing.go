package delivery

import (
	"context"

	"github.com/taskhook/taskhook"
)

// Outgoing returns a delivery of the account with the bytes that it sends.
func (s *Service) Outgoing(ctx context.Context, account, id string) (taskhook.Outgoing, error) {
	return find(ctx, s.Queue.Outgoing, noDelivery, account, id)
}
