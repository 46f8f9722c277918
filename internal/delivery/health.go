package delivery

import (
	"context"

	"github.com/taskhook/taskhook"
)

// EndpointHealth returns how an endpoint of the account fares.
func (s *Service) EndpointHealth(ctx context.Context, account, id string) (taskhook.EndpointHealth, error) {
	if err := noEndpoint(id); err != nil {
		return taskhook.EndpointHealth{}, err
	}
	return s.Health.EndpointHealth(ctx, s.Now(), account, id)
}

// Overview returns how an account fares.
func (s *Service) Overview(ctx context.Context, account string) (taskhook.Overview, error) {
	return s.Health.Overview(ctx, s.Now(), account)
}
