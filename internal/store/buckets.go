package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

const bucketColumns = `account, endpoint, name, region, prefix, access_key, created_at, failures, error, due_at`

func scanBucket(r scanner) (b taskhook.Bucket, err error) {
	var created, due int64
	err = r.Scan(&b.AccountID, &b.Endpoint, &b.Name, &b.Region, &b.Prefix, &b.AccessKey, &created, &b.Failures, &b.Error, &due)
	b.CreatedAt, b.DueAt = at(created), at(due)
	return b, err
}

// toCopy selects results of account $1 by the state of their copy, through the index of
// those that are not copied.
const toCopy = ` FROM artifacts WHERE account = $1 AND copied IN ('pending', 'failed') AND copied = `

// SetBucket has the results of an account copied to a bucket from now on, in place of
// the one before. What was given up is tried once more.
func (s *Store) SetBucket(ctx context.Context, now time.Time, b *taskhook.Bucket) error {
	if err := s.checkSealer(ctx, false); err != nil {
		return err
	}
	sealed := s.sealer.Seal(sealedBucket(b.AccountID), []byte(b.SecretKey))
	return s.update(ctx, s.kinds.setBucket, func(ctx context.Context, t tx) error {
		if _, err := balance(ctx, t, b.AccountID); err != nil {
			return err // there is no such account
		}
		if _, err := t.exec(ctx, `INSERT INTO buckets AS b (account, endpoint, name, region, prefix, access_key, secret, created_at, due_at)
			VALUES (`+marks(1, 9)+`) ON CONFLICT (account) DO UPDATE SET endpoint = excluded.endpoint, name = excluded.name, region = excluded.region,
			prefix = excluded.prefix, access_key = excluded.access_key, secret = excluded.secret, created_at = excluded.created_at,
			due_at = excluded.due_at, failures = 0, error = ''`,
			b.AccountID, b.Endpoint, b.Name, b.Region, b.Prefix, b.AccessKey, sealed, ms(now), ms(now)); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE artifacts SET copied = 'pending', copy_tries = 0, copy_error = '' WHERE id IN (SELECT id`+toCopy+`'failed') AND removed = 0`,
			b.AccountID)
		return err
	})
}

// sealedBucket names what the sealed secret of an account's bucket is about.
func sealedBucket(account string) string { return "the bucket of " + account }

// Bucket returns that of an account, without its secret; ok is false when it has none.
func (s *Store) Bucket(ctx context.Context, account string) (b taskhook.Bucket, ok bool, err error) {
	b, ok, err = first(ctx, s.db, scanBucket, `SELECT `+bucketColumns+` FROM buckets WHERE account = $1`, account)
	if err != nil || !ok {
		return b, ok, err
	}
	for state, n := range map[taskhook.CopyState]*int{taskhook.CopyPending: &b.Waiting, taskhook.CopyFailed: &b.Failed} {
		*n, _, err = first(ctx, s.db, scanInto[int], `SELECT count(*) FROM (SELECT 1`+toCopy+`$2 LIMIT $3) AS counted`, account, string(state), taskhook.MaxTotal)
		if err != nil {
			return b, ok, err
		}
	}
	return b, ok, nil
}

// RemoveBucket has nothing of an account copied any more. That there is no bucket is a
// CodeNotFound.
func (s *Store) RemoveBucket(ctx context.Context, account string) error {
	return s.update(ctx, s.kinds.removeBucket, func(ctx context.Context, t tx) error {
		gone, err := t.exec(ctx, `DELETE FROM buckets WHERE account = $1`, account)
		if err != nil {
			return err
		}
		if gone == 0 {
			return taskhook.Errorf(taskhook.CodeNotFound, "The account has no bucket of its own.")
		}
		_, err = t.exec(ctx, `UPDATE artifacts SET copied = '' WHERE id IN (SELECT id`+toCopy+`'pending')`, account)
		return err
	})
}

// DueBuckets returns the accounts that have a bucket to which something is to be copied
// now, those first that have waited longest.
func (s *Store) DueBuckets(ctx context.Context, now time.Time) (accounts []string, err error) {
	type due struct {
		account string
		at      int64
	}
	found, err := collect(ctx, s.db, func(r scanner) (d due, err error) {
		err = r.Scan(&d.account, &d.at)
		return d, err
	}, `SELECT account, due_at FROM buckets WHERE due_at <= $1 AND EXISTS (SELECT 1 FROM artifacts
		WHERE artifacts.account = buckets.account AND copied IN ('pending', 'failed') AND copied = 'pending')`, ms(now))
	slices.SortFunc(found, func(a, b due) int { return cmp.Compare(a.at, b.at) })
	for _, d := range found {
		accounts = append(accounts, d.account)
	}
	return accounts, err
}

// ClaimCopy returns a result that is to be copied now, and the bucket, to which nobody
// else sends anything until then. Of several it is the one that was tried least. Ok is
// false when there is none.
func (s *Store) ClaimCopy(ctx context.Context, now, until time.Time, account string) (b taskhook.Bucket, a taskhook.Artifact, ok bool, err error) {
	err = s.update(ctx, s.kinds.claimCopy, func(ctx context.Context, t tx) error {
		a, ok, err = first(ctx, t, scanArtifact, `SELECT `+artifactColumns+toCopy+`'pending' ORDER BY copy_tries, id LIMIT 1`, account)
		if err != nil || !ok {
			return err
		}
		b, ok, err = first(ctx, t, s.scanClaimed, `UPDATE buckets SET due_at = $1 WHERE account = $2 AND due_at <= $3 RETURNING `+bucketColumns+`, secret`,
			ms(until), account, ms(now))
		return err
	})
	return b, a, ok && err == nil, err
}

func (s *Store) scanClaimed(r scanner) (b taskhook.Bucket, err error) {
	var created, due int64
	var sealed []byte
	if err := r.Scan(&b.AccountID, &b.Endpoint, &b.Name, &b.Region, &b.Prefix, &b.AccessKey, &created, &b.Failures, &b.Error, &due, &sealed); err != nil {
		return b, err
	}
	b.CreatedAt, b.DueAt = at(created), at(due)
	plain, err := s.sealer.Open(sealedBucket(b.AccountID), sealed)
	if err != nil {
		return b, fmt.Errorf("open the secret of the bucket of %s: %w", b.AccountID, err)
	}
	b.SecretKey = string(plain)
	return b, nil
}

// SettleCopy notes how a try ended. A result that is copied, or not wanted any more,
// stays so; after an error it can be repeated, though the try may count twice.
func (s *Store) SettleCopy(ctx context.Context, e *taskhook.CopyEnd) error {
	return s.update(ctx, s.kinds.settleCopy, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, `UPDATE artifacts SET copied = $1, copy_error = $2, copy_tries = copy_tries + 1 WHERE id = $3 AND copied = 'pending'`,
			string(e.State), e.Error, e.ArtifactID); err != nil {
			return err
		}
		why := ""
		if e.Refused {
			why = e.Error
		}
		_, err := t.exec(ctx, `UPDATE buckets SET due_at = $1, error = $2, failures = (failures + 1) * $3 WHERE account = $4`,
			ms(e.DueAt), why, flag(e.Refused), e.AccountID)
		return err
	})
}
