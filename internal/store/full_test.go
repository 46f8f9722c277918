package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store/storetest"
)

// TestDiskFull bounds the file instead of the disk, which SQLite reports alike.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := openSQLite(t, storetest.Options{}).Store
	ctx, now := t.Context(), time.UnixMilli(1_800_000_000_000)
	create := func() (string, error) {
		k := taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, now), AccountID: "acc_1", State: taskhook.TaskPending, CreatedAt: now,
			Input: []byte(fmt.Sprintf("%2000d", 1))}
		r := taskhook.Run{ID: taskhook.NewID(taskhook.PrefixRun, now), TaskID: k.ID, Number: 1, Adapter: "sandbox",
			Submission: taskhook.SubmissionUnsent, DueAt: now}
		_, _, err := s.CreateTask(ctx, now, k, r, nil)
		return k.ID, err
	}
	pages, err := s.SetMaxPages(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetMaxPages(ctx, pages+30); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	accepted, refused := map[string]bool{}, map[string]bool{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 40 {
				id, err := create()
				mu.Lock()
				switch taskhook.ErrorCode(err) {
				case "":
					accepted[id] = true
				case taskhook.CodeStorageFull:
					refused[id] = true
				default:
					t.Errorf("a write to a full disk: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(accepted) == 0 || len(refused) == 0 {
		t.Fatalf("%d were accepted and %d refused: the bound does not show", len(accepted), len(refused))
	}
	check := func(ids map[string]bool, want taskhook.Code) {
		t.Helper()
		for id := range ids {
			if _, err := s.Task(ctx, "acc_1", id); taskhook.ErrorCode(err) != want {
				t.Errorf("task %s: %v", id, err)
			}
		}
	}
	check(accepted, "")
	check(refused, taskhook.CodeTaskNotFound)
	if _, err := s.SetMaxPages(ctx, pages+10_000); err != nil {
		t.Fatal(err)
	}
	id, err := create()
	if err != nil {
		t.Fatalf("a write when there is room again: %v", err)
	}
	accepted[id] = true
	check(accepted, "")
}
