package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/taskhook/taskhook"
)

// Reap ends what a killed server left in its scratch directory: it kills the
// programs that still run there and removes their folders. It is to be called
// once, before the first run. A process is killed only when it is proven to be
// one of ours, never because of its number alone.
func Reap(ctx context.Context, scratch string) error {
	entries, err := os.ReadDir(scratch)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list scratch directory: %w", err)
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !taskhook.HasIDForm(taskhook.PrefixRun, entry.Name()) {
			continue // not made by us
		}
		dir := filepath.Join(scratch, entry.Name())
		if err := killLeftovers(ctx, dir); err != nil {
			return fmt.Errorf("end leftovers of %s: %w", entry.Name(), err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove leftovers: %w", err)
		}
	}
	return nil
}

// marker is the environment variable by which everything that a run started is
// known, for processes hand their environment down.
func marker(dir string) string { return "TASKHOOK_SCRATCH=" + dir }
