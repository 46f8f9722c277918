package dashboard

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// storageLife is how long it is shown unchanged: it changes slowly.
const storageLife = 10 * time.Second

// storageView is what the server keeps, of all accounts. Operators alone see it.
type storageView struct {
	Disk  taskhook.Disk
	Kinds []storedKind
}

// Full is how much of the disk is taken, of a hundred.
func (v storageView) Full() int64 {
	if v.Disk.Size <= 0 {
		return 0
	}
	return 100 - 100*v.Disk.Free/v.Disk.Size
}

// storedKind is how much there is of a kind.
type storedKind struct {
	Name   string
	Rows   int64
	Bytes  int64
	Oldest time.Time // zero: there is none
}

// nameOf says what a kind is for people.
func nameOf(k taskhook.Kind) string {
	switch k {
	case taskhook.KindEvents:
		return "Events and deliveries"
	case taskhook.KindAttempts:
		return "Attempts"
	case taskhook.KindTasks:
		return "Tasks and executions"
	case taskhook.KindArtifacts:
		return "Results"
	case taskhook.KindFiles:
		return "Uploaded files"
	}
	return string(k)
}

// storage reads what an operator sees; nil for others.
func (d *Dashboard) storage(ctx context.Context, s *session) (*storageView, error) {
	if !s.Operator {
		return nil, nil
	}
	v, err := d.storages.get("", func() (storageView, error) { return d.readStorage(ctx, time.Now()) })
	return &v, err
}

func (d *Dashboard) readStorage(ctx context.Context, now time.Time) (v storageView, err error) {
	if v.Disk, err = d.Disk(); err != nil {
		return v, err
	}
	stored, err := d.Storage.Stored(ctx)
	if err != nil {
		return v, err
	}
	oldest, err := d.Storage.Oldest(ctx, now)
	if err != nil {
		return v, err
	}
	for _, k := range taskhook.Kinds() {
		v.Kinds = append(v.Kinds, storedKind{nameOf(k), stored[k].Rows, stored[k].Bytes, oldest[k]})
	}
	return v, nil
}
