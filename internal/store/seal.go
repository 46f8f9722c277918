package store

import (
	"context"
	"errors"
)

// ErrOtherKey says that the Sealer is not the one that sealed what is stored: the
// master key was lost or replaced.
var ErrOtherKey = errors.New("the master key is not the one that the stored secrets were sealed with")

// sealedFor is what the sealed text of the seal table is about.
const sealedFor = "the master key"

// checkSealer refuses another Sealer than that of the first start, unless it is
// said to be new: before anything is sealed by it, for its secrets could never be
// read together with the old ones.
func (s *Store) checkSealer(ctx context.Context, isNew bool) error {
	if s.sealer == nil {
		return nil
	}
	return s.inTx(ctx, func(t tx) error {
		sealed, ok, err := first(ctx, t, scanInto[[]byte], `SELECT sealed FROM seal`)
		if err != nil {
			return err
		}
		if ok && !isNew {
			if _, err := s.sealer.Open(sealedFor, sealed); err != nil {
				return errors.Join(ErrOtherKey, err)
			}
			return nil
		}
		_, err = t.exec(ctx, `INSERT INTO seal (one, sealed) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET sealed = excluded.sealed`,
			s.sealer.Seal(sealedFor, []byte(sealedFor)))
		return err
	})
}
