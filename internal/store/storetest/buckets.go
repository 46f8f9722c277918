package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func bucketTests() []test {
	return []test{
		{"results of an account with a bucket are copied, others are not", testCopied},
		{"a bucket is claimed by one at a time", testBucketClaimed},
		{"a copy that fails is seen, tried again, and given up", testCopyFails},
		{"what was given up is tried again when the bucket is set", testBucketSetAgain},
		{"a bucket that is removed gets nothing more", testBucketRemoved},
		{"the secret of a bucket is not stored in the clear", testBucketSecret},
	}
}

func newBucket(account string) *taskhook.Bucket {
	return &taskhook.Bucket{AccountID: account, Endpoint: "https://s3.example", Name: "media", Region: "eu", Prefix: "a/b", AccessKey: "AK",
		SecretKey: "the secret of the bucket"}
}

// withBucket makes an account that has a bucket.
func (f *fixture) withBucket() string {
	f.t.Helper()
	account := f.account()
	f.ok(f.Store.SetBucket(f.ctx, f.now, newBucket(account)))
	return account
}

// claimCopy claims one for a minute, which there must be, or not.
func (f *fixture) claimCopy(account string, want bool) (taskhook.Bucket, taskhook.Artifact) {
	f.t.Helper()
	b, a, ok, err := f.Store.ClaimCopy(f.ctx, f.now, f.now.Add(time.Minute), account)
	f.ok(err)
	equal(f.t, "is claimed", ok, want)
	return b, a
}

func (f *fixture) endCopy(account, id string, state taskhook.CopyState, why string) {
	f.t.Helper()
	f.ok(f.Store.SettleCopy(f.ctx, &taskhook.CopyEnd{AccountID: account, ArtifactID: id, State: state, Error: why, Refused: why != "", DueAt: f.now}))
}

func (f *fixture) bucket(account string) taskhook.Bucket {
	f.t.Helper()
	b, ok, err := f.Store.Bucket(f.ctx, account)
	f.ok(err)
	equal(f.t, "there is a bucket", ok, true)
	return b
}

// dueBuckets are the accounts of buckets to which something is to be copied.
func (f *fixture) dueBuckets(want ...string) {
	f.t.Helper()
	got, err := f.Store.DueBuckets(f.ctx, f.now)
	f.ok(err)
	equal(f.t, "due", strings.Join(got, " "), strings.Join(want, " "))
}

func testCopied(t *testing.T, f *fixture) {
	other := f.account()
	f.videos(other)
	account := f.withBucket()
	f.dueBuckets()
	picture, video := f.videos(account)
	f.dueBuckets(account)
	equal(t, "waiting", f.bucket(account).Waiting, 2)
	for _, want := range []string{min(picture.ID, video.ID), max(picture.ID, video.ID)} {
		b, a := f.claimCopy(account, true)
		equal(t, "bucket", b.Name+b.SecretKey, "mediathe secret of the bucket")
		equal(t, "what is copied", a.ID, want)
		f.endCopy(account, a.ID, taskhook.CopyDone, "")
	}
	f.claimCopy(account, false)
	f.dueBuckets()
	equal(t, "waiting", f.bucket(account).Waiting, 0)
	got, err := f.Store.Task(f.ctx, account, video.TaskID)
	f.ok(err)
	equal(t, "state", got.Results[1].Copied, taskhook.CopyDone)
	f.claimCopy(other, false)
}

func testBucketClaimed(t *testing.T, f *fixture) {
	account := f.withBucket()
	f.videos(account)
	_, first := f.claimCopy(account, true)
	f.claimCopy(account, false)
	f.dueBuckets()
	f.now = f.now.Add(time.Minute) // whoever had it is dead
	f.dueBuckets(account)
	_, again := f.claimCopy(account, true)
	equal(t, "what is copied", again.ID, first.ID)
}

func testCopyFails(t *testing.T, f *fixture) {
	account := f.withBucket()
	f.videos(account)
	_, first := f.claimCopy(account, true)
	f.endCopy(account, first.ID, taskhook.CopyPending, "Access Denied.")
	b, second := f.claimCopy(account, true)
	equal(t, "failures", b.Failures, 1)
	equal(t, "error", b.Error, "Access Denied.")
	equal(t, "the one that was tried less comes first", second.ID != first.ID, true)
	f.endCopy(account, second.ID, taskhook.CopyFailed, "Access Denied.")
	b = f.bucket(account)
	equal(t, "waiting", b.Waiting, 1)
	equal(t, "failed", b.Failed, 1)
	_, first = f.claimCopy(account, true)
	equal(t, "why", first.CopyError, "Access Denied.")
	f.endCopy(account, first.ID, taskhook.CopyDone, "")
	b = f.bucket(account)
	equal(t, "failures after a success", b.Failures, 0)
	equal(t, "error after a success", b.Error, "")
	f.endCopy(account, first.ID, taskhook.CopyFailed, "late")
	equal(t, "failed", f.bucket(account).Failed, 1)
}

func testBucketSetAgain(t *testing.T, f *fixture) {
	account := f.withBucket()
	f.videos(account)
	for range 2 {
		_, a := f.claimCopy(account, true)
		f.endCopy(account, a.ID, taskhook.CopyFailed, "No.")
	}
	f.dueBuckets()
	f.now = f.now.Add(time.Second)
	b := newBucket(account)
	b.Name = "another"
	f.ok(f.Store.SetBucket(f.ctx, f.now, b))
	got := f.bucket(account)
	equal(t, "waiting", got.Waiting, 2)
	equal(t, "name", got.Name, "another")
	equal(t, "error", got.Error, "")
	f.claimCopy(account, true)
	f.code(f.Store.SetBucket(f.ctx, f.now, newBucket("acc_none")), taskhook.CodeNotFound)
}

func testBucketRemoved(t *testing.T, f *fixture) {
	account := f.withBucket()
	_, video := f.videos(account)
	_, a := f.claimCopy(account, true)
	f.ok(f.Store.RemoveBucket(f.ctx, account))
	f.code(f.Store.RemoveBucket(f.ctx, account), taskhook.CodeNotFound)
	f.endCopy(account, a.ID, taskhook.CopyPending, "Too late.")
	f.claimCopy(account, false)
	_, ok, err := f.Store.Bucket(f.ctx, account)
	f.ok(err)
	equal(t, "there is a bucket", ok, false)
	got, err := f.Store.Task(f.ctx, account, video.TaskID)
	f.ok(err)
	equal(t, "state", got.Results[1].Copied, taskhook.CopyUnwanted)
}

func testBucketSecret(t *testing.T, f *fixture) {
	f.withBucket()
	stored, err := f.Bytes(f.ctx)
	f.ok(err)
	equal(t, "it stands there", strings.Contains(string(stored), "the secret of the bucket"), false)
}

func bucketWrites() map[string]faultWrite {
	set := func(f *fixture, w *world) error { return f.Store.SetBucket(f.ctx, f.now, newBucket(w.account)) }
	waiting := func(f *fixture, w *world) {
		f.ok(set(f, w))
		f.ok(f.Store.FinishRun(f.ctx, f.now, w.end))
	}
	return map[string]faultWrite{
		"set_bucket":    {do: set},
		"remove_bucket": {prepare: waiting, do: func(f *fixture, w *world) error { return f.Store.RemoveBucket(f.ctx, w.account) }, repeated: taskhook.CodeNotFound},
		"claim_copy": {moves: true, prepare: waiting, do: func(f *fixture, w *world) error {
			_, _, _, err := f.Store.ClaimCopy(f.ctx, f.now, f.now.Add(time.Minute), w.account)
			return err
		}},
		"settle_copy": {prepare: waiting, do: func(f *fixture, w *world) error {
			return f.Store.SettleCopy(f.ctx, &taskhook.CopyEnd{AccountID: w.account, ArtifactID: w.end.Task.Results[0].ID, State: taskhook.CopyDone, DueAt: f.now})
		}},
	}
}
