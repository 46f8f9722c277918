package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/taskhook/taskhook"
)

func fileTests() []test {
	return []test{
		{"a file is read back as it became", testFileReadBack},
		{"a file is another account's secret", testFileForeign},
		{"a complete file does not change", testFileComplete},
		{"only complete files are listed", testFileList},
		{"unfinished files are forgotten in bites", testFilesUnfinished},
		{"an upload and its completion race", testFileRace},
	}
}

func newFile(account string, now time.Time) taskhook.File {
	return taskhook.File{ID: taskhook.NewID(taskhook.PrefixFile, now), AccountID: account, Filename: "cat ü.png",
		ContentType: "image/png", Size: 1234, CreatedAt: now}
}

func newContent(f *fixture) string { return taskhook.NewID(taskhook.PrefixArtifact, f.now) }

// upload stores a file with bytes that is not complete.
func (f *fixture) upload(account string) taskhook.File {
	f.t.Helper()
	file := newFile(account, f.now)
	f.ok(f.Store.CreateFile(f.ctx, file))
	file.Content, file.SHA256 = newContent(f), "ab"
	_, err := f.Store.RecordUpload(f.ctx, file.ID, file.Content, file.SHA256)
	f.ok(err)
	return file
}

func testFileReadBack(t *testing.T, f *fixture) {
	want := newFile(f.account(), f.now)
	f.ok(f.Store.CreateFile(f.ctx, want))
	f.ok(f.Store.CreateFile(f.ctx, want))
	_, err := f.Store.CompleteFile(f.ctx, f.now, want.AccountID, want.ID)
	f.code(err, taskhook.CodeConflict)
	for _, content := range []string{newContent(f), newContent(f)} {
		before, err := f.Store.RecordUpload(f.ctx, want.ID, content, "sha of "+content)
		f.ok(err)
		equal(t, "the bytes before", before, want.Content)
		want.Content, want.SHA256 = content, "sha of "+content
	}
	want.CompletedAt = f.now.Add(time.Second)
	done, err := f.Store.CompleteFile(f.ctx, want.CompletedAt, want.AccountID, want.ID)
	f.ok(err)
	got, err := f.Store.File(f.ctx, want.AccountID, want.ID)
	f.ok(err)
	byID, err := f.Store.FileByID(f.ctx, want.ID)
	f.ok(err)
	if diff := cmp.Diff(want, done) + cmp.Diff(want, got) + cmp.Diff(want, byID); diff != "" {
		t.Fatal(diff)
	}
	known, err := f.Store.KnownContents(f.ctx, []string{want.Content, "art_none"})
	f.ok(err)
	if !cmp.Equal(known, map[string]bool{want.Content: true}) {
		t.Fatalf("known: %v", known)
	}
	_, err = f.Store.KnownContents(f.ctx, nil)
	f.ok(err)
}

func testFileForeign(t *testing.T, f *fixture) {
	file, other := f.upload(f.account()), f.account()
	_, err := f.Store.File(f.ctx, other, file.ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.CompleteFile(f.ctx, f.now, other, file.ID)
	f.code(err, taskhook.CodeNotFound)
	_, err = f.Store.DeleteFile(f.ctx, other, file.ID)
	f.code(err, taskhook.CodeNotFound)
	content, err := f.Store.DeleteFile(f.ctx, file.AccountID, file.ID)
	f.ok(err)
	equal(t, "the bytes to remove", content, file.Content)
	_, err = f.Store.RecordUpload(f.ctx, file.ID, newContent(f), "")
	f.code(err, taskhook.CodeNotFound)
}

func testFileComplete(t *testing.T, f *fixture) {
	file := f.upload(f.account())
	first, err := f.Store.CompleteFile(f.ctx, f.now, file.AccountID, file.ID)
	f.ok(err)
	again, err := f.Store.CompleteFile(f.ctx, f.now.Add(time.Hour), file.AccountID, file.ID)
	f.ok(err)
	_, err = f.Store.RecordUpload(f.ctx, file.ID, newContent(f), "other")
	f.code(err, taskhook.CodeConflict)
	got, err := f.Store.FileByID(f.ctx, file.ID)
	f.ok(err)
	if diff := cmp.Diff(first, again) + cmp.Diff(first, got); diff != "" {
		t.Fatal(diff)
	}
}

func testFileList(t *testing.T, f *fixture) {
	account := f.account()
	var want []string
	for range 3 {
		f.upload(account)
		f.now = f.now.Add(time.Second)
		done := f.upload(account)
		_, err := f.Store.CompleteFile(f.ctx, f.now, account, done.ID)
		f.ok(err)
		want = append([]string{done.ID}, want...)
	}
	filter := taskhook.FileFilter{AccountID: account, Page: taskhook.Page{Limit: 2}}
	var got []string
	for more := true; more; {
		part, err := f.Store.Files(f.ctx, filter)
		f.ok(err)
		equal(t, "total", part.Total, 3)
		for _, file := range part.Items {
			got = append(got, file.ID)
		}
		filter.Cursor, more = part.Next, part.More
	}
	if !slices.Equal(got, want) {
		t.Fatalf("listed %v, want %v", got, want)
	}
}

func testFilesUnfinished(t *testing.T, f *fixture) {
	account := f.account()
	old := newFile(account, f.now)
	f.ok(f.Store.CreateFile(f.ctx, old))
	sent, done := f.upload(account), f.upload(account)
	_, err := f.Store.CompleteFile(f.ctx, f.now, account, done.ID)
	f.ok(err)
	f.now = f.now.Add(time.Hour)
	fresh := f.upload(account)
	var contents []string
	for {
		bite, err := f.Store.DeleteUnfinished(f.ctx, f.now, 1)
		f.ok(err)
		if len(bite) == 0 {
			break
		}
		contents = append(contents, bite...)
	}
	slices.Sort(contents)
	if !slices.Equal(contents, []string{"", sent.Content}) {
		t.Fatalf("the bytes to remove: %q", contents)
	}
	for _, id := range []string{done.ID, fresh.ID} {
		_, err := f.Store.FileByID(f.ctx, id)
		f.ok(err)
	}
}

// testFileRace lets uploads and a completion meet: the bytes that the completion
// answered with stay.
func testFileRace(t *testing.T, f *fixture) {
	file := f.upload(f.account())
	var done taskhook.File
	together(8, func(i int) {
		if i == 4 {
			var err error
			done, err = f.Store.CompleteFile(f.ctx, f.now, file.AccountID, file.ID)
			f.ok(err)
			return
		}
		if _, err := f.Store.RecordUpload(f.ctx, file.ID, newContent(f), "x"); err != nil {
			f.code(err, taskhook.CodeConflict)
		}
	})
	got, err := f.Store.FileByID(f.ctx, file.ID)
	f.ok(err)
	if diff := cmp.Diff(done, got); diff != "" {
		t.Fatal(diff)
	}
}

func fileWrites() map[string]faultWrite {
	return map[string]faultWrite{
		"create_file": {do: func(f *fixture, w *world) error { return f.Store.CreateFile(f.ctx, w.newFile) }},
		"record_upload": {do: func(f *fixture, w *world) error {
			_, err := f.Store.RecordUpload(f.ctx, w.announced.ID, "art_other", "cd")
			return err
		}},
		"complete_file": {do: func(f *fixture, w *world) error {
			_, err := f.Store.CompleteFile(f.ctx, f.now, w.account, w.announced.ID)
			return err
		}},
		"delete_file": {repeated: taskhook.CodeNotFound, do: func(f *fixture, w *world) error {
			_, err := f.Store.DeleteFile(f.ctx, w.account, w.announced.ID)
			return err
		}},
		"delete_unfinished": {do: func(f *fixture, w *world) error {
			_, err := f.Store.DeleteUnfinished(f.ctx, f.now, 10)
			return err
		}},
	}
}
