package store

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// posterDue is when a poster of a new result is to be made; nil: none is.
func (s *Store) posterDue(a *taskhook.Artifact) any {
	if !s.posters || !a.IsVideo() {
		return nil
	}
	return ms(a.CreatedAt)
}

// ClaimPoster returns a video that a poster is to be made of by now, and leaves it to
// its caller until then; after that, or an error, it is claimed again. Ok is false when
// there is none.
func (s *Store) ClaimPoster(ctx context.Context, now, until time.Time) (video taskhook.Artifact, ok bool, err error) {
	id, ok, err := first(ctx, s.db, scanInto[string], `SELECT id FROM artifacts WHERE poster_due IS NOT NULL AND poster_due <= $1
		ORDER BY poster_due LIMIT 1`, ms(now))
	if err != nil || !ok {
		return video, false, err
	}
	err = s.update(ctx, s.kinds.claimPoster, func(ctx context.Context, t tx) error {
		video, ok, err = first(ctx, t, scanArtifact, `UPDATE artifacts SET poster_due = $1 WHERE id = $2 AND poster_due IS NOT NULL AND poster_due <= $3
			RETURNING `+artifactColumns, ms(until), id, ms(now))
		return err
	})
	return video, ok, err
}

// SettlePoster notes that no poster of the video is to be made any more, and adds the
// one that was made, if there is one. It is stored unless the video is gone, or has
// another. After an error it can be repeated.
func (s *Store) SettlePoster(ctx context.Context, video string, made *taskhook.Artifact) (stored bool, err error) {
	err = s.update(ctx, s.kinds.settlePoster, func(ctx context.Context, t tx) error {
		account, awaited, err := first(ctx, t, scanInto[string], `UPDATE artifacts SET poster_due = NULL WHERE id = $1 AND poster_due IS NOT NULL
			RETURNING CASE removed WHEN 0 THEN account ELSE '' END`, video)
		if err != nil || made == nil {
			return err
		}
		if !awaited {
			_, stored, err = first(ctx, t, scanInto[int], `SELECT 1 FROM artifacts WHERE id = $1`, made.ID)
			return err
		}
		if account == "" { // its file is gone
			return nil
		}
		stored = true
		var added newArtifacts
		added.add(account, made, nil, taskhook.CopyUnwanted)
		return added.insert(ctx, t)
	})
	return stored, err
}
