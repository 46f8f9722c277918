package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
)

// prepare makes a database with endpoints of the receiver at a place. The server has
// ended when it returns.
func (r *run) prepare(ctx context.Context, at *place, to *receiver, wants []string) error {
	s, err := r.serve(ctx, at)
	if err != nil {
		return err
	}
	if _, err := s.register(ctx, to, wants, 0); err != nil {
		return err
	}
	return s.stop()
}

// fill adds deliveries to the database of a place and returns how long that took.
func (r *run) fill(ctx context.Context, at *place, f store.Filling) (time.Duration, error) {
	f.Type, f.Body = eventType, []byte(body(eventType, r.BodyBytes))
	f.Schedule = taskhook.Schedule{time.Minute, 5 * time.Minute, 30 * time.Minute}
	start, said := time.Now(), time.Now()
	err := at.within(ctx, func(s *store.Store) error {
		return s.Fill(ctx, f, func(made int) {
			if now := time.Now(); now.Sub(said) > 10*time.Second {
				said = now
				fmt.Fprintf(r.Log, "filling: %d of %d after %s\n", made, f.Deliveries, now.Sub(start).Round(time.Second))
			}
		})
	})
	return time.Since(start), err
}
